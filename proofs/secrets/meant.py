"""The files that are meant to hold secrets, and those of them that have to be their owner's alone. There are no others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from proofs.secrets.shape import found

# A path below any folder, and whose it is.
OURS = {
    "seats/*@*.json": "the seats held from a home",
    "current-room.json": "the seat that is used",
    "agents/*@*/card.md": "the card of an agent that is run from a home",
    "host.key": "the key by which brokers know a home",
    ".agentgather-*-*.header": "what a card lets an agent keep",
}
FILE_BYTES_MAX = 512 * 1024**2


@dataclass(frozen=True)
class Leak:
    """A secret where none belongs. `what` does not say it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def is_meant(path: Path, also: Iterable[str] = ()) -> bool:
    """Whether the file at `path` is for secrets: one of ours, or one of a caller's own."""
    return any(fnmatch(path.as_posix(), f"*/{pattern}") for pattern in (*OURS, *also))


def leaks_below(folder: Path, *, also: Iterable[str] = ()) -> Iterator[Leak]:
    """Whatever file below `folder` holds a secret that it is not for."""
    for path in files_below(folder):
        if not is_meant(path, also) and (secrets := found(content_of(path))):
            yield Leak(str(path.relative_to(folder)), what_of(secrets))


def open_to_others(folder: Path) -> Iterator[Leak]:
    """The files below `folder` that anybody but their owner may open, whatever is in them."""
    for path in files_below(folder):
        if mode := stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Leak(str(path.relative_to(folder)), f"others may open it: {mode:o}")


def files_below(folder: Path) -> Iterator[Path]:
    """The files there, links left out."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                yield path


def content_of(path: Path) -> bytes:
    """What a file holds, nothing of one that has gone or may not be read."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError:
        return b""


def what_of(secrets: set[bytes]) -> str:
    """What was found, without saying it: kinds and the beginnings of them."""
    return ", ".join(sorted({secret[:9].decode() + "…" for secret in secrets}))
