"""A damaged log made whole again, without dropping a readable record silently (`agentgather doctor --repair`)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agentgather.api.record_json import record_json
from agentgather.api.seal import START, resealed, seal, sealed_line
from agentgather.room.keeping import SavedSeat
from agentgather.room.message import Message, MessageType, timestamp
from agentgather.room.names import SYSTEM, MessageId, RoomId
from agentgather.store.creation import NoSuchRoom
from agentgather.store.documents import NUMBERS_LOST_MAX, RoomDocuments, load_checkpoint, load_roster, saved_seats
from agentgather.store.home import Home
from agentgather.store.journal import new_salt
from agentgather.store.json_files import DocumentDamaged
from agentgather.store.lock import RoomLock
from agentgather.store.log_file import LogDamaged, LogReading, read_log
from agentgather.store.opening import is_told, missing_end, told
from agentgather.store.private_files import storage_trouble, write_private
from agentgather.store.salvage import Salvage, salvage
from agentgather.store.verify import Fault


@dataclass(slots=True)
class RepairReport:
    """What a repair did. Lines and offsets are those of the damaged log, which `original` holds unchanged.

    `untouched` counts the lines that stand as they stood. `resealed`: records that are what was written, under new
    chain values, because one before them is not. `doubtful`: records kept although nothing vouches for them.
    `set_aside`: lines that could not stay; their bytes are in `quarantine`. `lost`: numbers whose record is gone; a
    system record stands in its place. `original` and `quarantine` still hold texts that are scrubbed later.
    """

    untouched: int = 0
    resealed: list[MessageId] = field(default_factory=list)
    doubtful: list[Fault] = field(default_factory=list)
    set_aside: list[Fault] = field(default_factory=list)
    lost: list[MessageId] = field(default_factory=list)
    original: Path | None = None
    quarantine: Path | None = None

    @property
    def is_needed(self) -> bool:
        """Whether there was anything to repair."""
        return self.original is not None


def repair(home: Home, room: RoomId, *, now: datetime) -> RepairReport:
    """Make the log of `room` one that opens; nothing is touched when it does already. A crash leaves the old or new.

    Raises NoSuchRoom, RoomLocked, LogDamaged (more is missing than can be), DocumentDamaged (a room that its log does
    not tell needs its documents), StorageFull or StorageFailed.
    """
    if not home.hosts(room):
        raise NoSuchRoom(room)
    try:
        lock = RoomLock.take(home.lock_file(room), now=timestamp(now))
        try:
            return _repair(home, room, now=now)
        finally:
            lock.release()
    except OSError as error:
        raise storage_trouble(error) from error


def _repair(home: Home, room: RoomId, *, now: datetime) -> RepairReport:
    path = home.messages_file(room)
    checkpoint, _ = load_checkpoint(home.room_file(room), home.participants_file(room))
    with contextlib.suppress(LogDamaged):
        reading = read_log(path, room=room)
        if missing_end(reading, checkpoint) is None:
            return RepairReport(untouched=len(reading.kept))
    content = path.read_bytes()
    saved = salvage(content, room=room)
    report = RepairReport(untouched=len(saved.unsealed), set_aside=[fault for fault, _ in saved.set_aside])
    lines = [one.line for one in saved.unsealed]
    lines += _sealed_again(saved, report, room, now=now, through_id=checkpoint.through_id if checkpoint.is_told else 0)
    reading = LogReading()
    for line in lines:
        reading.follow(line, room=room)
    seats = _seats(home, room, is_told=is_told(reading))
    state = told(home, room, reading, seats)
    stamp = now.strftime("%Y%m%dT%H%M%S.%fZ")
    report.original = path.with_name(f"{path.name}.damaged-{stamp}")
    write_private(report.original, content)
    if saved.set_aside:
        report.quarantine = path.with_name(f"{path.name}.quarantine-{stamp}")
        write_private(report.quarantine, b"".join(line for _, line in saved.set_aside))
    write_private(path, b"".join(lines))
    documents = RoomDocuments(home, room)
    documents.save_room(state)
    if seats:
        documents.save_roster(seats, through_id=state.last_id, deliveries_through=checkpoint.deliveries_through)
    return report


def _sealed_again(
    saved: Salvage, report: RepairReport, room: RoomId, *, now: datetime, through_id: int
) -> Iterator[bytes]:
    """The lines of the sealed part of the log, one for each number it has had."""
    floor = saved.unsealed_last_id
    begin = min(saved.sealed, default=floor + 1) if floor else 1
    end = max(saved.sealed, default=floor)
    if end < through_id <= end + NUMBERS_LOST_MAX:
        end = through_id
    if end - begin - len(saved.sealed) > NUMBERS_LOST_MAX:
        raise LogDamaged(line=1, offset=0, reason=f"more than {NUMBERS_LOST_MAX} records are missing")
    head = START
    for number in range(begin, end + 1):
        one = saved.sealed.get(number)
        if one is not None and one.is_intact(previous=head):
            report.untouched += 1
            assert one.seal is not None
            head = one.seal.chain
            yield one.line
            continue
        if one is None:
            report.lost.append(MessageId(number))
        elif number in saved.trusted:
            report.resealed.append(one.record.id)
        else:
            report.doubtful.append(one.place)
        written = record_json(one.record if one is not None else _lost(MessageId(number), room, now=now))
        if one is not None and one.seal is not None:
            mark = resealed(written, one.seal, previous=head)
        else:
            mark = seal(written, previous=head, salt=new_salt())
        head = mark.chain
        yield sealed_line(written, mark)


def _lost(number: MessageId, room: RoomId, *, now: datetime) -> Message:
    """What stands in the place of a record that is gone, so that no number is ever given out twice."""
    text = f"record {number} was lost to damage of the host's disk"
    return Message(number, room, timestamp(now), SYSTEM, MessageType.SYSTEM, text)


def _seats(home: Home, room: RoomId, *, is_told: bool) -> list[SavedSeat]:
    try:
        return load_roster(home, room)
    except DocumentDamaged:
        if not is_told:
            raise
        return saved_seats(home, room)
