"""Simulated machines, and the processes on them: they start, are killed, and lose their power."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import trio

from agentgather.serving.ground import Ground

if TYPE_CHECKING:
    from proofs.simulation.network import Network
    from proofs.simulation.sockets import Socket
    from proofs.simulation.storage import Storage

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
HERE: ContextVar[Process] = ContextVar("HERE")  # whose task this is

QUICK_SECONDS = (0.0002, 0.003)  # of a disk that has nothing else to do
SLOW_SECONDS = (0.05, 2.0)  # and of one that has
SLOW_SHARE = 0.02


class Machine:
    """Something with an address, a disk and a clock. Its processes die together when its power goes."""

    def __init__(self, name: str, address: str, *, network: Network, storage: Storage, random: Random) -> None:
        self.name = name
        self.address = address
        self.network = network
        self.storage = storage
        self.random = random
        self.boots = 0  # how often its power came back: what was connected before that is no more
        self.has_power = True
        self.processes: dict[Process, None] = {}
        self._awake = trio.Event()
        self._awake.set()

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=trio.current_time())

    def be_still(self, is_still: bool) -> None:
        """Its disk stands still, as that of a machine that swaps, or sleeps, does."""
        if not is_still:
            self._awake.set()
        elif self._awake.is_set():  # else whoever waits for it already would wait for ever
            self._awake = trio.Event()

    async def awake(self) -> None:
        await self._awake.wait()

    def lose_power(self) -> None:
        """Everything stops in this moment; of what was written and not synced, the disk has what chance leaves."""
        self.has_power = False
        self.boots += 1
        for process in list(self.processes):
            process.is_mute = True
        self.storage.lose_power(self.random)
        for process in list(self.processes):
            process.die()

    def restore_power(self) -> None:
        self.has_power = True


class Process:
    """One life of a program on `machine`. Once dead it changes nothing any more, whatever its tasks still try."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine = machine
        self.name = name
        self.is_dead = False
        self.is_mute = False  # nobody hears of its death: the whole machine went
        self.doom: tuple[int, Callable[[], None]] | None = None  # so many steps of its disk from now
        self.sockets: dict[Socket, None] = {}
        self._scope = trio.CancelScope()

    async def run(self, body: Callable[[], Awaitable[Any]]) -> None:
        """Live until `body` returns or the process is killed. Raises what `body` raises while it lives."""
        HERE.set(self)
        self.machine.processes[self] = None
        try:
            with self._scope:
                await body()
        except Exception:
            if not self.is_dead:
                raise
        finally:
            self._end()
            del self.machine.processes[self]

    def die(self) -> None:
        """As by SIGKILL: the kernel closes what was open, and what was written stays written."""
        self.is_dead = True
        self._end()
        self._scope.cancel()

    def step(self) -> None:
        """One thing that it does to its disk, before it is done. Raises OSError when it is not done any more."""
        if self.doom is not None:
            steps, death = self.doom
            self.doom = (steps - 1, death)
            if steps <= 0:
                self.doom = None
                death()
        if self.is_dead:
            raise OSError(5, "the process is dead")

    @property
    def ground(self) -> Ground:
        machine = self.machine
        return Ground(
            clock=machine.now,
            run_blocking=self._run_blocking,
            listen=lambda host, port, **_: machine.network.listen(self, host, port),
            random_bytes=machine.random.randbytes,
        )

    async def _run_blocking(self, call: Callable[..., Any], *args: Any) -> Any:
        """As a thread: it takes its time, and nobody cancels it in the middle."""
        random = self.machine.random
        bounds = SLOW_SECONDS if random.random() < SLOW_SHARE else QUICK_SECONDS
        with trio.CancelScope(shield=True):
            await trio.sleep(random.uniform(*bounds))
            await self.machine.awake()
            try:
                return call(*args)
            finally:
                await trio.sleep(random.uniform(*QUICK_SECONDS))

    def _end(self) -> None:
        for socket in list(self.sockets):
            socket.close()
