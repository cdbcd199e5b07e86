"""The rooms of a trial, served by one daemon and furnished with everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import trio
from tests.network.line import Line
from tests.rooms import create

from agentgather.keep import Daemon, keep_daemon
from agentgather.room.limits import RoomLimits
from agentgather.room.names import Alias, room_id
from agentgather.room.participant import Kind
from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.store.home import Home
from agentgather.store.home import Seat as KeptSeat
from proofs.loops.agents import Agent, CliAgent, CurlAgent, Seat
from proofs.loops.characters import Act, Character, Me, Message, answers, calls_everybody, obeys
from proofs.loops.constellation import Constellation
from proofs.loops.gathering import Gathering, Person

ROOMS = ("lab", "annex")
PLENTY = 1_000_000  # of writes a minute: nothing but the guard shall stop anybody


@asynccontextmanager
async def served(folder: Path, told: Constellation, choices: Random) -> AsyncIterator[list[Gathering]]:
    """Everybody has a seat; nobody attends yet."""
    limits = RoomLimits(loop_posts_max=told.posts_max, posts_per_minute=PLENTY, writes_per_minute=PLENTY)
    settings = Settings(room=limits, daemon=DaemonSettings(port=0, drain_seconds=3))
    names = ROOMS[: len(told.characters)]
    kind = Kind.AGENT if told.host_is_agent else Kind.HUMAN
    hosts = [create(folder, name=name, host_kind=kind) for name in names]
    async with trio.open_nursery() as nursery:
        keep = partial(keep_daemon, is_mounted=len(names) > 1)
        daemon: Daemon = await nursery.start(keep, Home(folder), [room_id(name) for name in names], settings)
        furnishing = _Furnishing(folder, told, choices, daemon)
        gatherings = [
            await furnishing.gather(host, characters) for host, characters in zip(hosts, told.characters, strict=True)
        ]
        if told.is_copied:
            await furnishing.join_by_copies(*gatherings)
        yield gatherings
        daemon.stop()


@dataclass
class _Furnishing:
    folder: Path
    told: Constellation
    choices: Random
    daemon: Daemon

    async def gather(self, host: KeptSeat, characters: tuple[Character, ...]) -> Gathering:
        url, open_room = self.daemon.url_of(host.room), self.daemon.house.find(host.room)
        assert open_room is not None
        ops = Person(Seat(url, host.alias, host.token), Line(url))
        mira, eve = [await _invited(ops, name, Kind.HUMAN) for name in ("mira", "eve")]
        listener = Agent(eve, self._me("eve", ["mira"]))
        log = Home(self.folder).messages_file(host.room)
        gathering = Gathering(url, log, open_room.room, ops, Person(mira, Line(url)), listener)
        await self._seat_agents(gathering, characters)
        return gathering

    async def join_by_copies(self, one: Gathering, other: Gathering) -> None:
        """An agent with a seat in both rooms says in each what it hears in the other."""
        seats = [await _invited(gathering.host, "copier", Kind.AGENT) for gathering in (one, other)]
        for gathering, ear, mouth in zip((one, other), seats, reversed(seats), strict=True):
            gathering.agents.append(Agent(ear, self._me("copier", ["a1"]), _copies, mouth=mouth))

    async def _seat_agents(self, gathering: Gathering, characters: tuple[Character, ...]) -> None:
        names = [f"a{number}" for number in range(1, len(characters) + 1)]
        if self.told.has_cli:
            await self._seat_cli(gathering)
            characters = (answers, *characters[1:])
        if self.told.has_curl:
            await self._seat_curl(gathering)
            characters = (calls_everybody, *characters[1:])
        everybody = [*names, *gathering.names]
        for name, character in zip(names, characters, strict=True):
            seat = await _invited(gathering.host, name, Kind.AGENT)
            gathering.agents.append(Agent(seat, self._me(name, everybody), character))
        if self.told.host_is_agent:
            host = gathering.host.seat
            gathering.agents.append(Agent(host, self._me(host.alias, everybody), obeys))

    async def _seat_cli(self, gathering: Gathering) -> None:
        seat = await _invited(gathering.host, "cli", Kind.AGENT)
        home = Home(self.folder / "cli")
        home.keep_seat(KeptSeat(room_id(ROOMS[0]), Alias("cli"), seat.url, seat.token))
        gathering.agents.append(CliAgent("cli", home))

    async def _seat_curl(self, gathering: Gathering) -> None:
        seat = await _invited(gathering.host, "curl", Kind.AGENT)
        card = await seat.ask(gathering.host.line, "GET", "/card")
        gathering.agents.append(CurlAgent("curl", card.text, self.folder / "curl"))

    def _me(self, name: str, everybody: list[str]) -> Me:
        return Me(name, [other for other in everybody if other != name], Random(self.choices.random()))


async def _invited(host: Person, name: str, kind: Kind) -> Seat:
    issued = await host.post("/invites", {"alias": name, "kind": kind.value})
    return Seat(host.seat.url, name, issued["token"])


def _copies(message: Message, me: Me) -> list[Act]:
    return [Act("/messages", {"text": f"{message['from']} said next door: {message['text'][:500]}"})]
