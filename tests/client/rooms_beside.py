"""Seats of a running room for the client, and homes to act from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agentgather.client.asking import new_http
from agentgather.client.room_client import RoomClient
from agentgather.client.seat import ActingSeat
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home
from tests.rooms import HOST, ROOM, Guest, RunningRoom


@asynccontextmanager
async def client_of(guest: Guest, *, base_url: str | None = None) -> AsyncIterator[RoomClient]:
    url = base_url or guest.url
    async with new_http(url) as http:
        yield RoomClient(http, base_url=url, token=guest.token)


def host_seat(running: RunningRoom, *, base_url: str = "http://127.0.0.1:8787") -> ActingSeat:
    """The host's seat as `room start` left it: its URL need not be where the room is served now."""
    return ActingSeat(base_url, running.host.token, ROOM, HOST)


def seat_of(guest: Guest, *, base_url: str | None = None, room: RoomId = ROOM) -> ActingSeat:
    return ActingSeat(base_url or guest.url, guest.token, room, Alias(guest.alias))


def empty_home(path: Path) -> Home:
    return Home(path / "elsewhere")
