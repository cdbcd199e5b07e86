"""The few calls a room makes on its files, so that tests can stand in a disk that fails where a real one would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from agentgather.store.private_files import open_private, sync_directory, write_private


class Disk(Protocol):
    """Every call may raise OSError."""

    def read(self, path: Path) -> bytes: ...
    def open(self, path: Path) -> int: ...
    def write(self, descriptor: int, content: bytes) -> int: ...
    def sync(self, descriptor: int) -> None: ...
    def truncate(self, descriptor: int, bytes_kept: int) -> None: ...
    def close(self, descriptor: int) -> None: ...
    def replace(self, path: Path, content: bytes) -> None: ...
    def move(self, path: Path, to: Path) -> None: ...
    def sync_directory(self, path: Path) -> None: ...


class RealDisk:
    """The operating system's."""

    def read(self, path: Path) -> bytes:
        """All of a file, past the page cache where the system allows: after a failed sync the cache may know better
        than the disk."""
        with path.open("rb") as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return file.read()

    def open(self, path: Path) -> int:
        """Open for appending; the file is made, 0600, when it is missing."""
        return open_private(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)

    def write(self, descriptor: int, content: bytes) -> int:
        """Write what the disk takes of `content`; the number of bytes it took."""
        return os.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        """fdatasync: the bytes and the length; where there is none, fsync."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def truncate(self, descriptor: int, bytes_kept: int) -> None:
        os.ftruncate(descriptor, bytes_kept)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def replace(self, path: Path, content: bytes) -> None:
        write_private(path, content)

    def move(self, path: Path, to: Path) -> None:
        """Give a file, of which nothing need be readable, another name in its directory."""
        path.rename(to)
        sync_directory(to.parent)

    def sync_directory(self, path: Path) -> None:
        sync_directory(path)
