"""A real room for tests: made on disk as the CLI makes it, served by the real daemon, spoken to over real sockets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import trio

from agentgather.keep import Daemon, keep_daemon
from agentgather.room.founding import found
from agentgather.room.limits import RoomLimits
from agentgather.room.names import new_alias, room_id
from agentgather.room.participant import Kind, Policy
from agentgather.settings.shape import Settings
from agentgather.store.home import Home, Seat
from agentgather.store.opening import create_room

ROOM = room_id("lab")
HOST = new_alias("ops")


def create(
    root: Path,
    *,
    name: str = "lab",
    brief: str = "Ship it.",
    ttl: timedelta | None = None,
    host_kind: Kind = Kind.HUMAN,
) -> Seat:
    """Make a room in the home `root`; answers its host's seat."""
    now = datetime.now(UTC)
    token = "agt_" + hashlib.sha256(f"{root}{name}".encode()).hexdigest()[:43]
    first = found(
        room_id(name),
        host=HOST,
        host_kind=host_kind,
        brief=brief,
        policy=Policy.MANUAL_OK,
        expires_at=now + ttl if ttl else None,
        now=now,
        limits=RoomLimits(),
    )
    create_room(Home(root), first, host_token_hash=hashlib.sha256(token.encode()).hexdigest())
    return Seat(room_id(name), HOST, "http://127.0.0.1:8787", token)


@dataclass
class Guest:
    """Somebody with a token, and how they speak to the room."""

    url: str
    alias: str
    token: str = field(repr=False)
    client: httpx.AsyncClient = field(repr=False)

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return await self.client.request(method, self.url + path, headers=headers, **options)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON of an answer, which has to be a 200."""
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON of an answer, which has to be a success."""
        answer = await self.ask("POST", path, json=body or {})
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        return dict((await self.post("/messages", {"text": text, **more}))["message"])

    async def wait(self, since_id: int, *, hold: float = 10) -> dict[str, Any]:
        return await self.get("/wait", participant=self.alias, since_id=since_id, hold=hold)


@dataclass
class RunningRoom:
    """A room and the daemon that serves it."""

    root: Path
    url: str
    daemon: Daemon
    host: Guest
    ended: trio.Event
    client: httpx.AsyncClient = field(repr=False)

    async def invite(self, alias: str, **more: Any) -> Guest:
        issued = await self.host.post("/invites", {"alias": alias, **more})
        return Guest(self.url, alias, issued["token"], self.client)

    async def stop(self) -> None:
        """Stop the daemon in order, as a signal does, and return once it is gone."""
        self.daemon.stop()
        await self.ended.wait()


async def keep_room(
    root: Path, seat: Seat, settings: Settings, *, task_status: trio.TaskStatus[RunningRoom] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve the room of `seat` until its daemon is stopped."""
    ended = trio.Event()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client, trio.open_nursery() as nursery:
        daemon: Daemon = await nursery.start(_keep, root, seat, settings, ended)
        url = daemon.url_of(seat.room)
        host = Guest(url, seat.alias, seat.token, client)
        task_status.started(RunningRoom(root, url, daemon, host, ended, client))


async def _keep(
    root: Path, seat: Seat, settings: Settings, ended: trio.Event, *, task_status: trio.TaskStatus[Daemon]
) -> None:
    try:
        await keep_daemon(Home(root), [seat.room], settings, is_mounted=False, task_status=task_status)
    finally:
        ended.set()
