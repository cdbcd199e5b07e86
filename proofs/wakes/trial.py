"""One wake in some circumstance, as the wake command goes about it; and the count of what the program really heard."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from dataclasses import dataclass, field

import trio

from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from proofs.figures import Figures
from proofs.proof import Disproved
from proofs.wakes.stand_in import Circumstance, StandIn
from proofs.wakes.texts import text

SECONDS = 300.0  # for one wake, on a machine that has much else to do; the circumstances pass within one
WAKES, ONCE, LOST, DOUBLED = "wakes", "submitted exactly once", "lost", "doubled"
CANCELLED, CANCELLED_UNSHOWN = "turns cancelled", "turns cancelled before anything showed them"
TYPED_OVER = "drafts typed over"
UNSURE, UNHEARD = "said to be unsure", "of those, not heard"
DEFERRED, GONE = "deferred", "said to be gone, and found again"
LOOKED_FOR = (WAKES, ONCE, LOST, DOUBLED, UNSURE, UNHEARD, DEFERRED, GONE)


@dataclass
class Told:
    """The wakes of one stand-in, and what its adapter said of each."""

    name: str
    figures: Figures
    lines: dict[str, Submitted] = field(default_factory=dict)

    def count(self, what: str, number: int = 1) -> None:
        self.figures.count(f"{self.name}: {what}", number)

    def count_nothing(self) -> None:
        """Nought of everything that is looked for everywhere, so that it is told in this order."""
        for what in LOOKED_FOR:
            self.count(what, 0)


async def wake_once(number: int, stand_in: StandIn, told: Told, choices: random.Random) -> None:
    """One trial: bring it about, and wake until the adapter says that it is done or that it cannot know."""
    circumstance = choices.choice(stand_in.plays)
    wake = Wake(secrets.token_hex(8), "http://127.0.0.1:8787", number, "mention", stand_in.line(text(choices, number)))
    figures = told.figures
    told.count(WAKES)
    told.count(circumstance)
    relief = _Relief(stand_in)
    async with trio.open_nursery() as nursery:
        seconds = await stand_in.play(circumstance, choices)
        began = trio.current_time()
        nursery.start_soon(relief.come, 0.0 if circumstance is Circumstance.CALM else seconds)
        try:
            with trio.fail_after(SECONDS):
                submission, deferred = await _submitted(stand_in, wake, told)
        except trio.TooSlowError:
            raise Disproved(f"{told.name}: {circumstance}: not woken within {SECONDS:g} s: {wake.line!r}") from None
        ended = trio.current_time()
    told.count(DEFERRED, deferred)
    told.lines[wake.line] = submission.outcome
    if circumstance is Circumstance.CALM:
        figures.sample(f"{told.name}: woken, ms", 1_000 * (ended - began))
    else:
        figures.sample(f"{told.name}: woken after it had passed, ms", 1_000 * max(0.0, ended - max(began, relief.at)))
    if submission.outcome is Submitted.YES:
        with trio.move_on_after(SECONDS) as patience:
            took = await stand_in.adapter.took_effect(wake, submission)
        if patience.cancelled_caught or not took:
            raise Disproved(f"{told.name}: {circumstance}: submitted, and no effect was seen: {wake.line!r}")


async def _submitted(stand_in: StandIn, wake: Wake, told: Told) -> tuple[Submission, int]:
    """The submission that was one, and how often the wake was deferred before. Who is gone is looked for again."""
    deferred = 0
    while True:
        look = await stand_in.adapter.look()
        if look is Look.GONE:
            told.count(GONE)
        if look is Look.QUIET:
            submission = await stand_in.adapter.submit(wake)
            if submission.outcome is not Submitted.NO:
                return submission, deferred
        deferred += 1
        await trio.sleep(0.05)


async def account(stand_in: StandIn, told: Told) -> None:
    """Hold what the program heard against what its adapter said. Raises Disproved."""
    heard = await stand_in.heard()
    times = Counter(heard.lines)
    name = told.name
    unsure = [line for line, outcome in told.lines.items() if outcome is Submitted.UNSURE]
    lost = [line for line, outcome in told.lines.items() if outcome is Submitted.YES and times[line] == 0]
    doubled = [line for line in told.lines if times[line] > 1]
    told.count(ONCE, sum(times[line] == 1 for line in told.lines))
    told.count(LOST, len(lost))
    told.count(DOUBLED, len(doubled))
    told.count(UNSURE, len(unsure))
    told.count(UNHEARD, sum(times[line] == 0 for line in unsure))
    for harm, count in (
        (CANCELLED, heard.cancelled),
        (CANCELLED_UNSHOWN, heard.cancelled_unshown),
        (TYPED_OVER, heard.typed_over),
    ):
        if count is not None:
            told.count(harm, count)
    if lost or doubled or heard.cancelled or heard.typed_over:
        raise Disproved(
            f"{name}: lost {lost}, doubled {doubled}, {heard.cancelled} turns cancelled, {heard.typed_over} drafts typed over; "
            f"it heard {heard.lines[-20:]}"
        )


class _Relief:
    """When the circumstance passed."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self.at = 0.0

    async def come(self, seconds: float) -> None:
        await trio.sleep(seconds)
        await self._stand_in.relieve()
        self.at = trio.current_time()
