"""Which room a folder's agents meet in: the one named after it, and never that of another folder of the same name.

The first folder to come gets the plain name, every later one of that name gets one with letters of its path's digest. Who
got which is kept in the home, `folders/<digest>.json`: the same folder finds the same room for ever. A folder that was moved is
another folder: its agents name their room with `--room`, for nobody can tell it from a new project in an old one's place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from agentgather.room.names import RoomId, room_id
from agentgather.store.home import DocumentDamaged, Home
from agentgather.store.json_files import pretty, read_document
from agentgather.store.private_files import make_private_directory, turn_at, write_private

NAMELESS = "project"  # a folder whose name holds no letter a room's may
ROOM_CHARACTERS_MAX = 64
DIGEST_CHARACTERS = 5
NAME_CHARACTERS_MAX = ROOM_CHARACTERS_MAX - 1 - DIGEST_CHARACTERS  # leaves room for a hyphen and the digest's letters
GITDIR_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Folder:
    """A project's folder: `path` is real and absolute."""

    path: Path

    @property
    def digest(self) -> str:
        return sha256(str(self.path).encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def slug(self) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", self.path.name.lower()).strip("-")[:NAME_CHARACTERS_MAX].strip("-")
        return slug or NAMELESS


def folder_of(place: Path) -> Folder:
    """The project that `place` lies in: the top of its git checkout, of a linked worktree the main one's, else itself."""
    real = place.resolve()
    for above in (real, *real.parents):
        mark = above / ".git"
        if mark.is_dir():
            return Folder(above)
        if mark.is_file():
            return Folder(_main_checkout(mark) or above)
    return Folder(real)


def room_of(folder: Folder, home: Home) -> RoomId:
    """The room of `folder`, the same at every call; a name is settled under a lock. Raises DocumentDamaged, OSError."""
    notes = home.root / "folders"
    make_private_directory(notes)
    own = notes / f"{folder.digest[:16]}.json"
    with turn_at(notes):
        settled = _noted(own)
        if settled is not None:
            return settled
        taken = {_noted(path) for path in notes.glob("*.json")}
        name = next(one for one in _names(folder) if one not in taken)
        write_private(own, pretty({"path": str(folder.path), "roomId": name}))
        return name


def _names(folder: Folder) -> Iterator[RoomId]:
    """What its room may be called: the plain name, then with more and more of the digest, for which the name makes way.

    Another folder may be called as this one's room would be, by chance or on purpose: then that name is taken.
    """
    yield RoomId(folder.slug)
    for count in range(DIGEST_CHARACTERS, len(folder.digest) // 2):
        yield RoomId(f"{folder.slug[: ROOM_CHARACTERS_MAX - 1 - count].rstrip('-')}-{folder.digest[:count]}")


def _noted(path: Path) -> RoomId | None:
    value = read_document(path)
    if value is None:
        return None
    name = value.get("roomId") if isinstance(value, dict) else None
    if not isinstance(name, str):
        raise DocumentDamaged(path, "it names no room")
    return room_id(name)


def _main_checkout(mark: Path) -> Path | None:
    """The main checkout of a linked worktree, whose `.git` is a file that points into the main one's.

    Whoever packs a folder may write such a file: it counts where the main checkout, too, says that this is its worktree.
    """
    line = _line(mark)
    if line is None or not line.startswith("gitdir:"):
        return None
    inside = (mark.parent / line.removeprefix("gitdir:").strip()).resolve()
    if inside.parent.name != "worktrees" or inside.parent.parent.name != ".git":
        return None  # a submodule is a project of its own
    back = _line(inside / "gitdir")
    if not back or (inside / back).resolve() != mark.resolve():
        return None
    return inside.parent.parent.parent


def _line(file: Path) -> str | None:
    """The line that a small file of git's holds; None where it cannot be read."""
    try:
        with file.open("rb") as content:
            return os.fsdecode(content.read(GITDIR_BYTES_MAX)).strip()
    except OSError:
        return None
