"""Disks that fail: real files below, and an error where the test wants one, after what a disk had done by then."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentgather.store.disk import Disk, RealDisk

CALLS = ("read", "open", "write", "sync", "truncate", "close", "replace", "sync_directory")


class FailingDisk:
    """Fails the calls that `fails(number, name)` picks, counted from 1, with `error`.

    A write that fails has written half of its bytes before; a replacement that fails has happened before, if
    `replaces_first`, as when only the fsync of the directory fails. A sync that fails has synced nothing.
    """

    def __init__(
        self,
        fails: Callable[[int, str], bool],
        *,
        error: int = errno.EIO,
        replaces_first: bool = False,
        under: Disk | None = None,
    ) -> None:
        self.fails = fails
        self.error = error
        self.replaces_first = replaces_first
        self.calls: list[str] = []
        self._under = under or RealDisk()

    def read(self, path: Path) -> bytes:
        self._count("read")
        return self._under.read(path)

    def open(self, path: Path) -> int:
        self._count("open")
        return self._under.open(path)

    def write(self, descriptor: int, content: bytes) -> int:
        self._count("write", lambda: self._under.write(descriptor, content[: len(content) // 2]))
        return self._under.write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        self._count("sync")
        self._under.sync(descriptor)

    def truncate(self, descriptor: int, bytes_kept: int) -> None:
        self._count("truncate")
        self._under.truncate(descriptor, bytes_kept)

    def close(self, descriptor: int) -> None:
        self._under.close(descriptor)
        self._count("close")

    def replace(self, path: Path, content: bytes) -> None:
        self._count("replace", lambda: self.replaces_first and self._under.replace(path, content))
        self._under.replace(path, content)

    def move(self, path: Path, to: Path) -> None:
        self._count("move")
        self._under.move(path, to)

    def sync_directory(self, path: Path) -> None:
        self._count("sync_directory")
        self._under.sync_directory(path)

    def _count(self, name: str, before: Callable[[], Any] = lambda: None) -> None:
        self.calls.append(name)
        if self.fails(len(self.calls), name):
            before()
            raise OSError(self.error, "as the test wants it")


class ShortDisk(RealDisk):
    """Takes three bytes at a time."""

    def write(self, descriptor: int, content: bytes) -> int:
        return super().write(descriptor, content[:3])


@dataclass
class Step:
    """One thing that a disk was made to do: `write` and `truncate` change what is cached, `sync` and `sync_directory`
    make that durable, `rename` puts a synced file in a place."""

    name: str
    path: Path
    content: bytes = b""
    bytes_kept: int = 0


@dataclass
class RecordingDisk(RealDisk):
    """A real disk that remembers every step, in order. `steps` takes marks of the test in between."""

    steps: list[Any] = field(default_factory=list)
    paths: dict[int, Path] = field(default_factory=dict)

    def open(self, path: Path) -> int:
        descriptor = super().open(path)
        self.paths[descriptor] = path
        return descriptor

    def write(self, descriptor: int, content: bytes) -> int:
        taken = super().write(descriptor, content)
        self.steps.append(Step("write", self.paths[descriptor], content[:taken]))
        return taken

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        self.steps.append(Step("sync", self.paths[descriptor]))

    def truncate(self, descriptor: int, bytes_kept: int) -> None:
        super().truncate(descriptor, bytes_kept)
        self.steps.append(Step("truncate", self.paths[descriptor], bytes_kept=bytes_kept))

    def replace(self, path: Path, content: bytes) -> None:
        super().replace(path, content)
        self.steps += [Step("rename", path, content), Step("sync_directory", path.parent)]

    def sync_directory(self, path: Path) -> None:
        super().sync_directory(path)
        self.steps.append(Step("sync_directory", path))
