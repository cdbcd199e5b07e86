"""The disk of a machine: what is durable, and what was asked of it since and may or may not have become so.

A file is what its bytes were at its last fsync, and the writes and truncations since. A directory is what its names were
at its last fsync, and the changes since: each happens whole or not at all, and in any subset. A rename counts with the
directory it leads to. That is less than any file system in use promises: none of them has been seen to lose more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

BEFORE = -1  # when something was asked for that an earlier trace tells of


@dataclass(eq=False, slots=True)
class File:
    """`versions` are its bytes after each write or truncation since the last fsync, `asked` when each was asked for."""

    durable: bytes = b""
    versions: list[bytes] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    @property
    def cached(self) -> bytes:
        return self.versions[-1] if self.versions else self.durable

    def change(self, content: bytes, *, at: int) -> None:
        self.versions.append(content)
        self.asked.append(at)

    def sync(self, *, before: int) -> None:
        """Everything that was asked for `before` is durable."""
        count = sum(at < before for at in self.asked)
        if count:
            self.durable = self.versions[count - 1]
            del self.versions[:count], self.asked[:count]


@dataclass(eq=False, slots=True)
class Directory:
    durable: dict[str, Node] = field(default_factory=dict)
    cached: dict[str, Node] = field(default_factory=dict)


Node = File | Directory
Place = tuple[Directory, str]


@dataclass(eq=False, slots=True)
class Change:
    """One change of names: what each place holds after it (None: nothing). Durable once `directory` is synced."""

    directory: Directory
    edits: dict[Place, Node | None]
    at: int


class Machine:
    """Everything below one directory, which is there."""

    def __init__(self, content: Mapping[str, bytes | None] | None = None) -> None:
        """`content`: what is durable at first; a directory is None, and comes before what is in it."""
        self.root = Directory()
        self.pending: list[Change] = []
        for path, bytes_there in (content or {}).items():
            directory, name = self.place(path)
            node: Node = Directory() if bytes_there is None else File(bytes_there)
            directory.durable[name] = directory.cached[name] = node

    def begin(self) -> None:
        """Another trace begins: all that was asked for so far was asked for before it."""
        for change in self.pending:
            change.at = BEFORE
        for file in self.files():
            file.asked = [BEFORE] * len(file.asked)

    def files(self) -> list[File]:
        """Every file that is there, or may be after the power went."""
        found: dict[File, None] = {}
        seen: set[Directory] = set()
        todo: list[Node] = [self.root]
        todo += [node for change in self.pending for node in change.edits.values() if node is not None]
        while todo:
            node = todo.pop()
            if isinstance(node, File):
                found[node] = None
            elif node not in seen:
                seen.add(node)
                todo += [*node.durable.values(), *node.cached.values()]
        return list(found)

    def place(self, path: str) -> Place:
        """The directory that `path` (relative to the root) is in, and its name there. Raises KeyError."""
        *parents, name = PurePosixPath(path).parts
        directory = self.root
        for parent in parents:
            below = directory.cached[parent]
            assert isinstance(below, Directory), path
            directory = below
        return directory, name

    def node(self, path: str) -> Node:
        """What is at `path`, as the running machine sees it. Raises KeyError."""
        if path == ".":
            return self.root
        directory, name = self.place(path)
        return directory.cached[name]

    def has(self, path: str) -> bool:
        directory, name = self.place(path)
        return name in directory.cached

    def change(self, directory: Directory, edits: Mapping[Place, Node | None], *, at: int) -> None:
        for (where, name), node in edits.items():
            where.cached.pop(name, None)
            if node is not None:
                where.cached[name] = node
        self.pending.append(Change(directory, dict(edits), at))

    def sync(self, node: Node, *, before: int) -> None:
        """An fsync that began at `before` is done."""
        if isinstance(node, File):
            node.sync(before=before)
            return
        still: list[Change] = []
        for change in self.pending:
            if change.directory is not node or change.at >= before:
                still.append(change)
                continue
            for place, there in change.edits.items():
                for older in still:
                    older.edits.pop(place, None)  # overtaken
                place[0].durable.pop(place[1], None)
                if there is not None:
                    place[0].durable[place[1]] = there
        self.pending = [change for change in still if change.edits]
