"""Serving rooms in the foreground of a terminal, or of whatever runs the command, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import trio

from agentgather.cli.failures import Failure
from agentgather.cli.live_line import LiveLine, published, summary
from agentgather.cli.output import Output
from agentgather.cli.publication import check_broker_url, own_slug
from agentgather.cli.service_manager import say_ready
from agentgather.cli.tunnel_failures import tunnel_failure
from agentgather.client.daemon import is_living
from agentgather.client.errors import sole
from agentgather.keep import Daemon, keep_daemon
from agentgather.logs import start_logging
from agentgather.room.names import RoomId
from agentgather.serving.server import AddressUnusable, PortBusy
from agentgather.settings.exposure import is_local_url
from agentgather.settings.sources import Configuration
from agentgather.signals import stop_on_signal
from agentgather.store.home import DaemonNote, Home, Seat
from agentgather.store.lock import RoomLocked
from agentgather.tunnel.terminal import has_terminal

log = logging.getLogger(__name__)

COMMAND_SECONDS = 5.0  # a command that opened a room itself, since nobody served it, is done with it long before
LOOK_SECONDS = 0.05  # between looks whether it is

Announce = Callable[[Daemon], None]


def serve_in_foreground(
    home: Home,
    rooms: Sequence[RoomId],
    configuration: Configuration,
    *,
    is_mounted: bool,
    output: Output,
    announce: Announce,
) -> None:
    """Serve `rooms` until SIGINT or SIGTERM; `announce` is called once, as soon as they answer.

    Raises what `keep_daemon` raises, a busy port or a room served elsewhere as a Failure that says where to look.
    """
    configuration = _where_published(rooms, _where_last_served(home, rooms, configuration))
    line = LiveLine(sys.stdout)
    daemon = configuration.settings.daemon
    is_quiet = output.is_live and configuration.is_default("log_level")  # the line tells a person what info would
    start_logging(form=daemon.log_format, level="warning" if is_quiet else daemon.log_level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(line.make_room)
    try:
        trio.run(
            partial(
                _serve, home, rooms, configuration, is_mounted=is_mounted, output=output, announce=announce, line=line
            )
        )
    except BaseException as raised:  # noqa: BLE001 - goes on as it is, out of the nurseries' wrapping
        error = sole(raised)
        failure = _explained(error, home=home, rooms=rooms)
        raise (failure or error) from None


@dataclass
class _Leaving:
    """What a signal asks to leave: the daemon in order, or what is there of it before it has said that it serves."""

    starting: trio.CancelScope
    daemon: Daemon | None = None

    def stop(self) -> None:
        if self.daemon is None:
            self.starting.cancel()
        else:
            self.daemon.stop()


async def _serve(
    home: Home,
    rooms: Sequence[RoomId],
    configuration: Configuration,
    *,
    is_mounted: bool,
    output: Output,
    announce: Announce,
    line: LiveLine,
) -> None:
    if configuration.settings.tunnel.broker_url is not None and not has_terminal():
        signal.signal(
            signal.SIGHUP, signal.SIG_IGN
        )  # it tells a tunnel to look now, also one that is over or not up yet
    async with trio.open_nursery() as nursery:
        leaving = _Leaving(nursery.cancel_scope)
        await nursery.start(stop_on_signal, leaving)
        daemon: Daemon = await nursery.start(partial(_keep, home, rooms, configuration, is_mounted=is_mounted))
        leaving.daemon = daemon
        for note in _remember_urls(home, daemon):
            output.note(note)
        say_ready()
        announce(daemon)
        async with trio.open_nursery() as showing:
            if output.is_live:
                showing.start_soon(line.keep, lambda: _summary(daemon))
            await daemon.stopped()
            showing.cancel_scope.cancel()
        if output.is_live:
            output.line("stopping: who waits is answered first")
            output.flush()


async def _keep(
    home: Home,
    rooms: Sequence[RoomId],
    configuration: Configuration,
    *,
    is_mounted: bool,
    task_status: trio.TaskStatus[Daemon],
) -> None:
    """As `keep_daemon`, once a command that has one of the rooms open for a moment is done with it."""
    until = trio.current_time() + COMMAND_SECONDS
    is_told = False
    while True:
        try:
            await keep_daemon(home, rooms, configuration.settings, is_mounted=is_mounted, task_status=task_status)
        except RoomLocked as locked:
            if trio.current_time() > until or _note_of(locked.pid, home=home, rooms=rooms) is not None:
                raise
            if not is_told:
                log.warning("%s; it is waited for", locked, extra={"event": "room_locked"})
                is_told = True
            await trio.sleep(LOOK_SECONDS)
        else:
            return


def _note_of(pid: int, *, home: Home, rooms: Sequence[RoomId]) -> tuple[RoomId, DaemonNote] | None:
    """The note of the living daemon that process `pid` is, and the room it serves."""
    for room in rooms:
        note = home.daemon(room)
        if note is not None and note.pid == pid and is_living(note):
            return room, note
    return None


def _summary(daemon: Daemon) -> str:
    parts = [summary([one.room for one in daemon.house])]
    if daemon.tunnel is not None:
        parts.append(published(daemon.tunnel))
    return "  ".join(parts)


def _where_published(rooms: Sequence[RoomId], configuration: Configuration) -> Configuration:
    """With the name at the broker settled, when there is to be one. Raises Failure."""
    broker_url = configuration.settings.tunnel.broker_url
    if broker_url is None:
        return configuration
    check_broker_url(broker_url)
    return configuration.published_as(configuration.settings.tunnel.subdomain or own_slug(rooms))


def _where_last_served(home: Home, rooms: Sequence[RoomId], configuration: Configuration) -> Configuration:
    for seat in _seats(home):
        port = _port(seat.base_url) if seat.room in rooms and is_local_url(seat.base_url) else None
        if port is not None:
            return configuration.listening_at(port)
    return configuration


def _remember_urls(home: Home, daemon: Daemon) -> list[str]:
    """Let the seats that this home holds in the served rooms say where those are now; notes for whoever serves."""
    notes = []
    current = home.current()
    for seat in _seats(home):
        open_room = daemon.house.find(seat.room) if seat.room in daemon.room_ids else None
        credential = open_room.room.credentials.find(seat.token) if open_room else None
        if credential is None or credential.alias != seat.alias:
            continue  # a seat elsewhere, in a room of the same name
        url = daemon.address.lasting_of(seat.room)
        if not is_local_url(seat.base_url) and daemon.address.public_url is None:
            notes.append(
                f"{seat.room} was last reached at {seat.base_url}, now only from this machine; "
                f"to publish it there again: --url {seat.base_url} --allow-remote"
            )
        if url != seat.base_url:
            try:
                home.keep_seat(replace(seat, base_url=url), is_current=seat == current)
            except OSError as error:  # a room on a full disk can still be read, and is found by the daemon's own note
                notes.append(
                    f"the disk here refuses ({error.strerror}): commands may look for {seat.room} at {seat.base_url}"
                )
    return list(dict.fromkeys(notes))


def _seats(home: Home) -> list[Seat]:
    """Every seat this home holds, the current one first (0.1 kept no other)."""
    current = home.current()
    return list(dict.fromkeys([*([current] if current else []), *home.seats()]))


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _explained(error: BaseException, *, home: Home, rooms: Sequence[RoomId]) -> Failure | None:
    if isinstance(error, PortBusy):
        return _port_busy(error, home=home, rooms=rooms)
    if isinstance(error, AddressUnusable):
        return Failure("address_unusable", str(error), field="host", hint="see --host and --port")
    if (failure := tunnel_failure(error)) is not None:
        return failure
    if isinstance(error, RoomLocked) and (served := _note_of(error.pid, home=home, rooms=rooms)) is not None:
        room, note = served
        return Failure(
            "room_locked",
            f"process {error.pid} serves {room} already, at {note.url}",
            hint="stop it first, or use the room where it is",
        )
    return None


def _port_busy(error: PortBusy, *, home: Home, rooms: Sequence[RoomId]) -> Failure:
    """Mostly it is our own daemon that listens there, with another room of this home."""
    for room in home.rooms():
        note = home.daemon(room)
        if note is not None and _port(note.url) == error.port and is_living(note):
            both = " ".join(dict.fromkeys([room, *rooms]))
            return Failure(
                "port_busy",
                f"process {note.pid} serves {room} at {note.url}, the same port",
                field="port",
                hint=f"stop it and serve both: agentgather room serve {both}; or choose another port with --port",
            )
    return Failure("port_busy", str(error), field="port", hint="stop that program, or choose another with --port")
