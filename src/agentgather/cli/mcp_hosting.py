"""A room of this home that is kept open for the agents of a folder: made when there is none, served when nobody serves it."""

from __future__ import annotations

import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from agentgather.cli.background import errors, first_line, spawn
from agentgather.client.daemon import is_living
from agentgather.live.credentials import mint_token, token_digest
from agentgather.mcp.trouble import Trouble
from agentgather.room.founding import found
from agentgather.room.names import RoomId, new_alias
from agentgather.room.participant import Kind, Policy
from agentgather.settings.shape import Settings
from agentgather.store.home import Home, Seat
from agentgather.store.opening import create_room
from agentgather.store.private_files import make_private_directory, turn_at

HOST = new_alias("host")
SERVING_SECONDS = 30.0
END_SECONDS = 10.0


def keep_open(home: Home, room: RoomId, settings: Settings) -> None:
    """Return once a daemon serves `room`. Of several that ask for it at once, one makes it and starts the daemon.

    The daemon is a process of its own and stays when whoever asked for it has gone: the room outlives its agents. Blocks.
    Raises Trouble, OSError, StorageFull, StorageFailed.
    """
    if _is_served(home, room):
        return
    make_private_directory(home.root / "folders")
    with turn_at(home.root / "folders"):
        if not home.hosts(room):
            _make(home, room, settings)
        if not _is_served(home, room):
            _start(home, room)


def _is_served(home: Home, room: RoomId) -> bool:
    note = home.daemon(room)
    return note is not None and is_living(note)


def _make(home: Home, room: RoomId, settings: Settings) -> None:
    """A room of the person whose home this is, without an end: it is a project's, and closed when they say so."""
    token = mint_token()
    seat = Seat(room, HOST, f"http://127.0.0.1:{settings.daemon.port}", token)
    first = found(
        room,
        host=HOST,
        host_kind=Kind.HUMAN,
        brief="",
        policy=Policy.MANUAL_OK,
        expires_at=None,
        now=datetime.now(UTC),
        limits=settings.room,
    )
    create_room(
        home,
        first,
        host_token_hash=token_digest(token),
        keep_token=lambda: home.keep_seat(seat, is_current=home.current() is None),
    )


def _start(home: Home, room: RoomId) -> None:
    """The daemon, where the room was served last; at any free port when that one is taken."""
    log = home.room_directory(room) / "serve.log"
    code = _served(home, room, log=log)
    if code == "port_busy":
        code = _served(home, room, "--port", "0", log=log)
    if code is not None and not _is_served(home, room):
        raise Trouble(code, f"the room's daemon did not start; {log} says why", next_step="ask your user to look there")


def _served(home: Home, room: RoomId, *more: str, log: Path) -> str | None:
    """None once it serves, else the code it ended with."""
    process = spawn(["room", "serve", room, "--json", "--home", str(home.root), *more], log=log)
    line = first_line(process, until=monotonic() + SERVING_SECONDS)
    if line is not None and line.endswith(b"\n"):
        process.returncode = 0  # it stays when we go: nobody is to wait for it
        return None
    if line is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    last = next(errors(log), None)
    return str(last.get("error")) if last is not None else "unreachable"
