"""A room that is open: commands are decided in turn, made durable, then published; readers wait for what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import trio

from agentgather.live.credentials import Credential, Credentials
from agentgather.live.deliveries import Deliveries
from agentgather.live.finder import Finder
from agentgather.live.pen import Batch, Pen, RunBlocking
from agentgather.live.presence import Presence
from agentgather.live.timeline import Timeline
from agentgather.live.waited import Reason, Waited
from agentgather.live.wakes import Wakes
from agentgather.room.commands import Command, Expire, HouseCommand, Post
from agentgather.room.decide import Decision, decide
from agentgather.room.delivery.marks import Mark
from agentgather.room.guards import RateGuard
from agentgather.room.keeping import DeliveryFile, Journal, Kept, SavedSeat
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, RoomId
from agentgather.room.participant import Attention
from agentgather.room.refusals import WaitLimit
from agentgather.room.state import RoomState

Clock = Callable[[], datetime]  # the wall clock, in UTC


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: `records`, none when it was so already.

    `post` is a post's own record, and the record that any command repeats; `is_repeat`: it does.
    """

    state: RoomState
    post: Kept | None = None
    is_repeat: bool = False
    records: Sequence[Message] = ()


class LiveRoom:
    """One open room. Built from what its store gave; `OpenRoom` in `live.keeping` gives it its tasks.

    `state` is what is durable; `_draft` adds what is decided and on its way to disk, so that decisions follow one
    another without waiting for the disk.
    """

    def __init__(
        self,
        state: RoomState,
        kept: Iterable[Kept],
        *,
        journal: Journal,
        seats: Sequence[SavedSeat],
        limits: RoomLimits,
        clock: Clock,
        run_blocking: RunBlocking,
        marks: Iterable[Mark] = (),
        delivery_file: DeliveryFile | None = None,
    ) -> None:
        self.state = self._draft = state
        self.timeline = Timeline(kept)
        self.finder = Finder(self.timeline)
        self.presence = Presence(seats)
        marks = list(marks)
        self.wakes = Wakes(marks)
        self.deliveries = Deliveries(marks, file=delivery_file, limits=limits, run_blocking=run_blocking)
        self.credentials = Credentials(seats)
        self.limits = limits
        self.clock = clock
        self.pen = Pen(journal, publish=self._publish, forget=self._forget, run_blocking=run_blocking)
        self.is_dismissed = False
        self._news = trio.Event()
        self._held: Counter[Alias] = Counter()
        self._peeking: Counter[Alias] = Counter()
        self._posts = RateGuard(limits.posts_per_minute)
        self._writes = RateGuard(limits.writes_per_minute)

    @property
    def id(self) -> RoomId:
        return self.state.room

    async def submit(self, command: Command) -> Outcome:
        """Decide `command` and return once what follows from it is durable and published.

        Raises the Refusal that says why not. A caller that is cancelled meanwhile finds the command either never done
        or done and visible.
        """
        now = self.clock()
        if self._draft.has_expired(now):
            self._record(self.decide(Expire(), now=now))
        decision = self.decide(command, now=now)
        if decision.repeats is not None:
            await self.pen.settle()
            return Outcome(self.state, post=self.timeline.get(decision.repeats), is_repeat=True)
        if not decision.records:
            await self.pen.settle()
            return Outcome(self.state)
        self._admit(command, now=now)
        batch = self._record(decision)
        await batch.wait()
        return Outcome(self.state, post=self._own(command, decision.records), records=decision.records)

    def decide(self, command: Command, *, now: datetime) -> Decision:
        """What `command` would lead to right now, on top of everything decided before. Changes nothing."""
        return decide(self._draft, command, now=now, limits=self.limits)

    async def wait(
        self, credential: Credential, *, since_id: int, hold_seconds: float, records_max: int, is_peek: bool = False
    ) -> Waited:
        """Wait until there is something after `since_id`, or something that ends waiting, or `hold_seconds` are over.

        Looks, then parks, with no step between: the event that publishing replaces cannot be missed. Raises WaitLimit
        when this participant holds as many waits as it may. `is_peek`: see `holding`.
        """
        ending = self._look(credential, since_id=since_id, records_max=records_max)
        if ending is not None:
            await trio.lowlevel.checkpoint()
            return ending
        with self.holding(credential.alias, is_peek=is_peek):
            return await self.next(credential, since_id=since_id, hold_seconds=hold_seconds, records_max=records_max)

    async def next(self, credential: Credential, *, since_id: int, hold_seconds: float, records_max: int) -> Waited:
        """As `wait`, for a caller that keeps its own place with `holding`."""
        with trio.move_on_after(hold_seconds):
            while True:
                ending = self._look(credential, since_id=since_id, records_max=records_max)
                if ending is not None:
                    return ending
                await self._news.wait()
        return Waited(Reason.HEARTBEAT)

    @contextmanager
    def holding(self, alias: Alias, *, is_peek: bool = False) -> Iterator[None]:
        """One held wait or stream of `alias`. Raises WaitLimit beyond what a participant may hold.

        `is_peek`: they hear nothing by it, as a program of theirs waits, to wake them, or they wait for something else than what
        is said. It counts towards the limit, and nobody is seen attending for it.
        """
        if self._held[alias] + self._peeking[alias] >= self.limits.held_waits_max:
            raise WaitLimit(
                f"{alias} already holds {self.limits.held_waits_max} waits; end one of them or use its answer",
                retry_after_seconds=1,
            )
        counted = self._peeking if is_peek else self._held
        counted[alias] += 1
        try:
            yield
        finally:
            counted[alias] -= 1
            if not is_peek:
                self.presence.touch(alias, now=self.clock(), attention=Attention.ATTENDING)

    async def news(self) -> None:
        """Return at the next thing that happens in this room."""
        await self._news.wait()

    def announce(self) -> None:
        """Let every held wait look again: something other than a record has changed."""
        self._wake()

    def dismiss(self) -> None:
        """End every held wait with an answer, and all that come after: the house is closing."""
        self.is_dismissed = True
        self._wake()

    def is_admitted(self, credential: Credential) -> bool:
        """Whether this credential, which opened a seat before, still does."""
        is_good = self.credentials.is_current(credential) and not credential.is_expired(self.clock())
        return is_good and not self._is_removed(credential)

    def held_count(self, alias: str) -> int:
        """How many waits and streams `alias` holds at this moment; a peek is none."""
        return self._held[Alias(alias)]

    def peek_count(self, alias: str) -> int:
        """How many held requests of `alias` are no wait of its own: programs that wait in order to wake it, mostly."""
        return self._peeking[Alias(alias)]

    def present(self) -> Sequence[Alias]:
        """The aliases seen within the stale window, in roster order: who is here."""
        now = self.clock()
        return [
            alias
            for alias, seat in self.state.participants.items()
            if not seat.is_removed and seat.has_joined and self.seen_age_ms(alias, now=now) <= self.stale_after_ms
        ]

    def paused(self) -> Sequence[Alias]:
        """The agents that the loop guard lets say nothing until a human does or the host continues the room."""
        return [alias for alias, posts in self.state.streaks.items() if posts >= self.limits.loop_posts_max]

    @property
    def stale_after_ms(self) -> int:
        return self.limits.stale_after_seconds * 1000

    def seen_age_ms(self, alias: Alias, *, now: datetime) -> int:
        """Milliseconds since `alias` was last seen, never negative; somebody who holds a wait is seen now."""
        if self.held_count(alias):
            return 0
        return self.presence.of(alias, default=self.state.participants[alias].joined_at).age_ms(now)

    def _is_removed(self, credential: Credential) -> bool:
        return self.state.participants[credential.alias].is_removed

    def _look(self, credential: Credential, *, since_id: int, records_max: int) -> Waited | None:
        """How a wait with this cursor ends right now; None when it has to be held."""
        if self._is_removed(credential):
            return Waited(Reason.REMOVED)
        if not self.is_admitted(credential):
            return Waited(Reason.UNAUTHORIZED)
        if self.timeline.has_after(since_id):
            kept = self.timeline.since(since_id, records_max=records_max)
            has_more = self.timeline.has_after(self.timeline.cursor_after(kept, since_id=since_id))
            is_end = not self.state.is_open and not has_more
            return Waited(Reason.CLOSED if is_end else Reason.MESSAGE, kept, has_more=has_more)
        if not self.state.is_open:
            return Waited(Reason.CLOSED)
        return Waited(Reason.SHUTDOWN) if self.is_dismissed else None

    def _admit(self, command: Command, *, now: datetime) -> None:
        if isinstance(command, Post):
            self._posts.admit(command.actor, now=now)
        elif not isinstance(command, HouseCommand):
            self._writes.admit(command.actor, now=now)

    def _record(self, decision: Decision) -> Batch:
        self._draft = decision.state
        return self.pen.add(decision.records, state=decision.state)

    def _own(self, command: Command, records: Sequence[Message]) -> Kept | None:
        if not isinstance(command, Post):
            return None
        return next(self.timeline.get(record.id) for record in records if record.author == command.actor)

    def _publish(self, kept: Sequence[Kept], state: RoomState) -> None:
        for one in kept:
            self.timeline.append(one)
        self.state = state
        self._wake()

    def _forget(self) -> None:
        self._draft = self.state

    def _wake(self) -> None:
        self._news.set()
        self._news = trio.Event()
        self.deliveries.stir()
