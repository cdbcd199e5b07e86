"""The append-only log of a room: one write and one fdatasync for all who wait, acknowledged only afterwards."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from agentgather.api.record_json import compact, record_json
from agentgather.api.seal import seal, sealed_line
from agentgather.room.keeping import Kept
from agentgather.room.message import Message
from agentgather.room.names import MessageId, RoomId
from agentgather.room.refusals import StorageFailed
from agentgather.store.disk import Disk, RealDisk
from agentgather.store.log_file import LogDamaged, LogReading, read_log
from agentgather.store.private_files import storage_trouble
from agentgather.store.scrubbing import scrubbed_log

SALT_BYTES = 16


def sealed(records: Sequence[Message], *, head: str) -> tuple[list[Kept], str]:
    """Seal `records` after the chain value `head`; also the chain value after them."""
    kept: list[Kept] = []
    for record in records:
        written = record_json(record)
        mark = seal(written, previous=head, salt=secrets.token_urlsafe(SALT_BYTES))
        kept.append(Kept(record, compact(written), sealed_line(written, mark)))
        head = mark.chain
    return kept, head


class JsonlJournal:
    """`messages.jsonl`, kept open. What is acknowledged is exactly the first `_bytes` bytes, whose hash is `_hash`.

    After any failure nothing is acknowledged until the file was opened anew and those bytes were found unchanged.
    """

    def __init__(self, path: Path, reading: LogReading, *, room: RoomId, disk: Disk) -> None:
        self._path = path
        self._room = room
        self._disk = disk
        self._head = reading.head
        self._bytes = reading.whole_bytes
        self._hash = sha256(path.read_bytes()[: self._bytes]) if path.exists() else sha256()
        self._lacks_newline = reading.lacks_newline
        self._descriptor = disk.open(path)
        self._is_well = True

    @staticmethod
    def open(path: Path, *, room: RoomId, disk: Disk | None = None) -> tuple[JsonlJournal, LogReading, list[str]]:
        """Open the log at `path`, cutting off a torn end, which is kept beside it. Also what it says, and notes.

        Raises LogDamaged when it is damaged anywhere else (then nothing is changed), StorageFull or StorageFailed.
        """
        disk = disk or RealDisk()
        notes = []
        try:
            reading = read_log(path, room=room)
            if reading.torn:
                stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
                beside = path.with_name(f"{path.name}.torn-{stamp}")
                disk.replace(beside, reading.torn)
                _cut(path, reading.whole_bytes, disk)
                notes.append(f"the log's end was torn, as a crash leaves it; {len(reading.torn)} bytes are in {beside.name}")
            return JsonlJournal(path, reading, room=room, disk=disk), reading, notes
        except OSError as error:
            raise storage_trouble(error) from error

    def append(self, records: Sequence[Message]) -> list[Kept]:
        """See `room.keeping.Journal`. The cost does not depend on how long the log is."""
        self.recover()
        kept, head = sealed(records, head=self._head)
        content = b"".join([one.line for one in kept])
        if self._lacks_newline:
            content = b"\n" + content
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self._disk.write(self._descriptor, bytes(rest)) :]
            self._disk.sync(self._descriptor)
        except OSError as error:
            self._is_well = False
            raise storage_trouble(error) from error
        self._head = head
        self._bytes += len(content)
        self._hash.update(content)
        self._lacks_newline = False
        return kept

    def recover(self) -> None:
        """See `room.keeping.Journal`: open anew, verify every acknowledged byte, cut off what is beyond them."""
        if self._is_well:
            return
        try:
            with contextlib.suppress(OSError):
                self._disk.close(self._descriptor)
            self._descriptor = -1
            self._verify()
            _cut(self._path, self._bytes, self._disk)
            self._descriptor = self._disk.open(self._path)
        except OSError as error:
            raise storage_trouble(error) from error
        self._is_well = True

    def scrub(self, message_id: MessageId) -> Kept:
        """See `room.keeping.Journal`: the whole file is replaced, so that a crash leaves the old log or the new one."""
        self.recover()
        try:
            content, kept = scrubbed_log(self._path.read_bytes(), message_id)
            self._is_well = False  # until the new file is open
            self._disk.replace(self._path, content)
            self._bytes, self._hash = len(content), sha256(content)
            self._lacks_newline = not content.endswith(b"\n")
        except OSError as error:
            raise storage_trouble(error) from error
        self.recover()
        return kept

    def close(self) -> None:
        if self._descriptor >= 0:
            self._disk.close(self._descriptor)
            self._descriptor = -1

    def _verify(self) -> None:
        try:
            content = self._path.read_bytes()[: self._bytes]
        except FileNotFoundError:
            content = b""
        if len(content) != self._bytes or sha256(content).digest() != self._hash.digest():
            raise StorageFailed(
                "the room's log on the host's disk is not what was recorded; nothing more is recorded. The host should "
                "run 'agentgather doctor'"
            )


def _cut(path: Path, bytes_kept: int, disk: Disk) -> None:
    """Cut a file to its first `bytes_kept` bytes, durably."""
    descriptor = disk.open(path)
    try:
        disk.truncate(descriptor, bytes_kept)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    disk.sync_directory(path.parent)


__all__ = ["JsonlJournal", "LogDamaged", "sealed"]
