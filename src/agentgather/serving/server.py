"""The server: listens, gives every connection its supervisor, and leaves in order."""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack

import trio

from agentgather.serving.accepting import keep_accepting
from agentgather.serving.connection import Connection
from agentgather.serving.inspection import Address
from agentgather.serving.limits import ServingLimits
from agentgather.serving.open_files import connections_that_fit
from agentgather.serving.refusing import TOO_BUSY
from agentgather.serving.service import App, AtOnce, OnAnswered, Service

log = logging.getLogger(__name__)

# A client that has kept us waiting for a request, the rest of its body, or its leaving, so long makes way when all places are
# taken. An honest one sends its request with its connection, or asks again when an idle connection was closed (RFC 9112,
# section 9.5); of a body that is long on its way, nothing was acknowledged yet.
MAKE_WAY_SECONDS = 0.1
CROWDED_SECONDS = 1.0  # the time a refused client gets to hear why
CROWDED_MAX = 64  # clients who are being told at once; beyond them a connection is just closed
# What the kernel takes of an answer before its reader does. Left to itself it takes megabytes of each who stalls, and
# cannot tell us in `send_seconds` that a slow reader takes any.
SEND_BUFFER_BYTES = 131_072


class PortBusy(Exception):
    """Somebody else listens at this address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host} port {port} is in use by another program")
        self.host = host
        self.port = port


class AddressUnusable(Exception):
    """This machine has no such address, or does not let us listen there."""


def bind(
    host: str, port: int, *, backlog: int, is_shared: bool = False, beside: bool = False
) -> list[trio.SocketListener]:
    """Listen at `host`:`port` (0: any free port). Raises PortBusy or AddressUnusable, having bound nothing.

    `is_shared`: a successor may listen there too before we leave; `beside`: we are that successor.
    """
    if is_shared and not beside:
        _listening(host, port, backlog=0, is_shared=False).close()  # SO_REUSEPORT alone would join whoever is there
    listener = _listening(host, port, backlog=backlog, is_shared=is_shared)
    return [trio.SocketListener(trio.socket.from_stdlib_socket(listener))]


def _listening(host: str, port: int, *, backlog: int, is_shared: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)  # its connections inherit it
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(host, port) from None
        raise AddressUnusable(f"cannot listen at {host} port {port}: {error.strerror or 'no such address'}") from None
    return listener


def port_of(listeners: Sequence[trio.SocketListener]) -> int:
    """The port that is listened at."""
    port: int = listeners[0].socket.getsockname()[1]
    return port


class Server:
    """Serves an ASGI app, `http` and on demand `websocket`; no lifespan. No exception of a connection ever leaves it.

    A connection beyond `connections_max` takes the place of the one whose request we have waited for longest; where nobody is
    waited for it is told 503 `too_busy` and closed. So those who take up places and say nothing, or hardly anything, keep
    nobody out. Where the system allows fewer open files than that, the maximum is as low as they; should they run out all the
    same, new connections wait in the backlog.

    What `at_once` answers is answered in the task that read the request, with no other one's turn between.
    """

    def __init__(
        self,
        app: App,
        *,
        limits: ServingLimits,
        refusal_headers: Sequence[tuple[str, str]] = (),
        on_answered: OnAnswered | None = None,
        websockets: bool = False,
        at_once: AtOnce | None = None,
    ) -> None:
        extra = [(name.encode(), value.encode()) for name, value in refusal_headers]
        self._service = Service(app, limits, extra, on_answered, websockets, at_once)
        self._connections: set[Connection] = set()
        self._waiting: OrderedDict[Connection, float] = (
            OrderedDict()
        )  # for whom we wait, and since when, the longest first
        self._connections_max = limits.connections_max
        self._crowded_count = 0
        self._accepting = trio.CancelScope()
        self._is_draining = False
        self._closed = trio.Event()  # nobody can come any more
        self._everyone = trio.CancelScope()
        self._emptied = trio.Event()

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    async def keep(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until cancelled, or until `drain` has emptied the house."""
        self._connections_max = connections_that_fit(self._service.limits.connections_max)
        if self._connections_max < self._service.limits.connections_max:
            log.warning("open files limit connections to %d", self._connections_max, extra={"event": "open_files"})
        doors = [_door(listener) for listener in listeners]  # open until we close them: trio closes its own at once
        with self._everyone, ExitStack() as closing:
            for door in doors:
                closing.enter_context(door)
            async with trio.open_nursery() as nursery:
                with self._accepting:
                    await keep_accepting(listeners, self._look_after, guests=nursery, task_status=task_status)
                for door in doors:
                    for stream in _knocking(door):
                        nursery.start_soon(self._look_after, stream)
                    door.close()
                self._closed.set()

    async def drain(self, *, grace_seconds: float) -> None:
        """Accept nobody any more, let what is being answered finish, and after `grace_seconds` cut off what is not.

        Who had connected and was not heard yet is still answered, once: nobody else knows of that connection.
        """
        self._accepting.cancel()
        self._is_draining = True
        for connection in list(self._connections):
            connection.drain()
        with trio.move_on_after(grace_seconds):
            await self._closed.wait()
            await trio.lowlevel.checkpoint()  # everybody who was let in is a connection then
            while self._connections:
                self._emptied = trio.Event()
                await self._emptied.wait()
        self._everyone.cancel()

    async def _look_after(self, stream: trio.SocketStream) -> None:
        """The one supervision point of a connection: whatever goes wrong with it ends here."""
        try:
            async with stream:
                await self._serve(stream)
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client is gone; there is nobody to tell
        except* (Exception, SystemExit, GeneratorExit):
            log.exception("a connection broke", extra={"event": "bug"})

    async def _serve(self, stream: trio.SocketStream) -> None:
        connection = Connection(
            stream,
            service=self._service,
            client=_address(stream.socket.getpeername()),
            server=_address(stream.socket.getsockname()),
            waiting=self._waiting,
        )
        if len(self._connections) >= self._connections_max and not self._has_made_way():
            await self._turn_away(connection)
            return
        self._connections.add(connection)
        if self._is_draining:
            connection.drain()
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
            if not self._connections:
                self._emptied.set()

    def _has_made_way(self) -> bool:
        """Let go whom we have waited for longest, if that was long enough; whether there is a place now."""
        longest = next(iter(self._waiting), None)
        if longest is None or trio.current_time() - self._waiting[longest] < MAKE_WAY_SECONDS:
            return False
        del self._waiting[longest]
        self._connections.discard(longest)
        longest.make_way()
        return True

    async def _turn_away(self, connection: Connection) -> None:
        if self._crowded_count >= CROWDED_MAX:
            return
        self._crowded_count += 1
        try:
            await connection.turn_away(TOO_BUSY, seconds=CROWDED_SECONDS)
        finally:
            self._crowded_count -= 1


def _door(listener: trio.SocketListener) -> socket.socket:
    """The same listening socket under another file descriptor, asked without waiting."""
    listening = listener.socket
    door = socket.socket(listening.family, listening.type, listening.proto, fileno=os.dup(listening.fileno()))
    door.setblocking(False)
    return door


def _knocking(door: socket.socket) -> list[trio.SocketStream]:
    """Whom the kernel has let in and we have not: they would be reset when the door is closed."""
    streams: list[trio.SocketStream] = []
    try:
        while True:
            accepted, _ = door.accept()
            streams.append(trio.SocketStream(trio.socket.from_stdlib_socket(accepted)))
    except OSError:  # nobody is left, or too many files are open
        return streams


def _address(name: object) -> Address:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
