"""One writer a room: the kernel's lock is the truth, the file's words are for people and for 0.1."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

from agentgather.store.private_files import open_private

# A lock file of 0.1 whose pid cannot be read is somebody's for this long (contract section 4.5).
MALFORMED_SECONDS = 30.0

# `holder_of` holds a shared lock for an instant; one who takes the lock meanwhile looks again this often.
GLANCES_MAX = 5
GLANCE_SECONDS = 0.02


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
        """Take the lock at `path`. Raises RoomLocked. A lock whose holder is gone is taken over.

        The kernel's lock dies with its holder, so pid reuse cannot keep a room shut. A lock file of 0.1 carries no
        kernel lock: there the pid decides, as 0.1 itself does.
        """
        glances = 0
        while True:
            descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = _noted_pid(descriptor)
                os.close(descriptor)
                glances += 1
                if glances <= GLANCES_MAX and not (pid and is_alive(pid)):
                    time.sleep(GLANCE_SECONDS)
                    continue
                raise RoomLocked(pid) from None
            if not _is_still(path, descriptor):  # its holder released it between our open and our lock
                os.close(descriptor)
                continue
            holder = _holder_without_kernel_lock(descriptor)
            if holder is not None:
                os.close(descriptor)
                raise RoomLocked(holder)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "createdAt": now, "kernelLock": True}).encode(), 0)
            return RoomLock(path, descriptor)

    def release(self) -> None:
        """Let the room go: only our own file is taken away."""
        if self._descriptor < 0:
            return
        if _is_still(self._path, self._descriptor):
            self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = -1


def holder_of(path: Path) -> int | None:
    """The pid of the living process that holds the lock at `path`; None when nobody does. Takes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _noted_pid(descriptor)
        return _holder_without_kernel_lock(descriptor)
    finally:
        os.close(descriptor)


def is_alive(pid: int) -> bool:
    """Whether a process with this pid lives; one we may not signal does."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    ours = os.fstat(descriptor)
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def _noted(descriptor: int) -> dict[str, object]:
    try:
        noted = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _noted_pid(descriptor: int) -> int:
    pid = _noted(descriptor).get("pid")
    return pid if type(pid) is int and pid > 0 else 0


def _holder_without_kernel_lock(descriptor: int) -> int | None:
    """The pid of a 0.1 process that wrote this lock file and lives (0: it cannot be told yet); None: it is free."""
    status = os.fstat(descriptor)
    if status.st_size == 0 or _noted(descriptor).get("kernelLock"):
        return None
    pid = _noted_pid(descriptor)
    if pid:
        return pid if is_alive(pid) else None
    return 0 if time.time() - status.st_mtime < MALFORMED_SECONDS else None
