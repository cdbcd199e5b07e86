"""One simulated world: a room on a host's laptop, a broker, everybody who comes, and what goes wrong, from one seed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import trio
from tests.store.logs import first_record

from agentgather.room.limits import RoomLimits
from agentgather.room.names import room_id
from agentgather.settings.shape import ApiLimits, DaemonSettings, Settings, TunnelSettings
from agentgather.store.home import Home
from agentgather.store.opening import create_room
from agentgather_broker.shape import BrokerSettings, RelayLimits
from proofs.figures import Figures
from proofs.proof import Disproved
from proofs.simulation.agents import Agent, Follower, Host, Listener, Reader, Talker
from proofs.simulation.asking import Door
from proofs.simulation.books import Books
from proofs.simulation.calendar import Calendar
from proofs.simulation.claims import Claims
from proofs.simulation.hosting import BrokerDaemon, Daemon, RoomDaemon
from proofs.simulation.machine import BEGINNING, HERE, Machine, Process
from proofs.simulation.network import Network
from proofs.simulation.storage import Storage
from proofs.simulation.trace import Tell, Trace
from proofs.simulation.villains import Claimant, Flooder, Guesser, Staller
from proofs.simulation.weather import Weather

ROOM = room_id("lab")
PORT = 8787
BROKER_PORT = 8799
LAPTOP, BROKER = "127.0.0.2", "127.0.0.3"
LOOPBACK = Door("loopback", "127.0.0.1", PORT, f"127.0.0.1:{PORT}")
PUBLIC = Door("public", BROKER, BROKER_PORT, f"{BROKER}:{BROKER_PORT}", slug=ROOM)
BROKER_URL = f"http://{BROKER}:{BROKER_PORT}"
CONTESTED = "contested"  # a slug that two hosts claim, and neither has
POSTS_PER_MINUTE = 30  # of a participant: so that a flood of a few dozen is one
PATIENT_SECONDS = 1_800.0  # of the waits in worlds whose settings allow it
IMPATIENT_SHARE = 8  # worlds in which everybody asks every minute are so many times shorter
SETTLE_SECONDS = 600.0  # from the last thing that breaks to the last record heard by everybody

NEVER = (  # each of them would have ended the world
    "records heard and not durable",
    "records lost or doubled",
    "answers behind what somebody had heard",
    "waits that ended in no way of theirs",
    "slugs that changed hands",
)

Seated = TypeVar("Seated", bound=Agent)


class World:
    """Everything that happens is in `trace`; `run` raises Disproved for what may not."""

    def __init__(self, seed: str, folder: Path, *, hours: float, figures: Figures, tell: Tell = None) -> None:
        self.seed = seed
        self.figures = figures
        self.trace = Trace(tell)
        self.books = Books(ROOM, figures=figures, trace=self.trace)
        self.claims = Claims(figures=figures, trace=self.trace)
        self.calendar = Calendar(self._chance("calendar"))
        random = self._chance("world")
        self._is_patient = random.random() < 0.8
        self.hours = hours if self._is_patient else hours / IMPATIENT_SHARE
        self._has_broker = random.random() < 0.8
        self._home = Home(folder / "laptop")
        self._state_file = folder / "broker" / "state.json"
        self._people: list[Process] = []
        self._listeners: list[Listener] = []
        self._broken: Disproved | None = None
        self._steering = trio.CancelScope()

    async def run(self) -> None:
        """Live for so many hours, see whether everybody heard everything, and end."""
        try:
            async with trio.open_nursery() as nursery:
                self._scope = nursery.cancel_scope
                self._network = Network(self._chance("network"), nursery)
                self._laptop = self._machine("laptop", LAPTOP)
                daemons: list[Daemon] = [self._room_daemon()]
                if self._has_broker:
                    daemons.append(self._broker_daemon())
                self.weather = self._weather(daemons)
                host = self._found()
                for daemon in daemons:
                    nursery.start_soon(daemon.keep)
                await self._come_together(host, nursery)
                nursery.start_soon(self.weather.run)
                await trio.sleep_until(self.hours * 3600)
                self.weather.clear_up()
                await self._settle(host)
                nursery.cancel_scope.cancel()
        finally:
            for process in self._people:
                process.die()
        if self._broken is not None:
            raise self._broken
        self.figures.count("simulated hours", round(self.hours))
        for never in NEVER:
            self.figures.count(never, 0)

    def _chance(self, whose: str) -> Random:
        """Each has chances of its own, so that what one of them does more of changes nothing for the others."""
        return Random(f"{whose} {self.seed}")

    def _machine(self, name: str, address: str) -> Machine:
        storage = Storage(self._durable)
        machine = Machine(name, address, network=self._network, storage=storage, random=self._chance(name))
        self._network.add(machine)
        return machine

    def _durable(self, _: Path, content: bytearray, is_anew: bool) -> None:
        """What a log durably says now. It is said in the middle of the product's own call, which may catch what we raise."""
        try:
            self.books.durable(content, is_anew)
        except Disproved as broken:
            self._broken = self._broken or broken
            self._scope.cancel()

    def _room_daemon(self) -> RoomDaemon:
        settings = Settings(
            daemon=DaemonSettings(port=PORT, drain_seconds=5, presence_flush_seconds=60),
            room=RoomLimits(posts_per_minute=POSTS_PER_MINUTE),
            api=ApiLimits(hold_seconds_max=int(PATIENT_SECONDS)) if self._is_patient else ApiLimits(),
            tunnel=TunnelSettings(BROKER_URL) if self._has_broker else TunnelSettings(),
        )
        return RoomDaemon(self._home, [ROOM], settings, self._laptop, **self._of_daemon("daemon"))

    def _broker_daemon(self) -> BrokerDaemon:
        relay = RelayLimits(heartbeat_seconds=60, held_response_seconds=PATIENT_SECONDS + 20)
        settings = BrokerSettings(
            host=BROKER,
            port=BROKER_PORT,
            registration="open",
            state_file=str(self._state_file),
            drain_seconds=5,
            relay=relay if self._is_patient else RelayLimits(),
        )
        self._broker = self._machine("broker", BROKER)
        return BrokerDaemon(settings, self._broker, **self._of_daemon("broker"))

    def _of_daemon(self, name: str) -> dict[str, Any]:
        return {"random": self._chance(f"keeper of {name}"), "figures": self.figures, "trace": self.trace}

    def _weather(self, daemons: list[Daemon]) -> Weather:
        machines = [daemon.machine for daemon in daemons]
        paths = [self._network.path(*machines)] if len(machines) > 1 else []
        return Weather(daemons, paths, self.calendar, self._chance("weather"), self.figures, self.trace)

    def _found(self) -> Host:
        token = "agt_" + sha256(self.seed.encode()).hexdigest()[:43]
        first = first_record(ROOM, now=BEGINNING)
        digest = sha256(token.encode()).hexdigest()
        create_room(self._home, first, host_token_hash=digest, random_bytes=self._laptop.random.randbytes)
        self.books.durable(bytearray(self._home.messages_file(ROOM).read_bytes()), is_anew=False)
        return self._agent(Host, "ops", token, pace=(5, 60))

    async def _come_together(self, host: Host, nursery: trio.Nursery) -> None:
        """The host invites everybody; half of them come through the broker, from machines of their own."""
        self._be_on(self._laptop)

        async def steer() -> None:
            with self._steering:
                while True:
                    await host.steer()

        async def seated(kind: type[Seated], alias: str, **more: Any) -> Seated:
            who = "human" if kind in (Talker, Flooder) and alias.endswith("0") else "agent"
            role = "observer" if kind is Reader else "guest"
            return self._agent(kind, alias, await host.invite(alias, kind=who, role=role), **more)

        nursery.start_soon(steer)
        hold = PATIENT_SECONDS if self._is_patient else 55.0
        for door in [LOOPBACK, PUBLIC] if self._has_broker else [LOOPBACK]:
            near = door is LOOPBACK
            place = "near" if near else "far"
            people = [
                await seated(Talker, f"{place}-talker-{0 if near else 1}", door=door),
                await seated(Listener, f"{place}-listener", door=door, hold_seconds_max=hold),
                await seated(Reader, f"{place}-reader", door=door),
                await seated(Staller, f"{place}-staller", door=door, pace=(5, 60)),
                await seated(Guesser, f"{place}-guesser", door=door, pace=(5, 30)),
                await seated(Flooder, f"{place}-flooder-0", door=door, pace=(60, 300)),
                await seated(Follower, f"{place}-follower", door=door, hold_seconds=hold),
            ]
            await host.invite(people[4].alias)  # from now on the guesser's token is an old one
            for number, one in enumerate(people):
                if isinstance(one, Listener):
                    self._listeners.append(one)
                if not near:
                    machine = self._machine(one.alias, f"127.0.1.{number + 1}")
                    self.weather.paths.append(self._network.path(machine, self._broker))
                    self._be_on(machine)
                nursery.start_soon(one.run)
        if self._has_broker:
            for number in range(2):
                self._be_on(self._machine(f"claimant-{number}", f"127.0.2.{number + 1}"))
                nursery.start_soon(self._claimant(f"claimant-{number}").run)

    def _agent(self, kind: type[Seated], alias: str, token: str, *, door: Door = LOOPBACK, **more: Any) -> Seated:
        chance = self._chance(alias)
        return kind(
            alias, token, door, self.books, self.trace, chance, self.calendar, self.claims, self.weather, **more
        )

    def _claimant(self, name: str) -> Claimant:
        chance = self._chance(name)
        return Claimant(name, BROKER_URL, [ROOM, CONTESTED, CONTESTED], self.claims, self.calendar, chance)

    def _be_on(self, machine: Machine) -> None:
        """Tasks that are started from here on belong to a process of their own there."""
        process = Process(machine, "visitor")
        self._people.append(process)
        HERE.set(process)

    async def _settle(self, host: Host) -> None:
        """Nothing breaks any more: whoever listens hears of everything, and of the room's end."""
        self._steering.cancel()
        with trio.move_on_after(SETTLE_SECONDS):
            while self._behind():
                await trio.sleep(5)
            self._be_on(self._laptop)
            await host.close()
            while not all(one.is_done for one in self._listeners):
                await trio.sleep(5)
            return
        raise Disproved(f"at the end of the world some had not heard of record {self.books.last_id}: {self._behind()}")

    def _behind(self) -> list[str]:
        return [f"{one.alias} is at {one.since_id}" for one in self._listeners if one.since_id < self.books.last_id]
