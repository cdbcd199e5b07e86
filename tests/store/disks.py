"""Disks that fail: real files below, and an error where the test wants one, after what a disk had done by then."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentgather.store.disk import RealDisk

CALLS = ("read", "open", "write", "sync", "truncate", "close", "replace", "sync_directory")


class FailingDisk(RealDisk):
    """Fails the calls that `fails(number, name)` picks, counted from 1, with `error`.

    A write that fails has written half of its bytes before; a replacement that fails has happened before, if
    `replaces_first`, as when only the fsync of the directory fails. A sync that fails has synced nothing.
    """

    def __init__(
        self, fails: Callable[[int, str], bool], *, error: int = errno.EIO, replaces_first: bool = False
    ) -> None:
        self.fails = fails
        self.error = error
        self.replaces_first = replaces_first
        self.calls: list[str] = []

    def read(self, path: Path) -> bytes:
        self._count("read")
        return super().read(path)

    def open(self, path: Path) -> int:
        self._count("open")
        return super().open(path)

    def write(self, descriptor: int, content: bytes) -> int:
        self._count("write", lambda: super(FailingDisk, self).write(descriptor, content[: len(content) // 2]))
        return super().write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        self._count("sync")
        super().sync(descriptor)

    def truncate(self, descriptor: int, bytes_kept: int) -> None:
        self._count("truncate")
        super().truncate(descriptor, bytes_kept)

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        self._count("close")

    def replace(self, path: Path, content: bytes) -> None:
        self._count("replace", lambda: self.replaces_first and super(FailingDisk, self).replace(path, content))
        super().replace(path, content)

    def sync_directory(self, path: Path) -> None:
        self._count("sync_directory")
        super().sync_directory(path)

    def _count(self, name: str, before: Callable[[], Any] = lambda: None) -> None:
        self.calls.append(name)
        if self.fails(len(self.calls), name):
            before()
            raise OSError(self.error, "as the test wants it")


class ShortDisk(RealDisk):
    """Takes three bytes at a time."""

    def write(self, descriptor: int, content: bytes) -> int:
        return super().write(descriptor, content[:3])
