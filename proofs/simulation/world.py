"""One simulated world: a room on a host's machine, those who visit it, and what goes wrong, from one seed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import trio

from agentgather.keep import Daemon, keep_daemon
from agentgather.room.founding import found
from agentgather.room.limits import RoomLimits
from agentgather.room.names import new_alias, room_id
from agentgather.room.participant import Kind, Policy
from agentgather.settings.shape import ApiLimits, DaemonSettings, Settings
from agentgather.store.home import Home
from agentgather.store.opening import create_room
from proofs.figures import Figures
from proofs.simulation.agents import Agent, Host, Listener, Reader, Talker
from proofs.simulation.asking import Door
from proofs.simulation.books import Books
from proofs.simulation.calendar import Calendar
from proofs.simulation.machine import BEGINNING, HERE, Machine, Process
from proofs.simulation.network import Network
from proofs.simulation.storage import ProcessDisk, Storage
from proofs.simulation.trace import Trace

ROOM = room_id("lab")
PORT = 8787
BREAK_SECONDS = 60.0  # from one thing that goes wrong in a meeting to the next, on average
LOOPBACK = Door("loopback", "127.0.0.1", PORT, f"127.0.0.1:{PORT}")
Seated = TypeVar("Seated", bound=Agent)


class World:
    def __init__(self, seed: str, folder: Path, *, hours: float, figures: Figures) -> None:
        self.seed = seed
        self.hours = hours
        self.figures = figures
        self.trace = Trace()
        self.random = Random(f"world {seed}")
        self.books = Books(ROOM, figures=figures, trace=self.trace)
        self.calendar = Calendar(Random(f"calendar {seed}"))
        self.hold_seconds_max = self.random.choice([55, 1_800])
        self._home = Home(folder)
        self._daemon: Daemon | None = None
        self._processes: list[Process] = []

    async def run(self) -> None:
        """Live for so many hours. Raises Disproved."""
        try:
            await self._live()
        finally:
            for process in self._processes:
                process.die()

    async def _live(self) -> None:
        async with trio.open_nursery() as nursery:
            network = Network(Random(f"network {self.seed}"), self.trace, nursery)
            storage = Storage(lambda _, content, is_anew: self.books.durable(content, is_anew))
            self.laptop = Machine(
                "laptop", "127.0.0.2", network=network, storage=storage, random=Random(f"laptop {self.seed}")
            )
            network.add(self.laptop)
            host = self._found()
            nursery.start_soon(self._keep_daemon)
            await self._people(host, nursery)
            nursery.start_soon(self._break_things)
            await trio.sleep(self.hours * 3600)
            nursery.cancel_scope.cancel()
        self.figures.count("simulated hours", round(self.hours))

    def _found(self) -> Host:
        token = "agt_" + sha256(f"{self.seed}".encode()).hexdigest()[:43]
        first = found(
            ROOM,
            host=new_alias("ops"),
            host_kind=Kind.HUMAN,
            brief="Ship it.",
            policy=Policy.MANUAL_OK,
            expires_at=None,
            now=BEGINNING,
            limits=RoomLimits(),
        )
        digest = sha256(token.encode()).hexdigest()
        create_room(self._home, first, host_token_hash=digest, random_bytes=self.laptop.random.randbytes)
        path = self._home.messages_file(ROOM)
        self.books.durable(bytearray(path.read_bytes()), is_anew=False)
        return self._agent(Host, "ops", token)

    def _agent(self, kind: type[Seated], alias: str, token: str, **more: Any) -> Seated:
        return kind(
            alias, token, LOOPBACK, self.books, self.trace, Random(f"{alias} {self.seed}"), self.calendar, **more
        )

    async def _people(self, host: Host, nursery: trio.Nursery) -> None:
        people = Process(self.laptop, "people")
        self._processes.append(people)
        HERE.set(people)
        for number in range(2):
            token = await host.invite(f"talker-{number}", kind="human" if number else "agent")
            nursery.start_soon(self._agent(Talker, f"talker-{number}", token).run)
        for number in range(2):
            token = await host.invite(f"listener-{number}")
            nursery.start_soon(
                self._agent(Listener, f"listener-{number}", token, hold_seconds_max=self.hold_seconds_max).run
            )
        token = await host.invite("reader", role="observer")
        nursery.start_soon(self._agent(Reader, "reader", token).run)

        async def steer() -> None:
            while True:
                await host.steer()

        host.pace = (5, 300)
        nursery.start_soon(steer)

    async def _keep_daemon(self) -> None:
        """The host's daemon, again and again."""
        settings = Settings(
            daemon=DaemonSettings(port=PORT, drain_seconds=5, presence_flush_seconds=60),
            api=ApiLimits(hold_seconds_max=self.hold_seconds_max),
        )
        while True:
            while not self.laptop.has_power:
                await trio.sleep(self.random.uniform(1, 60))
                self.laptop.restore_power()
            process = self.process = Process(self.laptop, "daemon")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(process.run, partial(self._serve, process, settings))
            self._daemon = None
            self.trace("the daemon is gone")
            self.figures.count("daemons ended")
            await trio.sleep(self.random.uniform(0.1, 5))

    async def _serve(self, process: Process, settings: Settings) -> None:
        await keep_daemon(
            self._home,
            [ROOM],
            settings,
            is_mounted=False,
            ground=process.ground,
            disk=ProcessDisk(process),
            task_status=self,
        )

    def started(self, daemon: Daemon) -> None:
        """As a task_status."""
        self._daemon = daemon
        self.trace("the daemon serves")

    async def _break_things(self) -> None:
        while True:
            if self.random.random() < 0.9:
                await self.calendar.busy()
            await trio.sleep(self.random.expovariate(1 / BREAK_SECONDS))
            process = self.process
            if process.is_dead or not self.laptop.has_power:
                continue
            match self.random.randrange(5):
                case 0:
                    self.trace("power cut")
                    self.figures.count("power cuts")
                    self.laptop.lose_power()
                case 1:
                    self.trace("kill")
                    self.figures.count("kills")
                    process.die()
                case 2:
                    self._doom(process, "power cuts", self.laptop.lose_power)
                case 3:
                    self._doom(process, "kills", process.die)
                case 4:
                    if self._daemon is not None:
                        self.trace("stop")
                        self.figures.count("orderly stops")
                        self._daemon.stop()

    def _doom(self, process: Process, what: str, death: Callable[[], None]) -> None:
        steps = self.random.randrange(12)
        self.trace(f"doomed in {steps} steps: {what}")

        def die() -> None:
            self.trace("doom")
            self.figures.count(f"{what} between two steps of the disk")
            death()

        process.doom = (steps, die)


class BugsAreHeard(logging.Handler):
    """Whatever the product itself calls a bug ends the world."""

    def __init__(self) -> None:
        super().__init__()
        self.bugs: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == "bug":
            self.bugs.append(self.format(record))
