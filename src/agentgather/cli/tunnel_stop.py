"""`agentgather tunnel stop`: take a room off the web, and return once it is."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.output import output_for
from agentgather.cli.publication import one_room
from agentgather.client.daemon import is_living
from agentgather.store.lock import holder_of

END_SECONDS = 40.0  # a tunnel finishes what it is answering, for 30 at most
LOOK_SECONDS = 0.02


def stop(room: str | None = None, *, flags: HomeFlags = NO_FLAGS) -> None:
    """Stop the tunnel of a room, and wait for its end. The room itself goes on.

    Parameters
    ----------
    room
        The room. Default: the current one.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    named = one_room(home, room)
    lock = home.tunnel_lock_file(named)
    pid = holder_of(lock)
    if not pid:
        raise Failure("no_tunnel", f"no tunnel publishes {named}", hint="see: agentgather tunnel status")
    daemon = home.daemon(named)
    if daemon is not None and daemon.pid == pid and is_living(daemon):
        raise Failure(
            "tunnel_running",
            f"process {pid} serves {named} and publishes it, both at once",
            hint="stop that process, and serve the room again without --broker",
        )
    os.kill(pid, signal.SIGTERM)  # the kernel's lock said a moment ago that it is the tunnel
    if not _has_ended(lock, pid):
        raise Failure("tunnel_running", f"process {pid} was told to stop, and still publishes {named}")
    output.answer({"ok": True, "room": named, "pid": pid}, f"{named} is off the web; process {pid} has ended")


def _has_ended(lock: Path, pid: int) -> bool:
    end = time.monotonic() + END_SECONDS
    while holder_of(lock) == pid:
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_SECONDS)
    return True
