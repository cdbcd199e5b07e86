"""The two daemons of a world, each started again whenever it is gone: the room's on a laptop, and the broker's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import urlsafe_b64encode
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import trio

from agentgather.keep import keep_daemon
from agentgather.publishing import TunnelEnded
from agentgather.room.names import RoomId
from agentgather.settings.shape import Settings
from agentgather.store.home import Home
from agentgather.tunnel.keys import PREFIX
from agentgather_broker.keep import keep_broker
from agentgather_broker.shape import BrokerSettings
from proofs.figures import Figures
from proofs.simulation.machine import Machine, Process
from proofs.simulation.storage import ProcessDisk
from proofs.simulation.trace import Trace

BOOT_SECONDS = (5.0, 60.0)
RESTART_SECONDS = (0.1, 5.0)


class Daemon(ABC):
    """One program on `machine`, kept running by whoever keeps programs running there."""

    def __init__(self, name: str, machine: Machine, *, random: Random, figures: Figures, trace: Trace) -> None:
        self.name = name
        self.machine = machine
        self.process: Process | None = None
        self._random = random
        self._figures = figures
        self._trace = trace
        self._serving: Any = None  # the product's own handle on it

    @abstractmethod
    async def _serve(self, process: Process) -> None:
        """The product's daemon, until it ends."""

    @property
    def is_serving(self) -> bool:
        return self._serving is not None

    @property
    def living(self) -> Process | None:
        """Its process, while it lives."""
        return None if self.process is None or self.process.is_dead else self.process

    def stop(self) -> None:
        """Ask it to leave in order, as a signal does."""
        self._serving.stop()

    def started(self, serving: Any) -> None:
        """As a task_status."""
        self._serving = serving
        self._trace(f"{self.name} serves")

    async def keep(self) -> None:
        while True:
            while not self.machine.has_power:
                await trio.sleep(self._random.uniform(*BOOT_SECONDS))
                self.machine.restore_power()
            self.process = Process(self.machine, self.name)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.process.run, partial(self._serve, self.process))
            self.process, self._serving = None, None
            self._trace(f"{self.name} is gone")
            self._figures.count(f"ends of {self.name}")
            await trio.sleep(self._random.uniform(*RESTART_SECONDS))


class RoomDaemon(Daemon):
    """`agentgather room serve`, with its tunnel when the settings name a broker."""

    def __init__(self, home: Home, rooms: list[RoomId], settings: Settings, machine: Machine, **more: Any) -> None:
        super().__init__("the room's daemon", machine, **more)
        self._home = home
        self._rooms = rooms
        self._settings = settings
        home.root.mkdir(parents=True, exist_ok=True)
        home.host_key_file.write_text(PREFIX + _base64(self._random.randbytes(32)) + "\n")
        home.host_key_file.chmod(0o600)

    async def _serve(self, process: Process) -> None:
        try:
            await keep_daemon(
                self._home,
                self._rooms,
                self._settings,
                is_mounted=len(self._rooms) > 1,
                ground=process.ground,
                disk=ProcessDisk(process),
                task_status=self,  # type: ignore[arg-type]
            )
        except TunnelEnded as ended:
            self._trace(f"the tunnel ended: {ended.code}")
            self._figures.count(f"tunnels ended: {ended.code}")


class BrokerDaemon(Daemon):
    """`agentgather broker serve`."""

    def __init__(self, settings: BrokerSettings, machine: Machine, **more: Any) -> None:
        super().__init__("the broker", machine, **more)
        self._settings = settings
        if settings.state_file:
            Path(settings.state_file).parent.mkdir(parents=True, exist_ok=True)

    async def _serve(self, process: Process) -> None:
        await keep_broker(
            self._settings,
            access_lines=lambda line: None,
            ground=process.ground,
            task_status=self,  # type: ignore[arg-type]
        )


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
