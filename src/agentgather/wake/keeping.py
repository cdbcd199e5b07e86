"""Keeping an agent awake to its room: hears the room, asks the plan, and lets the adapter act."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from secrets import token_urlsafe

import trio

from agentgather.client.answers import Waited
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.follow import Ended, Follower, Reach
from agentgather.wake.adapter import Adapter, Look, Submission, Submitted, Wake
from agentgather.wake.asking_room import AWAY_SECONDS, ask_room
from agentgather.wake.cause import causes_of
from agentgather.wake.marks import fetched_id
from agentgather.wake.notebook import Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.reports import Reports
from agentgather.wake.steps import Phase, Step
from agentgather.wake.told import Told

LOOK_SECONDS_MAX = 30.0  # for an adapter to say what its agent does
SUBMIT_SECONDS_MAX = 120.0  # and to hand a wake over; each has shorter deadlines of its own
MARKS_SECONDS = 1.0  # between two looks at how far the agent fetched, at first
MARKS_SECONDS_MAX = 10.0

Tell = Callable[[Told], None]


@dataclass(slots=True)
class Waking:
    """One participant, its room, and the one way in which it is woken. `tell` hears what becomes of every wake.

    `left`: what is told of the wake that the plan was left in, when it was taken up.
    """

    plan: WakePlan
    adapter: Adapter
    notebook: Notebook
    reach: Reach
    me: str
    tell: Tell
    report: Reports | None = None
    left: tuple[Told, ...] = ()
    clock: Callable[[], float] = time.time
    _stirred: trio.Event | None = None
    _last: tuple[Wake, Submission] | None = None

    async def keep(self) -> str:
        """Wake it until there is nothing more to follow; answers why: closed, removed or unauthorized.

        Raises Refused and Unreachable as Follower does, and OSError when it cannot be remembered what was done: then
        nothing is handed over either.
        """
        self._stirred = trio.Event()
        if self.left:
            self._keep(self.left)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drive)
            if self.report is not None:
                nursery.start_soon(self.report.keep)
            reason = await self._listen()
            nursery.cancel_scope.cancel()
        return reason

    async def _listen(self) -> str:
        follower = Follower(self.reach, since_id=self.plan.since_id, is_peek=True)
        async with follower:
            while True:
                try:
                    waited = await follower.next()
                except Ended as ended:
                    return ended.reason
                if waited.records:
                    self._hear(waited, through_id=follower.since_id)
                if waited.is_last:
                    return waited.reason

    def _hear(self, waited: Waited, *, through_id: int) -> None:
        now = self.clock()
        self.plan.hear(causes_of(waited, me=self.me), through_id=through_id, now=now)
        if any(record.event_kind == "wakes.budget_set" for record in waited.records):
            self.plan.room_budget_changed(now=now)
        replies = [record.reply_to for record in waited.records if record.author == self.me]
        self._keep([told for one in replies if one is not None for told in self.plan.answered(one, now=now)])

    async def _drive(self) -> None:
        while True:
            stirred = self._stirred
            due = self.plan.next(self.clock())
            if due.step is Step.VERIFY:
                await self._verify(until=due.until)
            elif due.step is Step.LOOK:
                await self._look()
            else:
                await self._rest(due.until, stirred)

    async def _rest(self, until: float | None, stirred: trio.Event | None) -> None:
        """Until that moment, or until something is heard."""
        with trio.move_on_after(float("inf") if until is None else max(0.0, until - self.clock())):
            assert stirred is not None
            await stirred.wait()

    async def _look(self) -> None:
        if not await self._see_marks():
            await trio.sleep(AWAY_SECONDS)
            return
        if self.plan.next(self.clock()).step is not Step.LOOK:
            return  # it has fetched what it was to be woken for
        look = Look.GONE
        with trio.move_on_after(LOOK_SECONDS_MAX):
            look = await self.adapter.look()
        wake, told = self.plan.looked(look, wake_id=f"wake-{token_urlsafe(9)}", now=self.clock())
        if wake is None:
            if told:  # that an agent is busy still is no news, and after a crash it is looked at anyway
                self._keep(told)
            return
        is_granted, said = await ask_room(self.reach, self.plan, wake, now=self.clock())
        self._keep((*told, *said))  # before it is handed over: what may have been is known after any crash
        if is_granted:
            await self._hand_over(wake)

    async def _hand_over(self, wake: Wake) -> None:
        submission = Submission(Submitted.UNSURE, "timeout")
        with trio.move_on_after(SUBMIT_SECONDS_MAX):
            submission = await self.adapter.submit(wake)
        self._last = (wake, submission)
        self._keep(self.plan.submitted(submission.outcome, trouble=submission.trouble, now=self.clock()))

    async def _verify(self, *, until: float | None) -> None:
        """Until its own program or its fetching shows an effect, or the time for it is over."""
        assert until is not None
        effect: bool | None = None

        async def watch() -> None:
            nonlocal effect
            if self._last is not None and self._last[1].outcome is Submitted.YES:
                effect = await self.adapter.took_effect(*self._last)
                nursery.cancel_scope.cancel()

        async def see() -> None:
            pause = MARKS_SECONDS
            while self.plan.phase is Phase.VERIFYING:
                await trio.sleep(pause)
                pause = min(MARKS_SECONDS_MAX, pause * 1.5)
                await self._see_marks()
            nursery.cancel_scope.cancel()

        with trio.move_on_after(max(0.0, until - self.clock())):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch)
                nursery.start_soon(see)
        self._last = None
        await self._see_marks()  # a program may be done before anybody looked how far it fetched
        self._keep(self.plan.verified(has_effect=effect is True, now=self.clock()))

    async def _see_marks(self) -> bool:
        """Look how far the participant has fetched. False: the room could not be asked."""
        try:
            async with self.reach() as room:
                through_id = await fetched_id(room)
        except (Refused, Unreachable):
            return False
        told = self.plan.fetched(through_id, now=self.clock())
        if told:
            self._keep(told)
        return True

    def _keep(self, told: Iterable[Told] = ()) -> None:
        """Remember where the plan stands, and then tell what came of it."""
        self.notebook.keep(self.plan.note(), via=self.adapter.name)
        for one in told:
            self.tell(one)
            if self.report is not None:
                self.report.add(one)
        stirred, self._stirred = self._stirred, trio.Event()
        if stirred is not None:
            stirred.set()
