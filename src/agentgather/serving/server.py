"""The server: listens, gives every connection its supervisor, and leaves in order."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Sequence

import trio

from agentgather.serving.connection import App, Connection, OnAnswered
from agentgather.serving.inspection import Address
from agentgather.serving.limits import ServingLimits
from agentgather.serving.refusing import TOO_BUSY, Headers
from agentgather.serving.wire import ClientGone

log = logging.getLogger(__name__)

CROWDED_SECONDS = 1.0  # the time a refused client gets to hear why


class PortBusy(Exception):
    """Somebody else listens at this address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host} port {port} is in use by another program")
        self.host = host
        self.port = port


class AddressUnusable(Exception):
    """This machine has no such address, or does not let us listen there."""


def bind(host: str, port: int, *, backlog: int) -> list[trio.SocketListener]:
    """Listen at `host`:`port` (0: any free port). Raises PortBusy or AddressUnusable, having bound nothing."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(host, port) from None
        raise AddressUnusable(f"cannot listen at {host} port {port}: {error.strerror or 'no such address'}") from None
    return [trio.SocketListener(trio.socket.from_stdlib_socket(listener))]


def port_of(listeners: Sequence[trio.SocketListener]) -> int:
    """The port that is listened at."""
    port: int = listeners[0].socket.getsockname()[1]
    return port


class Server:
    """Serves an ASGI app. No exception of one connection ever leaves it."""

    def __init__(
        self,
        app: App,
        *,
        limits: ServingLimits,
        refusal_headers: Sequence[tuple[str, str]] = (),
        on_answered: OnAnswered | None = None,
    ) -> None:
        self._app = app
        self._limits = limits
        self._refusal_headers: Headers = [(name.encode(), value.encode()) for name, value in refusal_headers]
        self._on_answered = on_answered
        self._connections: set[Connection] = set()
        self._accepting = trio.CancelScope()
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
        with self._everyone:
            async with trio.open_nursery() as nursery:
                with self._accepting:
                    await trio.serve_listeners(
                        self._look_after, list(listeners), handler_nursery=nursery, task_status=task_status
                    )
                for listener in listeners:
                    await listener.aclose()

    async def drain(self, *, grace_seconds: float) -> None:
        """Accept nobody any more, let what is being answered finish, and after `grace_seconds` cut off what is not."""
        self._accepting.cancel()
        for connection in list(self._connections):
            connection.drain()
        with trio.move_on_after(grace_seconds):
            while self._connections:
                self._emptied = trio.Event()
                await self._emptied.wait()
        self._everyone.cancel()

    async def _look_after(self, stream: trio.SocketStream) -> None:
        """The one supervision point of a connection: whatever goes wrong with it ends here."""
        try:
            async with stream:
                await self._serve(stream)
        except* (OSError, ClientGone, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client is gone; there is nobody to tell
        except* Exception:
            log.exception("a connection broke", extra={"event": "bug"})

    async def _serve(self, stream: trio.SocketStream) -> None:
        connection = Connection(
            stream,
            self._app,
            limits=self._limits,
            refusal_headers=self._refusal_headers,
            on_answered=self._on_answered,
            client=_address(stream.socket.getpeername()),
            server=_address(stream.socket.getsockname()),
        )
        if len(self._connections) >= self._limits.connections_max:
            with trio.move_on_after(CROWDED_SECONDS):
                await connection.refuse(TOO_BUSY)
            return
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
            if not self._connections:
                self._emptied.set()


def _address(name: object) -> Address:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
