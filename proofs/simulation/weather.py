"""What goes wrong in a world: processes are killed, power goes, networks fall silent and connections break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import trio

from proofs.figures import Figures
from proofs.simulation.calendar import Calendar
from proofs.simulation.hosting import Daemon
from proofs.simulation.machine import Machine, Process
from proofs.simulation.network import Path
from proofs.simulation.trace import Trace

BREAK_SECONDS = 25.0  # from one thing that goes wrong in a meeting to the next, on average
QUIET_SHARE = 0.1  # of the things that go wrong: whenever it may be
PAUSE_SECONDS = 20.0  # of a whole machine, on average
SILENCE_SECONDS = (0.5, 5.0, 40.0)  # of a path: shorter than anybody notices, longer than a wait for a host
DOOM_PIECES = 8  # on a path, twice each, at most, before its connections break in the middle of what is said
DOOM_STEPS = 12  # of a disk, at most, before a process dies in the middle of what it does


@dataclass
class Weather:
    """Breaks one thing after another. `since` is when something last broke or was whole again."""

    daemons: list[Daemon]
    paths: list[Path]
    calendar: Calendar
    random: Random
    figures: Figures
    trace: Trace
    since: float = 0.0
    is_calm: bool = False

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            while not self.is_calm:
                if self.random.random() > QUIET_SHARE:
                    await self.calendar.busy()
                await trio.sleep(self.random.expovariate(1 / BREAK_SECONDS))
                if self.is_calm:
                    break
                if self.paths and self.random.random() < 0.5:
                    self._break_path(
                        nursery, self.paths[0] if self.random.random() < 0.6 else self.random.choice(self.paths)
                    )
                else:
                    self._break_daemon(nursery, self.random.choice(self.daemons))
                self.since = trio.current_time()

    def clear_up(self) -> None:
        """Nothing breaks any more."""
        self.is_calm = True
        for daemon in self.daemons:
            daemon.machine.be_still(False)
            if daemon.process is not None:
                daemon.process.doom = None
        for path in self.paths:
            path.doom = None
            path.set_up(True)
        self.since = trio.current_time()

    def _break_path(self, nursery: trio.Nursery, path: Path) -> None:
        chance = self.random.random()
        if chance < 0.2:
            self._cut(path, "connections broken")
        elif chance < 0.6:
            path.doom = (
                self.random.randrange(DOOM_PIECES),
                lambda: self._cut(path, "connections broken between two pieces"),
            )
        elif path.is_up:
            seconds = self.random.expovariate(1 / self.random.choice(SILENCE_SECONDS))
            self._happens("networks silent")
            nursery.start_soon(self._silence, path, seconds)

    def _cut(self, path: Path, what: str) -> None:
        self.since = trio.current_time()
        self._happens(what)
        for carriage in list(path.carriages):
            if self.random.random() < 0.7:
                carriage.stop()

    async def _silence(self, path: Path, seconds: float) -> None:
        path.set_up(False)
        await trio.sleep(seconds)
        path.set_up(True)
        self.since = trio.current_time()

    def _break_daemon(self, nursery: trio.Nursery, daemon: Daemon) -> None:
        process = daemon.living
        if process is None:
            return
        name, machine = daemon.name, daemon.machine
        match self.random.randrange(6):
            case 0:
                self._happens(f"power cuts of {name}")
                machine.lose_power()
            case 1:
                self._happens(f"kills of {name}")
                process.die()
            case 2:
                self._doom(process, f"power cuts of {name} between two steps of the disk", machine.lose_power)
            case 3:
                self._doom(process, f"kills of {name} between two steps of the disk", process.die)
            case 4:
                if daemon.is_serving:
                    self._happens(f"orderly stops of {name}")
                    daemon.stop()

            case 5:
                self._happens(f"pauses of {name}'s machine")
                nursery.start_soon(self._pause, machine, self.random.expovariate(1 / PAUSE_SECONDS))

    async def _pause(self, machine: Machine, seconds: float) -> None:
        """Neither its disk nor its network does anything for a while. (Its timers run: trio has one clock.)"""
        paths = [path for path in self.paths if machine in path.machines]
        machine.be_still(True)
        for path in paths:
            path.set_up(False)
        try:
            await trio.sleep(seconds)
        finally:  # a world that ends meanwhile waits for its daemons, and they for their disk
            for path in paths:
                path.set_up(True)
            machine.be_still(False)
        self.since = trio.current_time()

    def _doom(self, process: Process, what: str, death: Callable[[], None]) -> None:
        def die() -> None:
            self.since = trio.current_time()
            self._happens(what)
            death()

        process.doom = (self.random.randrange(DOOM_STEPS), die)

    def _happens(self, what: str) -> None:
        self.trace(what)
        self.figures.count(what)
