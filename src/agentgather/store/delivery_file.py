"""`deliveries.jsonl`, beside a room's log: what was seen of messages at those they are for, a mark a line.

It is no history. Whatever happens to it, the room opens, what is whole of it counts, and what is missing is said: each line has
a number and a check, the first tells where the numbers begin, and the roster file how far they had come. What could not be read
is never written over: it is kept beside first, or nothing is written.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agentgather.api.delivery_json import mark_json, read_mark
from agentgather.api.record_json import Json, compact
from agentgather.room.delivery.marks import Mark
from agentgather.room.message import timestamp
from agentgather.room.names import RoomId
from agentgather.store.disk import Disk, RealDisk
from agentgather.store.documents import load_checkpoint
from agentgather.store.home import Home
from agentgather.store.json_files import checked, unchecked
from agentgather.store.lock import RoomLock
from agentgather.store.log_file import lines_of
from agentgather.store.private_files import storage_trouble

FILE_BYTES_MAX = 64 * 1024 * 1024  # several times what the largest book writes; whatever is larger is not ours


@dataclass(slots=True)
class DeliveryReading:
    """What a file of marks says. `faults` names what of it is damaged or missing; `torn_bytes` is what a crash left.

    `is_unread`: it is there, and nobody knows what it says; `is_partial`: some of its lines are not what was written.
    """

    marks: list[Mark] = field(default_factory=list)
    through: int = 0
    line_count: int = 0
    faults: list[str] = field(default_factory=list)
    torn_bytes: int = 0
    is_there: bool = True
    is_unread: bool = False
    is_partial: bool = False
    lacks_newline: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether it can be appended to as it is."""
        return self.is_there and not self.faults and not self.torn_bytes and not self.lacks_newline

    def notes(self) -> list[str]:
        """What a person should know of it."""
        return [f"what became of some messages is forgotten: {fault}" for fault in self.faults]


def read_deliveries(path: Path, *, told_through: int = 0) -> DeliveryReading:
    """Read the marks at `path`; `told_through` is how far the roster file says that they had come."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        faults = [f"{path.name} is missing"] if told_through else []
        return DeliveryReading(through=told_through, faults=faults, is_there=False)
    except OSError as error:  # a room never stays shut for this
        return _unread(f"{path.name} cannot be read ({error.strerror})", told_through=told_through)
    if len(content) > FILE_BYTES_MAX:
        return _unread(f"{path.name} is larger than any of ours", told_through=told_through)
    return _Lines(path.name).read(content, told_through=told_through)


def _unread(fault: str, *, told_through: int) -> DeliveryReading:
    kept = f"{fault}; it is set aside as it is before another is written"
    return DeliveryReading(through=told_through, faults=[kept], is_there=False, is_unread=True)


def kept_aside(path: Path) -> list[Path]:
    """The files of marks that were damaged, or could not be read, and were kept as they were; the oldest first."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def load_deliveries(home: Home, room: RoomId) -> DeliveryReading:
    """The marks of a room, held against what its roster file says of them."""
    checkpoint, _ = load_checkpoint(home.participants_file(room))
    return read_deliveries(home.deliveries_file(room), told_through=checkpoint.deliveries_through)


def mend_deliveries(home: Home, room: RoomId, *, now: datetime) -> tuple[int, Path | None]:
    """Write the marks that are whole anew: how many, and where the damaged file is kept. Raises RoomLocked, a storage Refusal."""
    path = home.deliveries_file(room)
    lock = RoomLock.take(home.lock_file(room), now=timestamp(now))
    try:
        reading = load_deliveries(home, room)
        reading.is_partial = reading.is_there
        file = JsonlDeliveries(path, reading)
        file.rewrite(reading.marks)
        return len(reading.marks), file.aside
    finally:
        lock.release()


