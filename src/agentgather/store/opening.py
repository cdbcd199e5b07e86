"""A room comes back: from its log first, from its checkpoints for what a log never tells."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from agentgather.room.delivery.marks import Mark
from agentgather.room.events import RoomAdopted, RoomCreated
from agentgather.room.keeping import Kept, SavedSeat
from agentgather.room.message import timestamp
from agentgather.room.names import MessageId, RoomId
from agentgather.room.participant import Attention
from agentgather.room.state import RoomState, fold
from agentgather.store.creation import NoSuchRoom, RoomExists, create_room
from agentgather.store.delivery_file import JsonlDeliveries
from agentgather.store.delivery_reading import read_deliveries
from agentgather.store.disk import Disk, RealDisk
from agentgather.store.documents import (
    NUMBERS_LOST_MAX,
    Checkpoint,
    RoomDocuments,
    load_checkpoint,
    load_old_state,
    load_roster,
    saved_seats,
    with_last_number,
)
from agentgather.store.home import DocumentDamaged, Home
from agentgather.store.journal import JsonlJournal
from agentgather.store.lock import RoomLock
from agentgather.store.log_file import LogDamaged, LogReading, read_log
from agentgather.store.private_files import storage_trouble, sweep_temporaries

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

__all__ = ["NoSuchRoom", "OpenedRoom", "RoomExists", "create_room", "open_room"]


@dataclass(slots=True)
class OpenedRoom:
    """A room as it was found. `notes` tell what was repaired or is missing; `unfinished_scrubs` what is to be done."""

    state: RoomState
    kept: Sequence[Kept]
    seats: Sequence[SavedSeat]
    journal: JsonlJournal
    documents: RoomDocuments
    lock: RoomLock
    marks: Sequence[Mark]
    deliveries: JsonlDeliveries
    notes: list[str] = field(default_factory=list)
    unfinished_scrubs: list[MessageId] = field(default_factory=list)

    def close(self) -> None:
        """Let go of the log and the lock."""
        self.journal.close()
        self.lock.release()


def open_room(
    home: Home,
    room: RoomId,
    *,
    now: datetime,
    disk: Disk | None = None,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> OpenedRoom:
    """Open a room for writing. `disk` takes what is recorded, `random_bytes` make the salts of it.

    Raises NoSuchRoom, RoomLocked, LogDamaged, DocumentDamaged (a 0.1 room that needs its documents), StorageFull or
    StorageFailed; then nothing was changed.
    """
    if not home.hosts(room):
        raise NoSuchRoom(room)
    try:
        lock = RoomLock.take(home.lock_file(room), now=timestamp(now))
        try:
            with _no_collection():
                return _open(home, room, lock, disk or RealDisk(), random_bytes)
        except BaseException:
            lock.release()
            raise
    except OSError as error:
        raise storage_trouble(error) from error


def _open(home: Home, room: RoomId, lock: RoomLock, disk: Disk, random_bytes: Callable[[int], bytes]) -> OpenedRoom:
    reading = read_log(home.messages_file(room), room=room)
    checkpoint, notes = load_checkpoint(home.room_file(room), home.participants_file(room))
    if gap := missing_end(reading, checkpoint):
        raise gap
    seats = _seats(home, room, is_told=is_told(reading))
    state = told(home, room, reading, seats)
    if not any(seat.participant.is_host for seat in seats):
        seats += _host_alone(home, state)
    if note := _without_token(state, seats):
        notes.append(note)
    sweep_temporaries(home.room_directory(room))
    journal, journal_notes = JsonlJournal.resume(
        home.messages_file(room),
        reading,
        disk=disk,
        random_bytes=random_bytes,
        above=(home.rooms_directory, home.root, home.root.parent),
    )
    path = home.deliveries_file(room)
    delivered = read_deliveries(path, told_through=checkpoint.deliveries_through)
    return OpenedRoom(
        state,
        reading.kept,
        [seat for seat in seats if seat.participant.alias in state.participants],
        journal,
        RoomDocuments(home, room, disk=disk),
        lock,
        delivered.marks,
        JsonlDeliveries.resume(path, delivered, disk=disk),
        notes + journal_notes + delivered.notes(),
        [
            one.record.id
            for one in reading.kept
            if state.retracted.get(one.record.id) and (one.record.text or one.record.context)
        ],
    )


def _host_alone(home: Home, state: RoomState) -> list[SavedSeat]:
    """The host's seat, when the roster is lost: its token is still held in this home, so its host is not locked out.

    Only a seat that was served on this machine counts; a namesake elsewhere may have given its token to anybody.
    """
    host = state.host
    try:
        held = [seat for seat in home.seats() if host and (seat.room, seat.alias) == (state.room, host.alias)]
    except DocumentDamaged:
        return []
    if host is None or not held or urlsplit(held[0].base_url).hostname not in LOOPBACK_HOSTS:
        return []
    digest = sha256(held[0].token.encode()).hexdigest()
    return [SavedSeat(host, digest, None, Attention.MANUAL, host.joined_at)]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from going through records again and again while they are read: none is garbage.

    It makes opening a log of 50,000 records a third faster.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def is_told(reading: LogReading) -> bool:
    """Whether a log tells the whole room: not so in a room of 0.1 that we never wrote to."""
    return any(isinstance(one.record.event, RoomCreated | RoomAdopted) for one in reading.kept)


def told(home: Home, room: RoomId, reading: LogReading, seats: Sequence[SavedSeat]) -> RoomState:
    """The room as its log tells it, on top of its documents where the log alone does not. Raises DocumentDamaged."""
    records = (one.record for one in reading.kept)
    if is_told(reading):
        return fold(records, start=RoomState(room))
    return with_last_number(fold(records, start=load_old_state(home, room, seats)), home)


def missing_end(reading: LogReading, checkpoint: Checkpoint) -> LogDamaged | None:
    """The damage of a log that the log alone cannot show: the checkpoints, written later, know of more.

    An end with holes was never acknowledged only where they say so.
    """
    if reading.is_holed and not checkpoint.is_whole:
        return LogDamaged(
            line=reading.line_count + 1,
            offset=reading.whole.length_bytes,
            reason="parts of the log's end were never written, and no whole checkpoint says what was acknowledged of it",
        )
    if not checkpoint.is_told:
        return None
    is_behind = reading.last_id < checkpoint.through_id <= reading.last_id + NUMBERS_LOST_MAX
    if not is_behind and is_told(reading):
        return None
    return LogDamaged(
        line=reading.line_count + 1,
        offset=reading.whole.length_bytes,
        reason=f"the log ends with record {reading.last_id}, while the room's checkpoints speak of record "
        f"{checkpoint.through_id}: records are missing",
    )


def _seats(home: Home, room: RoomId, *, is_told: bool) -> list[SavedSeat]:
    """The seats with their credentials; where the log tells the room but their file is damaged, those that are whole."""
    try:
        return load_roster(home, room)
    except DocumentDamaged:
        if not is_told:
            raise
        return saved_seats(home, room)


def _without_token(state: RoomState, seats: Sequence[SavedSeat]) -> str | None:
    """The note on everybody who has a seat and whose token is known no more."""
    known = {seat.participant.alias for seat in seats}
    lost = [alias for alias, seat in state.participants.items() if alias not in known and seat.removed_at is None]
    if not lost:
        return None
    return f"no token of {', '.join(lost)} is known any more: a new one is made by 'agentgather room rotate'"
