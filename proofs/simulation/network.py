"""A simulated network: who listens where, what a path between two machines does to what it carries, and how it fails."""

from __future__ import annotations

import errno
import socket as stdlib
from collections.abc import Callable
from random import Random
from typing import Any

import trio

from proofs.simulation.machine import HERE, Machine, Process
from proofs.simulation.sockets import Address, Socket, break_off, pair, wrapped

FIRST_PORT = 20_000
PIECE_BYTES = 65_536
KNOCK_AGAIN_SECONDS = 1.0  # a full backlog takes no notice of who knocks (tcp(7))


class Path:
    """What lies between two machines. While it is down everything waits; a reset ends what it carries."""

    def __init__(self, machines: tuple[Machine, Machine], random: Random, *, seconds: tuple[float, float]) -> None:
        self.machines = machines
        self.random = random
        self.seconds = seconds
        self.is_up = True
        self.doom: tuple[int, Callable[[], None]] | None = None  # so many steps of what it carries from now
        self._changed = trio.Event()
        self.carriages: dict[Carriage, None] = {}

    def set_up(self, is_up: bool) -> None:
        self.is_up = is_up
        self._changed.set()
        self._changed = trio.Event()

    def step(self) -> None:
        """A piece is about to arrive, or has just arrived."""
        if self.doom is not None:
            steps, end = self.doom
            self.doom = (steps - 1, end)
            if steps <= 0:
                self.doom = None
                end()

    async def cross(self) -> None:
        """Be under way, for as long as it takes."""
        await trio.sleep(self.random.uniform(*self.seconds))
        while not self.is_up:
            await self._changed.wait()


class Network(trio.abc.SocketFactory):
    """trio's sockets come from here while a world runs. `nursery` carries what goes between machines."""

    def __init__(self, random: Random, nursery: trio.Nursery) -> None:
        self._random = random
        self._nursery = nursery
        self._machines: dict[str, Machine] = {}
        self._paths: dict[frozenset[str], Path] = {}
        self._listeners: dict[Address, Socket] = {}
        self._callers: dict[bytes, tuple[Socket, Carriage | None]] = {}
        self._carriages: dict[Socket, Carriage] = {}
        self._next_port = FIRST_PORT
        trio.socket.set_custom_socket_factory(self)

    def socket(self, family: int = stdlib.AF_INET, type: int = stdlib.SOCK_STREAM, proto: int = 0) -> Socket:
        if family not in (stdlib.AF_INET, stdlib.AF_INET6) or type != stdlib.SOCK_STREAM:
            raise OSError(errno.EAFNOSUPPORT, "there is nothing but TCP here")
        return Socket(HERE.get())

    def add(self, machine: Machine) -> None:
        self._machines[machine.address] = machine

    def path(self, one: Machine, other: Machine) -> Path:
        names = frozenset({one.name, other.name})
        if names not in self._paths:
            self._paths[names] = Path((one, other), Random(self._random.random()), seconds=(0.005, 0.06))
        return self._paths[names]

    def listen(self, process: Process, host: str, port: int) -> list[trio.SocketListener]:
        """As serving.server.bind; every machine has loopback to itself, and is reached by its own address too."""
        own = (process.machine.address, port or self._port())
        if own in self._listeners:
            raise OSError(errno.EADDRINUSE, f"somebody listens at {own}")
        plain = stdlib.socket(stdlib.AF_UNIX, stdlib.SOCK_STREAM)
        plain.bind("")  # any abstract address
        plain.listen(64)
        listener = Socket(process, inner=trio.socket.from_stdlib_socket(plain), own=(host, own[1]))
        self._listeners[own] = listener
        return [trio.SocketListener(listener)]

    async def connect(self, socket: Socket, to: Address) -> None:
        """Raises OSError when nobody listens there; waits for as long as nothing comes back."""
        here = socket.process.machine
        there = here if to[0] in ("127.0.0.1", here.address) else self._machines[to[0]]
        if there is not here:
            await self.path(here, there).cross()
            while not there.has_power:
                await trio.sleep(KNOCK_AGAIN_SECONDS)
        else:
            await trio.lowlevel.checkpoint()
        far, name = await self._knock(there, to[1])
        socket.own, socket.peer = (here.address, self._port()), to
        if there is here:
            socket.inner = far
            self._callers[name] = (socket, None)
            return
        near, socket.inner = pair()
        carriage = Carriage(self.path(here, there), (here, there), (near, far), socket)
        self._callers[name] = (socket, carriage)
        self._carriages[socket] = carriage
        self._nursery.start_soon(carriage.run)
        await self.path(here, there).cross()

    async def _knock(self, there: Machine, port: int) -> tuple[Any, bytes]:
        """A connection to whoever listens there, and the name by which its other end knows it."""
        while True:
            listener = self._listeners.get((there.address, port))
            if listener is None or listener.fileno() < 0:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens there")
            plain = stdlib.socket(stdlib.AF_UNIX, stdlib.SOCK_STREAM)
            plain.bind("")
            plain.setblocking(False)
            name: bytes = plain.getsockname()
            try:
                plain.connect(listener.inner.getsockname())
            except BlockingIOError:
                plain.close()
                await trio.sleep(KNOCK_AGAIN_SECONDS)
            else:
                return wrapped(plain), name

    def introduce(self, accepted: Socket, name: bytes) -> None:
        """Tell a socket that was accepted who is at its other end."""
        caller, carriage = self._callers.pop(name)
        accepted.peer = caller.own
        if carriage is None:
            accepted.partner = caller
        else:
            self._carriages[accepted] = carriage

    def forget(self, socket: Socket) -> None:
        """It is closed."""
        own = (socket.process.machine.address, socket.own[1])
        if self._listeners.get(own) is socket:
            del self._listeners[own]
        carriage = self._carriages.pop(socket, None)
        if carriage is not None and socket.is_reset and not socket.process.is_mute:
            carriage.stop()

    def _port(self) -> int:
        self._next_port += 1
        return self._next_port


