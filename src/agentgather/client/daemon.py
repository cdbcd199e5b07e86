"""Whether the daemon that left a note still lives, and where the daemon of a room is now."""

from __future__ import annotations

import os
from datetime import datetime

from agentgather.room.names import RoomId
from agentgather.store.home import DaemonNote, DocumentDamaged, Home
from agentgather.store.processes import is_alive, started_at

_CLOCK_SLACK_SECONDS = 2.0  # the kernel counts start times from a boot time in whole seconds


def is_living(note: DaemonNote) -> bool:
    """Whether the process that left `note` lives. A pid that was given to a younger process since does not count."""
    if not is_alive(note.pid):
        return False
    started = started_at(note.pid)
    try:
        noted = datetime.fromisoformat(note.started_at).timestamp()
    except (TypeError, ValueError):
        return True
    return started is None or started <= noted + _CLOCK_SLACK_SECONDS


class DaemonUrl:
    """Where the daemon of `room` answers, however often it is restarted. Its note is read again when it was replaced.

    While there is none, the last URL stands: a daemon comes back where it was, unless it is told otherwise.
    """

    def __init__(self, home: Home, room: RoomId, url: str) -> None:
        self._home = home
        self._room = room
        self._url = url
        self._stamp: tuple[int, int] | None = None

    def __call__(self) -> str:
        try:
            found = os.stat(self._home.daemon_file(self._room))  # noqa: PTH116 - asked at every request
            stamp = (found.st_ino, found.st_mtime_ns)
            if stamp != self._stamp:
                note = self._home.daemon(self._room)
                self._url, self._stamp = note.url if note is not None else self._url, stamp
        except (OSError, DocumentDamaged):
            pass  # it is being replaced, or gone: what was known is the best there is
        return self._url
