"""A TCP proxy that breaks on demand. It stands between two real processes, and plain calls say what the network does.

What is carried is never looked at. A refused, reset or stalled connection is one of the kernel's own: RST, FIN and silence
are what the ends get to see, and what they see only when a real network would show it.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from tests.network.carriage import Carriage, Weather

BACKLOG = 512  # connections the kernel takes for us, so that a burst of visitors is no refusal

Dial = Callable[[], tuple[socket.socket, tuple[str, int]]]
"""A new socket, not yet connected, and where it shall connect to."""


class StallingProxy:
    """Listens at `port` of loopback from the start; `keep` carries. Every call below takes effect at once."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._weather = Weather()
        self._listener = _listener(0)
        self.port: int = self._listener.getsockname()[1]
        self._is_back = trio.Event()
        self._carried: set[Carriage] = set()
        self._came = trio.Event()
        self.arrival_count = 0  # connections that ever came

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def carried_count(self) -> int:
        """Connections at the moment, dead ones that nobody has given up yet among them."""
        return len(self._carried)

    def reset(self) -> None:
        """RST to both ends of every connection there is. New ones are carried."""
        for carriage in self._carried:
            carriage.reset()

    def stall(self) -> None:
        """Carry nothing in either direction: no byte, no FIN, no RST, also on connections that come from now on.

        As when packets are dropped for a while: nothing is lost, `restore` lets it flow on.
        """
        self._weather.stall()

    def drop(self) -> None:
        """Swallow everything, for good: as when a router forgets a connection. `restore` only helps those that come later."""
        self._weather.is_black_hole = True
        for carriage in self._carried:
            carriage.is_forgotten = True

    def refuse(self) -> None:
        """Nobody listens at the port. Connections that are there stay."""
        self._listener.close()

    def delay(self, seconds: float) -> None:
        """Let every piece take `seconds` longer, each way; 0 for none."""
        self._weather.delay_seconds = seconds

    def restore(self) -> None:
        """Carry everything again, at the port it was."""
        self._weather.clear()
        if self._listener.fileno() == -1:
            self._listener = _listener(self.port)
            self._is_back.set()
            self._is_back = trio.Event()

    async def arrivals(self, count: int) -> None:
        """Return once `count` connections ever came."""
        while self.arrival_count < count:
            await self._came.wait()

    async def keep(self, *, task_status: trio.TaskStatus[StallingProxy] = trio.TASK_STATUS_IGNORED) -> None:
        """Carry until cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                task_status.started(self)
                while True:
                    await self._accept(nursery)
        finally:
            self._listener.close()

    async def _accept(self, nursery: trio.Nursery) -> None:
        """Take the next connection; while nobody listens, wait for that to change."""
        listener = self._listener
        try:
            near, _ = await listener.accept()
        except (trio.ClosedResourceError, OSError):
            if listener is self._listener:
                await self._is_back.wait()
            return
        self.arrival_count += 1
        self._came.set()
        self._came = trio.Event()
        nursery.start_soon(self._carry, near)

    async def _carry(self, near: trio.socket.SocketType) -> None:
        carriage = Carriage(near, self._weather)
        self._carried.add(carriage)
        try:
            await carriage.keep(self._far)
        finally:
            self._carried.discard(carriage)

    async def _far(self) -> trio.socket.SocketType:
        """A connection to where everything goes. Raises OSError."""
        plain, address = await trio.to_thread.run_sync(self._dial)
        far = trio.socket.from_stdlib_socket(plain)
        try:
            await far.connect(address)
        except BaseException:
            far.close()
            raise
        return far


def _listener(port: int) -> trio.socket.SocketType:
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    plain.bind(("127.0.0.1", port))
    plain.listen(BACKLOG)
    return trio.socket.from_stdlib_socket(plain)


def to_loopback(port: int) -> Dial:
    """Connections to `port` of this machine."""
    return lambda: (socket.socket(), ("127.0.0.1", port))


@asynccontextmanager
async def stalling_proxy(dial: Dial) -> AsyncIterator[StallingProxy]:
    """A proxy in this process, until the context ends."""
    async with trio.open_nursery() as nursery:
        yield await nursery.start(StallingProxy(dial).keep)
        nursery.cancel_scope.cancel()
