"""`deliveries.jsonl`, beside a room's log: what was seen of messages at those they are for, a mark a line.

It is no history. Whatever happens to it, the room opens, what is whole of it counts, and what is missing is said: each line has
a number and a check, the first tells where the numbers begin, and the roster file how far they had come. What could not be read
is never written over: it is kept beside first, or nothing is written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agentgather.api.delivery_json import mark_json
from agentgather.api.record_json import Json, compact
from agentgather.room.delivery.marks import Mark
from agentgather.room.message import timestamp
from agentgather.room.names import RoomId
from agentgather.store.delivery_reading import FILE_BYTES_MAX, DeliveryReading, load_deliveries
from agentgather.store.disk import Disk, RealDisk
from agentgather.store.home import Home
from agentgather.store.json_files import checked
from agentgather.store.lock import RoomLock
from agentgather.store.private_files import storage_trouble

# A book has some 10 MiB by default, but a host may have more remembered, and wakes may be told of at length. The oldest marks are
# left out then of a file that is written anew, as is one that was appended to until it is nearly too large to be read again.
ANEW_BYTES_MAX = FILE_BYTES_MAX // 2
APPENDED_BYTES_MAX = FILE_BYTES_MAX // 4 * 3


def kept_aside(path: Path) -> list[Path]:
    """The files of marks that were damaged, or could not be read, and were kept as they were; the oldest first."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def mend_deliveries(home: Home, room: RoomId, *, now: datetime) -> tuple[int, Path | None]:
    """Write the marks that are whole anew: how many, and where the damaged file is kept. Raises RoomLocked, a storage Refusal."""
    path = home.deliveries_file(room)
    lock = RoomLock.take(home.lock_file(room), now=timestamp(now))
    try:
        reading = load_deliveries(home, room)
        reading.is_partial = reading.is_there
        file = JsonlDeliveries(path, reading)
        file.rewrite(reading.marks)
        return file.line_count - 1, file.aside
    finally:
        lock.release()


class JsonlDeliveries:
    """Keeps the marks of one room (room.keeping.DeliveryFile). `aside` is where the file is kept that was found damaged."""

    def __init__(self, path: Path, reading: DeliveryReading, *, disk: Disk | None = None) -> None:
        self._path = path
        self._disk = disk or RealDisk()
        self.through = reading.through
        self.line_count = reading.line_count
        self.is_sound = reading.is_sound
        self._bytes_length = reading.bytes_length
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
        """See `room.keeping.DeliveryFile`: one write and one sync. A file that is nearly full is no longer sound."""
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
        self._bytes_length += len(content)
        self.is_sound = self._bytes_length <= APPENDED_BYTES_MAX

    def rewrite(self, marks: Iterable[Mark]) -> None:
        """See `room.keeping.DeliveryFile`: the whole file is replaced. The numbers go on, so that none is given twice.

        What of it could not be read is set aside first; where the disk refuses that, nothing is written.
        """
        every = list(_lines(marks, after=self.through))
        lines = _newest(every, bytes_max=ANEW_BYTES_MAX)
        through = self.through + len(every)
        content = compact(checked({"begin": through - len(lines) + 1})) + b"\n" + b"".join(lines)
        self.is_sound = False  # until it is known to be
        try:
            self._set_aside()
            self._disk.replace(self._path, content)
        except OSError as error:
            raise storage_trouble(error, is_undone=False) from error
        self.through = through
        self.line_count = len(lines) + 1
        self._bytes_length = len(content)
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


def _newest(lines: list[bytes], *, bytes_max: int) -> list[bytes]:
    """The last of `lines`, as many as are no longer together."""
    first, length = len(lines), 0
    while first and (length := length + len(lines[first - 1])) <= bytes_max:
        first -= 1
    return lines[first:]


def _lines(marks: Iterable[Mark], *, after: int) -> Iterable[bytes]:
    for number, mark in enumerate(marks, start=after + 1):
        fields: Json = {"n": number, **mark_json(mark)}
        yield compact(checked(fields)) + b"\n"
