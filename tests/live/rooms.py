"""A live room on a journal in memory and a clock that leaps: no thread, no socket, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import trio

from agentgather.live.credentials import Credential, token_digest
from agentgather.live.keeping import OpenRoom
from agentgather.live.live_room import LiveRoom
from agentgather.room.commands import Invite
from agentgather.room.founding import found
from agentgather.room.keeping import Journal, Kept, SavedSeat
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId, RoomId
from agentgather.room.participant import Attention, Kind, Policy
from agentgather.room.refusals import Refusal
from agentgather.room.state import RoomState, apply
from agentgather.store.memory_journal import MemoryJournal

DAWN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
OPS, REV = Alias("ops"), Alias("rev")
ROOM = RoomId("lab")


def leaping_clock() -> datetime:
    """The wall clock of a test: trio's own time, from a morning on."""
    return DAWN + timedelta(seconds=trio.current_time() - _start())


def _start() -> float:
    task = trio.lowlevel.current_root_task()
    return _STARTS.setdefault(id(task), trio.current_time())


_STARTS: dict[int, float] = {}


async def in_place(call: Callable[..., Any], *args: Any) -> Any:
    """Runs a blocking call right here: a journal in memory does not block."""
    await trio.lowlevel.checkpoint()
    return call(*args)


@dataclass
class MemoryDocuments:
    """The checkpoints' twin in memory. `trouble`: what saving answers with, if anything; `trouble_after`: once it is done."""

    rosters: list[Sequence[SavedSeat]] = field(default_factory=list)
    states: list[RoomState] = field(default_factory=list)
    trouble: Refusal | None = None
    trouble_after: Refusal | None = None

    def save_roster(self, seats: Sequence[SavedSeat], *, through_id: int, deliveries_through: int = 0) -> None:
        if self.trouble:
            raise self.trouble
        self.rosters.append(seats)
        if self.trouble_after:
            raise self.trouble_after

    def save_room(self, state: RoomState) -> None:
        if self.trouble:
            raise self.trouble
        self.states.append(state)


@dataclass
class FailingJournal:
    """A journal whose disk answers `trouble` while it is set (`scrub_trouble`: to scrubs); then everything works again."""

    inner: MemoryJournal = field(default_factory=MemoryJournal)
    trouble: Exception | None = None
    scrub_trouble: Exception | None = None
    appends: int = 0

    def append(self, records: Sequence[Message]) -> list[Kept]:
        self.recover()
        self.appends += 1
        return self.inner.append(records)

    def recover(self) -> None:
        if self.trouble:
            raise self.trouble

    def scrub(self, message_id: MessageId) -> Kept:
        self.recover()
        if self.scrub_trouble:
            raise self.scrub_trouble
        return self.inner.scrub(message_id)

    def close(self) -> None:
        pass


@dataclass
class Opened:
    room: LiveRoom
    open_room: OpenRoom
    journal: Any
    documents: MemoryDocuments
    host: Credential


async def open_memory_room(
    nursery: trio.Nursery,
    *,
    journal: Journal | None = None,
    limits: RoomLimits | None = None,
    ttl: timedelta | None = None,
    save_seconds: float = 5,
    unfinished_scrubs: Sequence[MessageId] = (),
) -> Opened:
    """A new room, kept by `nursery`."""
    journal = journal or MemoryJournal()
    limits = limits or RoomLimits()
    now = leaping_clock()
    first = found(
        ROOM,
        host=OPS,
        host_kind=Kind.HUMAN,
        brief="Ship it.",
        policy=Policy.MANUAL_OK,
        expires_at=now + ttl if ttl else None,
        now=now,
        limits=limits,
    )
    kept = journal.append([first])
    state = apply(RoomState(ROOM), first)
    host = Credential(OPS, token_digest("agt_ops"))
    seat = SavedSeat(state.participants[OPS], host.digest, None, Attention.ATTENDING, now)
    room = LiveRoom(
        state, kept, journal=journal, seats=[seat], limits=limits, clock=leaping_clock, run_blocking=in_place
    )
    documents = MemoryDocuments()
    open_room = OpenRoom(room, documents, run_blocking=in_place, save_seconds=save_seconds)
    await nursery.start(partial(open_room.keep, unfinished_scrubs=unfinished_scrubs))
    current = room.credentials.find("agt_ops")
    assert current is not None
    return Opened(room, open_room, journal, documents, current)


async def invite(opened: Opened, alias: Alias = REV, kind: Kind = Kind.AGENT) -> Credential:
    issued = await opened.open_room.desk.issue(Invite(OPS, alias, kind))
    return issued.credential
