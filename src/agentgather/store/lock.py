"""One writer a room: the kernel's lock is the truth, the file's words are for people and for 0.1."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path

from agentgather.store.private_files import is_full, open_private, temporary_beside
from agentgather.store.processes import is_alive, started_at

__all__ = ["RoomLock", "RoomLocked", "holder_of", "is_alive"]

# A lock file of 0.1 whose pid cannot be read is somebody's for this long (contract section 4.5).
MALFORMED_SECONDS = 30.0

# A process that began this much later than a lock file was written did not write it: its pid was given out again.
# Start times are known to a clock tick, file times to the file system's.
REUSE_SECONDS = 2.0

# What a lock file says fills this much of it, always: a note in the place of another changes within one sector of a disk,
# which is written whole, and never the file's length.
NOTE_BYTES = 256

# `holder_of` holds a shared lock for an instant; one who takes the lock meanwhile looks again this often.
GLANCES_MAX = 50
GLANCE_SECONDS = 0.002


class RoomLocked(Exception):
    """Another process writes this room; `pid` is its, 0 when it cannot be told."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid} has this room open" if pid else "another process has this room open")
        self.pid = pid


class RoomLock:
    """Held from `take` to `release`, or to the end of the process, however it ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @staticmethod
    def take(path: Path, *, now: str) -> RoomLock:
        """Take the lock at `path`; `now` is written into it. A lock whose holder is gone is taken over.

        The kernel's lock dies with its holder, so a pid given out again cannot keep a room shut. A lock file of 0.1
        carries no kernel lock: there the pid decides, as for 0.1 itself. Raises RoomLocked, or OSError.
        """
        glances = 0
        while (descriptor := _make(path, now=now)) is None:
            try:
                descriptor = open_private(path, os.O_RDWR)
            except FileNotFoundError:
                continue  # released since
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still(path, descriptor):  # else its holder released it between our open and our lock
                    holder = _holder_without_kernel_lock(descriptor)
                    if holder is not None:
                        raise RoomLocked(holder)
                    _note(descriptor, now=now)
                    return RoomLock(path, os.dup(descriptor))
            except BlockingIOError:
                pid = _noted_pid(descriptor)
                glances += 1
                if glances > GLANCES_MAX or (pid and is_alive(pid)):
                    raise RoomLocked(pid) from None
                time.sleep(GLANCE_SECONDS)
            finally:
                os.close(descriptor)
        return RoomLock(path, descriptor)

    def release(self) -> None:
        """Let the room go: only our own file is taken away. Doing it again does nothing."""
        if self._descriptor < 0:
            return
        with contextlib.suppress(OSError):  # what remains carries no kernel lock: the next one takes it over
            if _is_still(self._path, self._descriptor):
                self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = -1


def holder_of(path: Path) -> int | None:
    """The pid of the living process that holds the lock at `path`, 0 when it cannot be told; None: nobody does.

    Takes nothing and waits for nobody.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _noted_pid(descriptor)
        return _holder_without_kernel_lock(descriptor)
    finally:
        os.close(descriptor)


def _make(path: Path, *, now: str) -> int | None:
    """A new lock file at `path`, from its first moment locked and with our name in it; None when there is one already.

    A file made in place would be empty for an instant, and whoever looked at it then would keep its maker out.
    """
    temporary = temporary_beside(path)
    descriptor = open_private(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _note(descriptor, now=now)
        os.link(temporary, path)
        return os.dup(descriptor)
    except (FileExistsError, FileNotFoundError):  # the latter: the holder of the lock swept our temporary file
        return None
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


def _note(descriptor: int, *, now: str) -> None:
    """Say who holds the lock, in one write over whatever was said before: no reader ever sees an empty file.

    It is on disk before a new file gets its place, or a power cut would leave an empty one there, which is somebody's
    for MALFORMED_SECONDS. A full disk does not keep a room from being opened; then nobody is named.
    """
    said = json.dumps({"pid": os.getpid(), "createdAt": now, "kernelLock": True}).encode() + b"\n"
    try:
        os.pwrite(descriptor, said.ljust(max(NOTE_BYTES, os.fstat(descriptor).st_size)), 0)
        os.utime(descriptor)
        os.fsync(descriptor)
    except OSError as error:
        if not is_full(error):
            raise


def _is_still(path: Path, descriptor: int) -> bool:
    ours = os.fstat(descriptor)
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def _noted(descriptor: int) -> dict[str, object]:
    try:
        noted = json.loads(os.pread(descriptor, 4096, 0))
    except (ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _noted_pid(descriptor: int) -> int:
    pid = _noted(descriptor).get("pid")
    return pid if type(pid) is int and 0 < pid < 2**31 else 0


def _holder_without_kernel_lock(descriptor: int) -> int | None:
    """The pid of a 0.1 process that wrote this lock file and lives (0: it cannot be told yet); None: it is free."""
    written_at = os.fstat(descriptor).st_mtime
    if _noted(descriptor).get("kernelLock"):
        return None  # one of ours, and the kernel says that its holder is gone
    pid = _noted_pid(descriptor)
    if not pid:
        return 0 if time.time() - written_at < MALFORMED_SECONDS else None
    if pid == os.getpid() or not is_alive(pid):
        return None
    began = started_at(pid)
    return None if began is not None and began > written_at + REUSE_SECONDS else pid
