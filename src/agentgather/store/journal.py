"""The append-only log of a room: one write and one fdatasync for all who wait, acknowledged only afterwards."""

from __future__ import annotations

import contextlib
import errno
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agentgather.api.proof import with_proof
from agentgather.api.record_json import compact, record_json
from agentgather.api.seal import seal, sealed_line
from agentgather.room.keeping import Kept
from agentgather.room.message import Message
from agentgather.room.names import MessageId, RoomId
from agentgather.room.refusals import Refusal, StorageFailed
from agentgather.store.acknowledged import Acknowledged
from agentgather.store.disk import Disk, RealDisk
from agentgather.store.log_file import LogReading, read_log
from agentgather.store.private_files import storage_trouble
from agentgather.store.scrubbing import scrubbed_log

SALT_BYTES = 16  # 128 bits: nobody finds a scrubbed text by trying

_CHANGED = (
    "the room's log on the host's disk is not what was recorded; nothing more is recorded. The host should run "
    "'agentgather doctor'"
)


def new_salt(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    return urlsafe_b64encode(random_bytes(SALT_BYTES)).rstrip(b"=").decode()


def sealed(
    records: Sequence[Message], *, head: str, random_bytes: Callable[[int], bytes] = secrets.token_bytes
) -> tuple[list[Kept], str]:
    """Seal `records` after the chain value `head`; also the chain value after them."""
    kept: list[Kept] = []
    for record in records:
        written = record_json(record)
        mark = seal(written, previous=head, salt=new_salt(random_bytes))
        public = with_proof(compact(written), record, written, mark)
        kept.append(Kept(record, public, sealed_line(written, mark)))
        head = mark.chain
    return kept, head


class JsonlJournal:
    """`messages.jsonl`, kept open (room.keeping.Journal). Made by `open` or `resume`.

    After any failure nothing is acknowledged until the file was opened anew and every acknowledged byte was found
    unchanged; what was refused is cut off before its author hears so. `_known` holds what the file may say then: two
    things after a replacement that may or may not have happened, one otherwise.
    """

    def __init__(
        self, path: Path, reading: LogReading, *, disk: Disk, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._path = path
        self._disk = disk
        self._random_bytes = random_bytes
        self._head = reading.head
        self._known: tuple[Acknowledged, ...] = (reading.whole.copy(),)
        self._torn = reading.torn
        self._above: Sequence[Path] = ()
        self._descriptor = -1
        self._is_well = False
        self._is_closed = False

    @staticmethod
    def open(path: Path, *, room: RoomId, disk: Disk | None = None) -> tuple[JsonlJournal, LogReading, list[str]]:
        """The journal of the log at `path`, what it says and notes. Raises LogDamaged (nothing is changed), OSError."""
        reading = read_log(path, room=room)
        journal, notes = JsonlJournal.resume(path, reading, disk=disk)
        return journal, reading, notes

    @staticmethod
    def resume(
        path: Path,
        reading: LogReading,
        *,
        disk: Disk | None = None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        above: Sequence[Path] = (),
    ) -> tuple[JsonlJournal, list[str]]:
        """The journal of a log just read, and notes. A torn end is kept beside the log, then cut off. `above` are the
        directories that lead to the log's own.

        When the disk refuses that, the journal opens all the same, so that the room can be read; the next append tries
        again.
        """
        journal = JsonlJournal(path, reading, disk=disk or RealDisk(), random_bytes=random_bytes)
        journal._above = above
        notes = []
        if journal._torn:
            torn = f"{len(journal._torn)} bytes, never acknowledged"
            notes.append(f"the log's end was torn, as a crash leaves it; it is cut off, and kept beside it ({torn})")
        try:
            journal._begin(is_cut=not journal._torn)
        except Refusal as trouble:
            notes.append(f"the log cannot be written yet: {trouble.message}")
        return journal, notes

    def append(self, records: Sequence[Message]) -> list[Kept]:
        """See `room.keeping.Journal`. The cost does not depend on how long the log is."""
        self.recover()
        acknowledged = self._known[0]
        kept, head = sealed(records, head=self._head, random_bytes=self._random_bytes)
        content = b"".join([b"\n" if acknowledged.lacks_newline else b"", *(one.line for one in kept)])
        self._is_well = False
        try:
            self._write_all(content)
            self._disk.sync(self._descriptor)
        except OSError as error:
            raise storage_trouble(error, is_undone=self._is_undone()) from error
        acknowledged.grow(content)
        self._head = head
        self._is_well = True
        return kept

    def recover(self) -> None:
        """See `room.keeping.Journal`: open anew, verify every acknowledged byte, cut off what is beyond them."""
        if self._is_closed:
            raise RuntimeError("the journal is closed")
        if not self._is_well:
            self._let_go()
            self._verified()
            self._begin(is_cut=False)

    def scrub(self, message_id: MessageId) -> Kept:
        """See `room.keeping.Journal`: the whole file is replaced, so that a crash leaves the old log or the new one."""
        self.recover()
        content = self._verified()
        scrubbed, kept = scrubbed_log(content, message_id)
        if scrubbed != content:
            self._is_well = False
            self._known = (*self._known, Acknowledged.of(scrubbed))
            try:
                self._disk.replace(self._path, scrubbed)
            except OSError as error:
                raise storage_trouble(error) from error
            self.recover()
        return kept

    def close(self) -> None:
        """Let the file go. Nothing is written by this journal any more."""
        self._is_closed = True
        self._let_go()

    def _is_undone(self) -> bool:
        """Cut off what a failed write left: a crash must not bring back what was refused. Whether that is certain."""
        try:
            self.recover()
        except Refusal:
            return False
        return True

    def _begin(self, *, is_cut: bool) -> None:
        """Hold the file open, with all that it says durable; unless it `is_cut` already, cut off what is beyond that.

        Raises StorageFull or StorageFailed.
        """
        try:
            if self._torn:
                stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
                self._disk.replace(self._path.with_name(f"{self._path.name}.torn-{stamp}"), self._torn)
                self._torn = b""
            self._descriptor = self._disk.open(self._path)
            if not is_cut:
                self._disk.truncate(self._descriptor, self._known[0].length_bytes)
            # Also what was only read: a writer that was killed before it synced left it in the cache, and from now on it
            # is told to everybody.
            self._disk.sync(self._descriptor)
            self._disk.sync_directory(self._path.parent)
            for directory in self._above:  # and whoever made the room may have been killed before they synced these
                with contextlib.suppress(PermissionError):  # one that we may not read was there before us
                    self._disk.sync_directory(directory)
        except OSError as error:
            raise storage_trouble(error) from error
        self._is_well = True

    def _verified(self) -> bytes:
        """The acknowledged bytes as the disk has them. Raises StorageFailed when they are not there."""
        try:
            content = self._disk.read(self._path)
        except FileNotFoundError:
            content = b""
        except OSError as error:
            raise storage_trouble(error) from error
        for acknowledged in self._known:
            if acknowledged.begins(content):
                self._known = (acknowledged,)
                return content[: acknowledged.length_bytes]
        raise StorageFailed(_CHANGED)

    def _write_all(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            taken = self._disk.write(self._descriptor, bytes(rest))
            if taken <= 0:
                raise OSError(errno.EIO, "the disk takes nothing")
            rest = rest[taken:]

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                self._disk.close(descriptor)
