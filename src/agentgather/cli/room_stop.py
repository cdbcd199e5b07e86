"""`agentgather room stop`: end the daemon that serves a room. The room stays, to be served again."""

from __future__ import annotations

import os
import signal
import time

from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.output import output_for
from agentgather.cli.publication import one_room
from agentgather.client.daemon import is_living
from agentgather.room.names import RoomId
from agentgather.store.home import Home
from agentgather.store.lock import holder_of
from agentgather.store.processes import is_alive

LOOK_SECONDS = 0.02
END_SECONDS = 60.0  # a daemon finishes what it is answering, for ten seconds unless its settings say otherwise


def stop(room: str | None = None, *, flags: HomeFlags = NO_FLAGS) -> None:
    """End the daemon that serves a room, and wait for its end. The room stays as it is; `room close` is what ends a room.

    Parameters
    ----------
    room
        The room. Default: the current one.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    named = one_room(home, room)
    pid = _server(home, named)
    if pid is None:
        raise Failure("not_served", f"nobody serves {named}", hint="see: agentgather room list")
    rooms = [one for one in home.rooms() if _server(home, one) == pid]
    os.kill(pid, signal.SIGTERM)  # the kernel's lock and the daemon's note said a moment ago that it is the daemon
    if not _has_ended(pid):
        raise Failure("room_locked", f"process {pid} was told to stop, and still has {named} open")
    output.answer(
        {"ok": True, "room": named, "pid": pid, "rooms": rooms},
        f"process {pid} has ended; {', '.join(rooms)} can be served again with: agentgather room serve",
    )


def _server(home: Home, room: RoomId) -> int | None:
    """The daemon that serves `room`: not whoever else has it open for a moment."""
    note = home.daemon(room)
    if note is None or not is_living(note) or holder_of(home.lock_file(room)) != note.pid:
        return None
    return note.pid


def _has_ended(pid: int) -> bool:
    until = time.monotonic() + END_SECONDS
    while is_alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
    return True
