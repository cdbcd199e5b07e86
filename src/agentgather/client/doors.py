"""The way to a seat's room: the daemon that serves it here, the room itself in this process, or the seat's URL."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from agentgather.client.asking import new_http
from agentgather.client.daemon import is_living
from agentgather.client.errors import Unreachable, sole
from agentgather.client.room_client import RoomClient
from agentgather.client.seat import ActingSeat
from agentgather.room.names import RoomId
from agentgather.store.home import DaemonNote, Home

_IN_PROCESS_URL = "http://localhost"  # never dialled; a name the room's own Host check knows


@asynccontextmanager
async def reach(seat: ActingSeat, home: Home, *, may_open_room: bool = True) -> AsyncIterator[RoomClient]:
    """A client of the seat's room.

    A room of this home is spoken to through the daemon that serves it. When none does, the room is opened in this
    process under its lock, unless `may_open_room` is false (who waits must not keep others out): then Unreachable
    with `not_served`. A daemon that lives and does not answer is an error, never a reason to write beside it.
    """
    room = seat.room
    if room is None or not is_hosted(seat, room, home):
        async with _over_http(seat.base_url, seat.token) as client:
            yield client
        return
    note = home.daemon(room)
    if note is not None and is_living(note):
        async with _over_http(note.url, seat.token) as client:
            try:
                yield client
            except Unreachable as silent:
                raise _silent(room, note, silent) from None
        return
    if not may_open_room:
        raise Unreachable(
            f"nobody serves {room} at the moment",
            code="not_served",
            hint="start it with: agentgather room serve",
        )
    async with _in_process(seat, room, home) as client:
        yield client


def is_hosted(seat: ActingSeat, room: RoomId, home: Home) -> bool:
    """Whether the seat is one of a room in this home, and not of a namesake elsewhere."""
    if not home.hosts(room):
        return False
    if urlsplit(seat.base_url).hostname in ("localhost", "127.0.0.1", "::1"):
        return True
    try:
        roster = home.participants_file(room).read_bytes()
    except OSError:
        return False
    return sha256(seat.token.encode("utf-8", "surrogateescape")).hexdigest().encode() in roster


@asynccontextmanager
async def _over_http(base_url: str, token: str) -> AsyncIterator[RoomClient]:
    async with new_http(base_url) as http:
        yield RoomClient(http, base_url=base_url, token=token)


@asynccontextmanager
async def _in_process(seat: ActingSeat, room: RoomId, home: Home) -> AsyncIterator[RoomClient]:
    from agentgather.keep import app_in_process
    from agentgather.settings.sources import configure

    settings = configure(flags={}, environ=os.environ, home=home.root).handing_out(seat.base_url).settings
    try:
        async with (
            app_in_process(home, room, settings) as app,
            new_http(_IN_PROCESS_URL, transport=httpx.ASGITransport(app=cast(Any, app))) as http,
        ):
            yield RoomClient(http, base_url=_IN_PROCESS_URL, token=seat.token)
    except BaseExceptionGroup as group:  # the nursery's wrapping; whoever asked wants the error itself
        raise sole(group) from None


def _silent(room: RoomId, note: DaemonNote, silent: Unreachable) -> Unreachable:
    return Unreachable(
        f"process {note.pid} serves {room} at {note.url}, yet: {silent.message}",
        code=silent.code,
        hint="stop that process if it hangs, then serve the room again",
        is_passing=silent.is_passing,
    )
