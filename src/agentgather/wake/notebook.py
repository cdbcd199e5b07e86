"""What is remembered of waking one participant, in its home: a small document, replaced whole, and held by one process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home
from agentgather.store.json_files import pretty, read_document
from agentgather.store.private_files import make_private_directory, open_private, write_private

VERSION = 1


class AlreadyWaking(Exception):
    """Another process wakes this participant. Two of them would wake it twice."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid} wakes it already" if pid else "another process wakes it already")
        self.pid = pid


class Notebook:
    """The document of `alias` in `room`, 0600. Never a token, never a word of the room's."""

    def __init__(self, home: Home, room: RoomId, alias: Alias, *, of: str | None = None) -> None:
        name = alias if of is None else f"{alias}.{of}"  # no alias holds a dot
        self.path = home.room_directory(room) / "wakes" / f"{name}.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the one process that wakes this participant from this home. Raises AlreadyWaking."""
        make_private_directory(self.path.parent)
        descriptor = open_private(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyWaking(_pid(os.pread(descriptor, 16, 0))) from None
            os.pwrite(descriptor, str(os.getpid()).encode().ljust(16), 0)
            yield
        finally:
            os.close(descriptor)

    def holder(self) -> int | None:
        """The pid of the process that wakes this participant, 0 when it cannot be told; None: nobody does."""
        try:
            descriptor = open_private(self.path.with_suffix(".lock"), os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid(os.pread(descriptor, 16, 0))
        finally:
            os.close(descriptor)
        return None

    def read(self) -> dict[str, Any] | None:
        """What was kept last, None when nothing was. Raises DocumentDamaged."""
        kept = read_document(self.path)
        return kept if isinstance(kept, dict) and kept.get("version") == VERSION else None

    def keep(self, plan: dict[str, Any], *, via: str) -> None:
        """Replace it, durably: a wake that is handed over after this is not handed over again. Raises OSError."""
        write_private(self.path, pretty({"version": VERSION, "via": via, "plan": plan}))


def _pid(noted: bytes) -> int:
    text = noted.decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0
