"""Who sits where on this machine: of two processes that want one seat of this home, one has it and the other takes the next.

A claim is a lock on `seats/<room>@<alias>.claim`. The kernel lets go of it when its process ends, however it ends, so the next
start finds the same seat free, and an agent keeps its alias over restarts. Whoever sat down writes its pid into it (`sitting`).
"""

from __future__ import annotations

import fcntl
import os
from typing import Self

from agentgather.mcp.sitting import MARK
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home
from agentgather.store.private_files import make_private_directory, open_private

_INVITING = b"inviting\n"


class Claim:
    """A seat that this process sits on, for as long as it lives or until `release`."""

    def __init__(self, alias: Alias, descriptor: int) -> None:
        self.alias = alias
        self._descriptor = descriptor

    @classmethod
    def take(cls, home: Home, room: RoomId, alias: Alias) -> Self | None:
        """The claim on `alias`; None while another process has it. Raises OSError."""
        make_private_directory(home.seats_directory)
        path = home.seat_file(room, alias).with_suffix(".claim")
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(alias, descriptor)

    @property
    def was_inviting(self) -> bool:
        """Whether a process died between asking for the seat's token and keeping it: the seat is ours, its token lost."""
        return os.pread(self._descriptor, len(_INVITING), 0) == _INVITING

    def begin_inviting(self) -> None:
        os.pwrite(self._descriptor, _INVITING, 0)
        os.fsync(self._descriptor)

    def end_inviting(self) -> None:
        os.ftruncate(self._descriptor, 0)

    def sit_down(self) -> None:
        """Say which process sits here from now on. Nothing depends on its being kept: it is no promise, and not synced."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, MARK + f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)
