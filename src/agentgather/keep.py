"""The composition root of the host: a home and its settings become rooms, a server, and an order to leave in."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import trio

from agentgather import __version__
from agentgather.http.address import Address
from agentgather.http.app import make_app
from agentgather.http.assets import Assets
from agentgather.http.headers import NO_STORE, SECURITY_HEADERS
from agentgather.http.mount import Mount
from agentgather.interpreter import settle_interpreter
from agentgather.live.house import House
from agentgather.live.keeping import OpenRoom
from agentgather.live.live_room import LiveRoom
from agentgather.mcp.http_door import McpDoor
from agentgather.publishing import Tunnel, TunnelEnded, keep_publishing
from agentgather.room.commands import Expire
from agentgather.room.message import timestamp
from agentgather.room.names import RoomId
from agentgather.room.refusals import Refusal, StorageFailed
from agentgather.serving.ground import MACHINE, Ground, NoThread
from agentgather.serving.server import Server, port_of
from agentgather.settings.shape import Settings, TunnelSettings
from agentgather.store.disk import Disk
from agentgather.store.home import DaemonNote, Home
from agentgather.store.opening import OpenedRoom, open_room
from agentgather.store.tunnel_note import TunnelsBeside

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0  # as often as a room's log is tried again
_NO_THREAD = "the host's machine has no thread to write with; nothing was recorded. Tell the host, and try again later"
FLUSH_SECONDS = 2.0  # of the drain's time, kept for what has to reach the disk at the end


@dataclass(slots=True)
class Daemon:
    """A daemon that serves. `stop` asks it to leave in order; `is_stopping` once it was asked."""

    house: House
    address: Address
    room_ids: Sequence[RoomId]
    tunnel: Tunnel | None = None
    _stopped: trio.Event = field(default_factory=trio.Event)

    def url_of(self, room: RoomId) -> str:
        """Where `room` is reached from this machine."""
        return f"{self.address.local_url}/{room}" if self.address.is_mounted else self.address.local_url

    @property
    def is_stopping(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()

    async def stopped(self) -> None:
        await self._stopped.wait()


async def keep_daemon(
    home: Home,
    room_ids: Sequence[RoomId],
    settings: Settings,
    *,
    is_mounted: bool,
    ground: Ground = MACHINE,
    disk: Disk | None = None,
    task_status: trio.TaskStatus[Daemon] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve `room_ids` until the daemon is told to stop or this is cancelled. `disk` is where the rooms' records are kept.

    Raises, before anything is served, what `open_room` and `serving.server.bind` raise; and what `keep_publishing` does
    when the broker of `settings.tunnel` refuses the rooms at once. Leaves in order: held waits are answered, the tunnel
    closes, requests finish within `drain_seconds`, presence is flushed, locks are released.
    """
    opened = await _open_all(home, room_ids, ground, disk)
    try:
        listeners = ground.listen(settings.daemon.host, settings.daemon.port, backlog=settings.serving.backlog)
        local_url = _url(settings.daemon.host, port_of(listeners))
        beside = TunnelsBeside(home).public_url
        address = Address(local_url, settings.daemon.public_url, is_mounted, beside=beside)
        house = House()
        daemon = Daemon(house, address, room_ids)
        mcp = McpDoor(run_blocking=ground.run_blocking)
        app = make_app(house, address=address, rules=settings.api, assets=Assets.load(), mcp=mcp)
        server = Server(
            app,
            limits=settings.serving,
            refusal_headers=(*SECURITY_HEADERS, NO_STORE),
            on_answered=_answered,
            at_once=app.at_once,
        )
        async with trio.open_nursery() as rooms:
            for one in opened:
                await _keep_room(house, one, settings, ground, nursery=rooms)
            await rooms.start(mcp.keep)
            async with trio.open_nursery() as doors:
                await doors.start(server.keep, listeners)
                started_at = timestamp(ground.clock())
                if not _leave_notes(home, daemon, started_at=started_at):
                    rooms.start_soon(_leave_notes_later, home, daemon, started_at)
                log.info("serving", extra={"event": "serving", "url": address.local_url, "rooms": len(opened)})
                settle_interpreter()
                async with trio.open_nursery() as beyond:
                    if settings.tunnel.broker_url is not None:
                        daemon.tunnel = await beyond.start(_keep_published, home, daemon, app, settings.tunnel, ground)
                    task_status.started(daemon)
                    await daemon.stopped()
                    beyond.cancel_scope.cancel()  # the tunnel takes nothing new, and leaves when what it carries is out
                    house.dismiss()
                await server.drain(grace_seconds=max(0.1, settings.daemon.drain_seconds - FLUSH_SECONDS))
            rooms.cancel_scope.cancel()
    finally:
        for one in opened:
            with suppress(OSError):  # a note of a process that is gone is believed by nobody
                home.daemon_file(one.state.room).unlink(missing_ok=True)
            one.close()
    log.info("stopped", extra={"event": "stopped"})