class Carriage:
    """One connection between two machines: each piece is under way for a while, and arrives in order or never.

    A machine that lost its power says nothing any more; whoever goes on speaking to it hears, once it is back, that it
    knows of no such connection.
    """

    def __init__(self, path: Path, machines: tuple[Machine, Machine], ends: tuple[Any, Any], caller: Socket) -> None:
        self._path = path
        self._machines = machines
        self._boots = [machine.boots for machine in machines]
        self._ends = ends
        self._caller = caller
        self._scope = trio.CancelScope()

    async def run(self) -> None:
        self._path.carriages[self] = None
        near, far = self._ends
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._carry, near, far, 0)
                    nursery.start_soon(self._carry, far, near, 1)
            if self._scope.cancelled_caught:
                self._break_off()
        finally:
            del self._path.carriages[self]
            near.close()
            far.close()

    def stop(self) -> None:
        """Both sides hear of a reset."""
        self._scope.cancel()

    def _knows(self, side: int) -> bool:
        """Whether the machine of that side still knows of it."""
        return self._boots[side] == self._machines[side].boots

    async def _carry(self, source: Any, sink: Any, side: int) -> None:
        while True:
            try:
                content = await source.recv(PIECE_BYTES)
            except OSError:
                content = None
            if self._knows(side):
                await self._path.cross()
            if not self._knows(side):
                return  # nothing comes from there any more
            if not self._knows(1 - side):
                await self._be_unknown(1 - side)
                return
            if content is None:
                self.stop()
                return
            try:
                if not content:
                    sink.shutdown(stdlib.SHUT_WR)
                    return
                self._path.step()
                rest = memoryview(content)
                while rest:
                    rest = rest[await sink.send(rest) :]
                self._path.step()
            except (OSError, trio.ClosedResourceError):
                self.stop()
                return

    async def _be_unknown(self, side: int) -> None:
        """Nobody answers until that machine is back; then it says that it knows of no such connection."""
        while not self._machines[side].has_power:
            await trio.sleep(KNOCK_AGAIN_SECONDS)
        await self._path.cross()
        self.stop()

    def _break_off(self) -> None:
        near, far = self._ends
        if self._caller.inner is not None:
            break_off(near, self._caller.inner)
        far.close()