class _Lines:
    """One reading: every line that is what was written, by its number, and what is to be said of the others."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begin: int | None = None
        self._marks: dict[int, Mark] = {}
        self._broken: list[int] = []

    def read(self, content: bytes, *, told_through: int) -> DeliveryReading:
        reading = DeliveryReading()
        for number, (_, line) in enumerate(lines_of(content), start=1):
            reading.line_count = number
            reading.lacks_newline = not line.endswith(b"\n")
            if self._take(line):
                continue
            if reading.lacks_newline:
                reading.torn_bytes = len(line)
            else:
                self._broken.append(number)
        reading.marks = [self._marks[number] for number in sorted(self._marks)]
        reading.through = max(self._marks, default=(self._begin or 1) - 1)
        reading.is_partial = bool(self._broken)
        reading.faults = self._faults(reading.through, told_through=told_through)
        reading.through = max(reading.through, told_through)
        return reading

    def _take(self, line: bytes) -> bool:
        """Take one line for what it is; whether it is what was written."""
        try:
            fields = json.loads(line)
            if "check" not in fields:
                return False
            fields = unchecked(fields)
            if "begin" in fields:
                self._begin = fields["begin"]
            else:
                self._marks[fields["n"]] = read_mark(fields)
        except (KeyError, TypeError, ValueError, RecursionError):
            return False
        return True

    def _faults(self, through: int, *, told_through: int) -> list[str]:
        faults = []
        if self._broken:
            shown = ", ".join(map(str, self._broken[:3])) + (" and more" if len(self._broken) > 3 else "")
            faults.append(f"in {self._name} line {shown} is not what was written")
        if self._begin is None:
            faults.append(f"{self._name} lacks its beginning")
        missing = through + 1 - (self._begin or 1) - len(self._marks)
        if self._begin is not None and missing and not self._broken:
            faults.append(f"in {self._name} {missing} lines are missing")
        if through < told_through:
            faults.append(f"{self._name} ends at mark {through}, and had come to {told_through}")
        return faults


class JsonlDeliveries:
    """Keeps the marks of one room (room.keeping.DeliveryFile). `aside` is where the file is kept that was found damaged."""

    def __init__(self, path: Path, reading: DeliveryReading, *, disk: Disk | None = None) -> None:
        self._path = path
        self._disk = disk or RealDisk()
        self.through = reading.through
        self.line_count = reading.line_count
        self.is_sound = reading.is_sound
        self.aside: Path | None = None
        self._is_unread = reading.is_unread
        self._is_partial = reading.is_partial

    @staticmethod
    def resume(path: Path, reading: DeliveryReading, *, disk: Disk) -> JsonlDeliveries:
        """The file of marks just read, with all that it says durable. Where the disk refuses that, the next write makes it anew.

        A writer that was killed before it synced left its marks in the cache, and whoever gave them is told that they are kept.
        """
        file = JsonlDeliveries(path, reading, disk=disk)
        if not reading.is_there:
            return file
        try:
            descriptor = disk.open(path)
            try:
                disk.sync(descriptor)
            finally:
                disk.close(descriptor)
            disk.sync_directory(path.parent)
        except OSError:
            file.is_sound = False
        return file

    def append(self, marks: Sequence[Mark]) -> None:
        """See `room.keeping.DeliveryFile`: one write and one sync."""
        content = b"".join(_lines(marks, after=self.through))
        self.is_sound = False  # until it is known to be
        try:
            descriptor = self._disk.open(self._path)
            try:
                rest = content
                while rest:
                    rest = rest[self._disk.write(descriptor, rest) :]
                self._disk.sync(descriptor)
            finally:
                with contextlib.suppress(OSError):
                    self._disk.close(descriptor)
        except OSError as error:
            raise storage_trouble(error, is_undone=False) from error
        self.through += len(marks)
        self.line_count += len(marks)
        self.is_sound = True

    def rewrite(self, marks: Iterable[Mark]) -> None:
        """See `room.keeping.DeliveryFile`: the whole file is replaced. The numbers go on, so that none is given twice.

        What of it could not be read is set aside first; where the disk refuses that, nothing is written.
        """
        lines = list(_lines(marks, after=self.through))
        begin = compact(checked({"begin": self.through + 1})) + b"\n"
        self.is_sound = False  # until it is known to be
        try:
            self._set_aside()
            self._disk.replace(self._path, begin + b"".join(lines))
        except OSError as error:
            raise storage_trouble(error, is_undone=False) from error
        self.through += len(lines)
        self.line_count = len(lines) + 1
        self.is_sound = True

    def _set_aside(self) -> None:
        """Keep what was not understood, once. A name needs no look into the file that it is moved to. Raises OSError."""
        if not self._is_unread and not self._is_partial:
            return
        aside = self._path.with_name(f"{self._path.name}.damaged-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%fZ')}")
        if self._is_unread:
            self._disk.move(self._path, aside)
        else:
            self._disk.replace(aside, self._disk.read(self._path))
        self._is_unread = self._is_partial = False
        self.aside = aside


def _lines(marks: Iterable[Mark], *, after: int) -> Iterable[bytes]:
    for number, mark in enumerate(marks, start=after + 1):
        fields: Json = {"n": number, **mark_json(mark)}
        yield compact(checked(fields)) + b"\n"