async def _keep_published(
    home: Home,
    daemon: Daemon,
    app: Mount,
    settings: TunnelSettings,
    ground: Ground,
    *,
    task_status: trio.TaskStatus[Tunnel],
) -> None:
    """The daemon's own tunnel. Once it was started, its end leaves the rooms served on this machine."""
    assert settings.broker_url is not None
    address = daemon.address
    tunnel = Tunnel(settings.broker_url, settings.subdomain or daemon.room_ids[0], address.local_url)

    def changed(now: Tunnel) -> None:
        address.tunnel_url = now.public_url if now.is_live else None

    try:
        await keep_publishing(
            home,
            daemon.room_ids,
            tunnel,
            is_mounted=address.is_mounted,
            on_change=changed,
            app=app,
            is_patient=True,  # it may have been started before its network was there, and serves the rooms all the same
            ground=ground,
            task_status=task_status,
        )
    except TunnelEnded as ended:
        if daemon.tunnel is None:
            raise
        log.error(
            "the tunnel ended, the rooms are served on this machine only: %s",
            ended.message,
            extra={"event": "tunnel_ended", "error": ended.code},
        )


@asynccontextmanager
async def app_in_process(home: Home, room_id: RoomId, settings: Settings) -> AsyncIterator[Mount]:
    """The app of a room that no daemon serves, for as long as the context lasts. Raises what `open_room` raises."""
    opened = await _open_all(home, [room_id], MACHINE, None)
    try:
        house = House()
        local_url = _url(settings.daemon.host, settings.daemon.port)
        address = Address(local_url, settings.daemon.public_url, beside=TunnelsBeside(home).public_url)
        async with trio.open_nursery() as nursery:
            await _keep_room(house, opened[0], settings, MACHINE, nursery=nursery)
            yield make_app(house, address=address, rules=settings.api, assets=Assets.load())
            nursery.cancel_scope.cancel()
    finally:
        opened[0].close()


async def _open_all(home: Home, room_ids: Sequence[RoomId], ground: Ground, disk: Disk | None) -> list[OpenedRoom]:
    """Open every room, or none."""
    opened: list[OpenedRoom] = []
    try:
        for room_id in room_ids:
            opening = partial(open_room, home, room_id, now=ground.clock(), disk=disk, random_bytes=ground.random_bytes)
            one = await ground.run_blocking(opening)
            opened.append(one)
            for note in one.notes:
                log.warning(note, extra={"event": "opening", "room": room_id})
    except BaseException:
        for one in opened:
            one.close()
        raise
    return opened


async def _keep_room(
    house: House, opened: OpenedRoom, settings: Settings, ground: Ground, *, nursery: trio.Nursery
) -> None:
    async def recording(call: Callable[..., Any], /, *args: Any) -> Any:
        try:
            return await ground.run_blocking(call, *args)
        except NoThread:
            raise StorageFailed(_NO_THREAD) from None

    room = LiveRoom(
        opened.state,
        opened.kept,
        journal=opened.journal,
        seats=opened.seats,
        limits=settings.room,
        clock=ground.clock,
        run_blocking=recording,
        marks=opened.marks,
        delivery_file=opened.deliveries,
    )
    open_room = OpenRoom(
        room,
        opened.documents,
        run_blocking=recording,
        save_seconds=settings.daemon.presence_flush_seconds,
        random_bytes=ground.random_bytes,
    )

    async def keep(*, task_status: trio.TaskStatus[None]) -> None:
        await house.keep(open_room, unfinished_scrubs=opened.unfinished_scrubs, task_status=task_status)

    await nursery.start(keep)
    if room.state.has_expired(room.clock()):  # it came to its time while nobody kept it: nobody shall find it open
        with suppress(Refusal):  # the disk refuses; the room's own clockwork tries again
            await room.submit(Expire())


def _leave_notes(home: Home, daemon: Daemon, *, started_at: str) -> bool:
    """Say in the home who serves these rooms; False where the disk refuses: a room can be read on a full one."""
    try:
        for room in daemon.room_ids:
            home.keep_daemon(room, DaemonNote(os.getpid(), daemon.url_of(room), started_at, __version__))
    except OSError as error:
        log.warning(
            "no note of this daemon can be left in its home: %s", error.strerror, extra={"event": "daemon_note"}
        )
        return False
    return True


async def _leave_notes_later(home: Home, daemon: Daemon, started_at: str) -> None:
    """Until a note is left, commands on this machine find nobody who serves the rooms, and that somebody has them open."""
    while True:
        await trio.sleep(RETRY_SECONDS)
        if _leave_notes(home, daemon, started_at=started_at):
            return


def _answered(method: str, path: str, status: int, took_ms: float, bytes_sent: int) -> None:
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "answered",
            extra={
                "event": "answered",
                "method": method,
                "path": path,
                "status": status,
                "ms": round(took_ms, 1),
                "bytes": bytes_sent,
            },
        )


def _url(host: str, port: int) -> str:
    """The URL of this machine's daemon: one that listens everywhere is reached at loopback."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "localhost"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
