"""From system calls to what they do to a machine's disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from proofs.power_loss.machine import Directory, File, Machine, Node, Place
from proofs.power_loss.tracing import Call


@dataclass(slots=True)
class Opened:
    """A descriptor: what it is open on, and where its next write goes (None: to the end)."""

    node: Node
    path: str
    offset: int | None = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something the traced program said, in its place among what it did."""

    said: dict[str, Any]


class Follower:
    """Does to `machine` what a traced program did below `root`. `marks` is the file it writes its marks to."""

    def __init__(self, machine: Machine, *, root: Path, marks: Path) -> None:
        machine.begin()
        self.machine = machine
        self.root = PurePosixPath(root)
        self._marks = str(marks)
        self._descriptors: dict[int, Opened | None] = {}
        self._opened_at: dict[int, int] = {}

    def watch(self, machine: Machine, *, root: Path) -> None:
        """From here on, follow what is done below another root."""
        self.machine = machine
        self.root = PurePosixPath(root)
        self._descriptors = {number: one for number, one in self._descriptors.items() if one and one.path == "marks"}

    def follow(self, calls: Iterable[Call]) -> Iterator[Call | Mark]:
        """Yields each call that changed something, or made it durable, after it did so; and each mark."""
        for call in calls:
            mark = self._take(call)
            if mark is not None:
                yield mark

    def _take(self, call: Call) -> Call | Mark | None:
        take = getattr(self, f"_{call.name}", None)
        if take is None:
            if self._concerns(call):
                raise NotImplementedError(f"{call.name} on {self.root}")
            return None
        done: Mark | bool | None = take(call, *call.arguments)
        return done if isinstance(done, Mark) else call if done else None

    def _concerns(self, call: Call) -> bool:
        """Whether a call that is not followed touches what is."""
        if call.name in ("sync", "syncfs", "msync"):
            return False  # makes more durable than is asked for here
        first = call.arguments[0]
        if isinstance(first, bytes):
            return self._relative(first) is not None
        return first.isdigit() and self._descriptors.get(int(first)) is not None

    # names

    def _relative(self, path: bytes, at: str = "AT_FDCWD") -> str | None:
        """`path` as seen from the root; None outside of it."""
        text = os.path.normpath(os.fsdecode(path))
        if not text.startswith("/"):
            opened = self._descriptors.get(int(at)) if at != "AT_FDCWD" else None
            return None if opened is None else os.path.normpath(f"{opened.path}/{text}")
        if text == str(self.root):
            return "."
        return text[len(str(self.root)) + 1 :] if text.startswith(f"{self.root}/") else None

    def _take_open(self, call: Call, path: str | None, flags: str) -> bool:
        self._opened_at[call.result] = call.ended
        if path is None:
            self._descriptors[call.result] = None
            return False
        is_new = path != "." and not self.machine.has(path)
        if is_new:
            place = self.machine.place(path)
            self.machine.change(place[0], {place: File()}, at=call.ended)
        node = self.machine.node(path)
        self._descriptors[call.result] = Opened(node, path, None if "O_APPEND" in flags else 0)
        if "O_TRUNC" in flags and isinstance(node, File) and node.cached:
            node.change(b"", at=call.ended)
            return True
        return is_new

    def _opened(self, call: Call, at: str, path: bytes, flags: str) -> bool:
        if os.fsdecode(path) == self._marks:
            self._opened_at[call.result] = call.ended
            self._descriptors[call.result] = Opened(File(), "marks")
            return False
        return self._take_open(call, self._relative(path, at), flags)

    def _openat(self, call: Call, at: str, path: bytes, flags: str, *_: str) -> bool:
        return self._opened(call, at, path, flags)

    def _open(self, call: Call, path: bytes, flags: str, *_: str) -> bool:
        return self._opened(call, "AT_FDCWD", path, flags)

    def _rename(self, call: Call, source: bytes, target: bytes) -> bool:
        return self._move(call, self._relative(source), self._relative(target))

    def _renameat(self, call: Call, at: str, source: bytes, to: str, target: bytes, *_: str) -> bool:
        return self._move(call, self._relative(source, at), self._relative(target, to))

    _renameat2 = _renameat

    def _move(self, call: Call, source: str | None, target: str | None) -> bool:
        if source is None or target is None:
            assert source is target, "a rename into or out of what is watched"
            return False
        here, there = self.machine.place(source), self.machine.place(target)
        self.machine.change(there[0], {here: None, there: self.machine.node(source)}, at=call.ended)
        return True

    def _link(self, call: Call, source: bytes, target: bytes) -> bool:
        return self._name(call, self._relative(target), source)

    def _linkat(self, call: Call, at: str, source: bytes, to: str, target: bytes, *_: str) -> bool:
        return self._name(call, self._relative(target, to), source)

    def _name(self, call: Call, target: str | None, source: bytes) -> bool:
        if target is None:
            return False
        known = self._relative(source)
        assert known is not None
        place = self.machine.place(target)
        self.machine.change(place[0], {place: self.machine.node(known)}, at=call.ended)
        return True

    def _mkdir(self, call: Call, path: bytes, *_: str) -> bool:
        return self._put(call, self._relative(path), Directory())

    def _mkdirat(self, call: Call, at: str, path: bytes, *_: str) -> bool:
        return self._put(call, self._relative(path, at), Directory())

    def _unlink(self, call: Call, path: bytes) -> bool:
        return self._put(call, self._relative(path), None)

    _rmdir = _unlink

    def _unlinkat(self, call: Call, at: str, path: bytes, *_: str) -> bool:
        return self._put(call, self._relative(path, at), None)

    def _put(self, call: Call, path: str | None, node: Node | None) -> bool:
        if path is None:
            return False
        place: Place = self.machine.place(path)
        self.machine.change(place[0], {place: node}, at=call.ended)
        return True

    # bytes

    def _write(self, call: Call, descriptor: str, content: bytes, *_: str) -> Mark | bool:
        opened = self._descriptors.get(int(descriptor))
        if opened is None:
            return False
        if opened.path == "marks":
            return Mark(json.loads(content))
        assert isinstance(opened.node, File)
        end = len(opened.node.cached)
        offset = end if opened.offset is None else opened.offset
        self._written(call, opened.node, content[: call.result], offset=offset)
        if opened.offset is not None:
            opened.offset += call.result
        return True

    def _pwrite64(self, call: Call, descriptor: str, content: bytes, _: str, offset: str) -> bool:
        opened = self._descriptors.get(int(descriptor))
        if opened is None:
            return False
        assert isinstance(opened.node, File)
        self._written(call, opened.node, content[: call.result], offset=int(offset))
        return True

    def _written(self, call: Call, file: File, content: bytes, *, offset: int) -> None:
        before = file.cached.ljust(offset, b"\0")
        file.change(before[:offset] + content + before[offset + len(content) :], at=call.ended)

    def _ftruncate(self, call: Call, descriptor: str, length: str) -> bool:
        opened = self._descriptors.get(int(descriptor))
        if opened is None:
            return False
        assert isinstance(opened.node, File)
        opened.node.change(opened.node.cached[: int(length)].ljust(int(length), b"\0"), at=call.ended)
        return True

    def _lseek(self, call: Call, descriptor: str, *_: str) -> bool:
        opened = self._descriptors.get(int(descriptor))
        if opened is not None and opened.offset is not None:
            opened.offset = call.result
        return False

    def _fsync(self, call: Call, descriptor: str) -> bool:
        opened = self._descriptors.get(int(descriptor))
        if opened is None:
            return False
        self.machine.sync(opened.node, before=call.began)
        return True

    _fdatasync = _fsync

    # descriptors

    def _close(self, call: Call, descriptor: str) -> bool:
        if self._opened_at.get(int(descriptor), -1) < call.began:  # else it was given out again meanwhile
            self._descriptors.pop(int(descriptor), None)
        return False

    def _dup(self, call: Call, descriptor: str, *_: str) -> bool:
        self._opened_at[call.result] = call.ended
        self._descriptors[call.result] = self._descriptors.get(int(descriptor))
        return False

    _dup2 = _dup3 = _dup

    def _fcntl(self, call: Call, descriptor: str, command: str, *_: str) -> bool:
        return self._dup(call, descriptor) if command.startswith("F_DUPFD") else False
