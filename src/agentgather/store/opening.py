"""A room comes into being, and comes back: from its log first, from its checkpoints for what a log never tells."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agentgather.room.events import RoomAdopted, RoomCreated
from agentgather.room.keeping import Kept, SavedSeat
from agentgather.room.message import Message, moment, timestamp
from agentgather.room.names import MessageId, RoomId
from agentgather.room.participant import Attention
from agentgather.room.state import RoomState, apply, fold
from agentgather.store.documents import RoomDocuments, load_old_state, load_roster, with_last_number
from agentgather.store.home import DocumentDamaged, Home
from agentgather.store.journal import JsonlJournal, sealed
from agentgather.store.lock import RoomLock
from agentgather.store.private_files import make_private_directory, storage_trouble, sync_directory, write_private

UNFINISHED = ".new-"  # what a crash in the middle of a creation leaves; swept by the next one


class RoomExists(Exception):
    """A room of this name is in this home already."""


class NoSuchRoom(Exception):
    """This home holds no room of this name."""


@dataclass(slots=True)
class OpenedRoom:
    """A room as it was found. `notes` tell what was repaired or is missing; `unfinished_scrubs` what is to be done."""

    state: RoomState
    kept: Sequence[Kept]
    seats: Sequence[SavedSeat]
    journal: JsonlJournal
    documents: RoomDocuments
    lock: RoomLock
    notes: list[str] = field(default_factory=list)
    unfinished_scrubs: list[MessageId] = field(default_factory=list)

    def close(self) -> None:
        """Let go of the log and the lock."""
        self.journal.close()
        self.lock.release()


def create_room(home: Home, first: Message, *, host_token_hash: str) -> None:
    """Make the room whose log begins with `first`: whole, or not at all. Raises RoomExists, StorageFull, StorageFailed."""
    directory = home.room_directory(first.room)
    if directory.exists():
        raise RoomExists(first.room)
    kept, _ = sealed([first], head="")
    state = apply(RoomState(first.room), first)
    host = next(iter(state.participants.values()))
    seat = SavedSeat(host, host_token_hash, None, Attention.ATTENDING, moment(first.ts))
    try:
        make_private_directory(home.rooms_directory)
        _sweep(home.rooms_directory, first.room)
        nursery = Home(home.rooms_directory / f"{UNFINISHED}{first.room}")
        make_private_directory(nursery.room_directory(first.room))
        write_private(nursery.messages_file(first.room), kept[0].line)
        documents = RoomDocuments(nursery, first.room)
        documents.save_roster([seat], through_id=state.last_id)
        documents.save_room(state)
        try:
            nursery.room_directory(first.room).rename(directory)
        except OSError:
            if directory.exists():
                raise RoomExists(first.room) from None
            raise
        sync_directory(home.rooms_directory)
        _sweep(home.rooms_directory, first.room)
    except OSError as error:
        raise storage_trouble(error) from error


def open_room(home: Home, room: RoomId, *, now: datetime) -> OpenedRoom:
    """Open a room for writing.

    Raises NoSuchRoom, RoomLocked, LogDamaged, DocumentDamaged (a 0.1 room that needs its documents), StorageFailed.
    """
    if not home.hosts(room):
        raise NoSuchRoom(room)
    lock = RoomLock.take(home.lock_file(room), now=timestamp(now))
    try:
        return _open(home, room, lock)
    except BaseException:
        lock.release()
        raise


def _open(home: Home, room: RoomId, lock: RoomLock) -> OpenedRoom:
    journal, reading, notes = JsonlJournal.open(home.messages_file(room), room=room)
    records = [one.record for one in reading.kept]
    is_told = any(isinstance(record.event, RoomCreated | RoomAdopted) for record in records)
    try:
        seats = load_roster(home, room)
    except DocumentDamaged as damage:
        if not is_told:
            raise
        seats = []
        notes.append(f"{damage.path.name} {damage.reason}: everybody but the log's readers needs a new token")
    if is_told and not seats and not any("new token" in note for note in notes):
        notes.append("participants.json is missing: everybody needs a new token ('agentgather room rotate')")
    start = RoomState(room) if is_told else load_old_state(home, room, seats)
    state = fold(records, start=start)
    if not is_told:
        state = with_last_number(state, home)
    unfinished = [
        one.record.id
        for one in reading.kept
        if state.retracted.get(one.record.id) and (one.record.text or one.record.context)
    ]
    known = [seat for seat in seats if seat.participant.alias in state.participants]
    documents = RoomDocuments(home, room)
    return OpenedRoom(state, reading.kept, known, journal, documents, lock, notes, unfinished)


def _sweep(rooms: Path, room: RoomId) -> None:
    shutil.rmtree(rooms / f"{UNFINISHED}{room}", ignore_errors=True)
