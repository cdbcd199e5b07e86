"""Who else may read a home: doctor tells, and nothing here changes a directory that was there before us."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentgather.store.home import Home

_OTHERS_ANY = 0o077
_OTHERS_WRITE = 0o022  # the settings hold no secret, but whoever writes them decides who may connect


@dataclass(frozen=True, slots=True)
class WideMode:
    """A path that others than its owner may use. `mode` holds its permission bits, `advised` better ones."""

    path: Path
    mode: int
    advised: int


def wide_modes(home: Home) -> Iterator[WideMode]:
    """Every path of `home` that lets others in, itself first. Links are looked at, never followed."""
    yield from _judged(home.root, forbidden=_OTHERS_ANY)
    yield from _judged(home.settings_file, forbidden=_OTHERS_WRITE)
    yield from _judged(home.current_file, forbidden=_OTHERS_ANY)
    for directory in (home.seats_directory, home.rooms_directory):
        yield from _judged(directory, forbidden=_OTHERS_ANY)
        if directory.is_dir() and not directory.is_symlink():
            for path in sorted(directory.rglob("*")):
                yield from _judged(path, forbidden=_OTHERS_ANY)


def _judged(path: Path, *, forbidden: int) -> Iterator[WideMode]:
    try:
        status = path.lstat()
    except OSError:
        return
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISLNK(status.st_mode) and mode & forbidden:
        yield WideMode(path, mode, mode & ~forbidden)
