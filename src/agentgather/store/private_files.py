"""Files that only their owner may read, replaced whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentgather.room.refusals import Refusal, StorageFailed, StorageFull

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TEMPORARY = ".tmp"


def is_full(error: OSError) -> bool:
    """Whether a disk call failed because there is no room (on the disk, in the quota, or in one file)."""
    return error.errno in _FULL


def storage_trouble(error: OSError, *, is_undone: bool = True) -> Refusal:
    """What a failed disk call means to whoever wanted something recorded. Tells no path.

    `is_undone`: nothing of it can come back; otherwise a crash may leave it recorded, and that is said.
    """
    name = errno.errorcode.get(error.errno or 0, "an error")
    trouble, what = (StorageFull, "is full") if is_full(error) else (StorageFailed, f"answered {name}")
    if is_undone:
        return trouble(f"the host's disk {what}; nothing was recorded. Tell the host, and try again later")
    return trouble(
        f"the host's disk {what}, and a restart may find recorded what you sent. Tell the host, and try again later, a message "
        "with its client_msg_id"
    )


def make_private_directory(path: Path) -> None:
    """Make `path` and what is missing above it, durably, each 0700 whatever the umask. What exists keeps its mode."""
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        with contextlib.suppress(FileExistsError):
            missing.mkdir(mode=DIRECTORY_MODE)
            missing.chmod(DIRECTORY_MODE)
            sync_directory(missing.parent)


def write_private(path: Path, content: bytes, *, mode: int = FILE_MODE) -> None:
    """Replace `path` by `content`: after a crash it holds the old bytes or the new, never a mixture. Raises OSError.

    Temp file, fsync, rename, fsync of the directory; 0600 from its creation, and `mode` once it is whole.
    """
    temporary = temporary_beside(path)
    descriptor = open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        try:
            write_all(descriptor, content)
            if mode != FILE_MODE:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(path.parent)


def temporary_beside(path: Path) -> Path:
    """A name in the directory of `path` that nobody else uses and that `sweep_temporaries` knows."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{_TEMPORARY}")


def sweep_temporaries(directory: Path) -> None:
    """Take away what writers that were killed left in `directory`. Only for whoever is its one writer."""
    for leftover in directory.glob(f".*{_TEMPORARY}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def open_private(path: Path, flags: int) -> int:
    """Open `path`, 0600 when it is created, whatever the umask; links are not followed."""
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    if flags & os.O_CREAT:
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`; a disk may take it in pieces."""
    rest = memoryview(content)
    while rest:
        taken = os.write(descriptor, rest)
        if taken == 0:
            raise OSError(errno.EIO, "the disk takes nothing")
        rest = rest[taken:]


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable: a rename without it may be undone by a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def turn_at(directory: Path) -> Iterator[None]:
    """Hold `directory` against every other process that asks for its turn there; waits for it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
