"""Telling the room what became of wakes, so that whoever sent a message sees it beside the message."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import trio

from agentgather.client.backoff import Backoff
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.follow import Reach
from agentgather.wake.told import Told, What

REPORTS_MAX = 400  # kept for a room that is away; of more, the oldest go: a record of tries is no promise
MESSAGES_MAX = 20  # of one wake that are told of, the newest: a sender of more has seen enough
TRIES_MAX = 5  # for one report, where the room has trouble of its own

# What a room calls it, and the trouble that is told with it where the word alone would say too much.
OUTCOMES = {
    What.SUBMITTED: ("submitted", ""),
    What.CONFIRMED: ("confirmed", ""),
    What.UNCONFIRMED: ("submitted", "unconfirmed"),
    What.UNSURE: ("submitted", "unsure"),
    What.DEFERRED: ("deferred", ""),
    What.RETRYING: ("deferred", ""),
    What.FAILED: ("failed", ""),
    What.SKIPPED: ("skipped", ""),
    What.BUDGET_SPENT: ("deferred", "budget_spent"),
}


@dataclass(frozen=True, slots=True)
class Report:
    message_id: int
    outcome: str
    trouble: str
    wake_id: str


@dataclass(slots=True)
class Reports:
    """What is still to be told. A room that has no place for it is told nothing more."""

    reach: Reach
    via: str
    _waiting: deque[Report] = field(default_factory=lambda: deque(maxlen=REPORTS_MAX))
    _stirred: trio.Event = field(default_factory=trio.Event)

    def add(self, told: Told) -> None:
        if told.what not in OUTCOMES:
            return
        outcome, word = OUTCOMES[told.what]
        trouble = ": ".join(part for part in (word, told.why) if part)
        self._waiting.extend(Report(one, outcome, trouble, told.wake or "") for one in told.ids[-MESSAGES_MAX:])
        self._stirred.set()

    async def keep(self) -> None:
        """Tell the room, for as long as it wants to be told."""
        while await self.flush():
            self._stirred = trio.Event()
            await self._stirred.wait()

    async def flush(self) -> bool:
        """Tell the room all there is. False: it has no place for it."""
        backoff = Backoff()
        while self._waiting:
            report = self._waiting.popleft()
            for _ in range(TRIES_MAX):
                try:
                    await self._tell(report)
                except Refused as refused:
                    if refused.code == "not_found":
                        return False  # an older room
                    if not refused.is_passing:
                        break  # it is not for us after all, or was taken away
                    await trio.sleep(backoff.next_seconds(at_least=refused.retry_after_seconds))
                except Unreachable:
                    await trio.sleep(backoff.next_seconds())
                else:
                    backoff.reset()
                    break
        return True

    async def _tell(self, report: Report) -> None:
        async with self.reach() as room:
            await room.note_wake(
                report.message_id,
                via=self.via,
                outcome=report.outcome,
                trouble=report.trouble,
                wake_id=report.wake_id,
            )
