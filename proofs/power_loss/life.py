"""A machine's life, run under the trace: `python -m proofs.power_loss.life MACHINE SEED PART`.

A real daemon serves a room in a home, people and agents act in it over sockets, and a broker's leases and the home's own
documents are kept beside it. Whatever anybody is told is written to the file of marks in the moment they are. The first
part makes the room; each later one finds it as the one before left it, in order or killed.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import trio
from tests import rooms

from agentgather.room.message import timestamp
from agentgather.room.names import Alias, RoomId
from agentgather.room.refusals import Refusal
from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.store.home import Home, Seat
from agentgather.store.tunnel_note import TunnelHold, TunnelNote
from agentgather.tunnel.keys import HostKey
from agentgather_broker.refusals import Refused
from agentgather_broker.registry import Registry
from agentgather_broker.routes import RouteLimits, Routes
from proofs.power_loss.promises import ROOM
from proofs.power_loss.restart import HOME, LEASES

MARKS = "marks"
REFUSED_EXIT = 3
SETTINGS = Settings(daemon=DaemonSettings(port=0, presence_flush_seconds=0.1))  # checkpoints amid everything
GUESTS = ("ben", "eva", "kim")
BRIEF = "What the room began with."
ACTS = 9  # in one part
TEXT_LONG = 3_000  # characters: a post over several sectors


class Life:
    def __init__(self, machine: Path, chance: Random, part: int) -> None:
        self.home = Home(machine / HOME)
        self.leases = machine / LEASES
        self.chance = chance
        self.part = part
        self._marks = os.open(machine.parent / MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._said = 0
        self._heard = 0
        self._brief = 0

    def mark(self, kind: str, **told: Any) -> None:
        os.write(self._marks, json.dumps({"kind": kind, **told}).encode())

    async def live(self) -> None:
        seat = self._host_seat()
        self.mark("key", public=HostKey.load(self.home.host_key_file).public.hex())
        async with trio.open_nursery() as nursery:
            running: rooms.RunningRoom = await nursery.start(rooms.keep_room, self.home.root, seat, SETTINGS)
            await self._hear(running.host)
            await self._acknowledge(running)
            for _ in range(ACTS):
                await self.chance.choice(
                    [self._talk] * 5
                    + [self._acknowledge, self._invite, self._steer, self._take_back, self._keep_places, self._route]
                )(running)
                await self._hear(running.host)
            if self.chance.random() < 0.2:
                self.mark("closing")
                if (await running.host.ask("POST", "/close", json={})).is_success:
                    self.mark("closed")
            await running.stop()

    def _host_seat(self) -> Seat:
        """The seat of the room's host, who makes it when it is not there."""
        if not self.home.hosts(RoomId(ROOM)):
            rooms.create(self.home.root, name=ROOM, brief=BRIEF)
            self.mark("created", brief=BRIEF)
        token = "agt_" + sha256(f"{self.home.root}{ROOM}".encode()).hexdigest()[:43]  # as tests.rooms makes it
        seat = Seat(RoomId(ROOM), rooms.HOST, "http://127.0.0.1:8787", token)
        self._keep_seat(seat)
        return seat

    def _keep_seat(self, seat: Seat) -> None:
        name = f"{seat.room}@{seat.alias}"
        self.mark("asking_seat", name=name, token=seat.token)
        with suppress(OSError):
            self.home.keep_seat(seat)
            self.mark("seat", name=name, token=seat.token)

    async def _hear(self, somebody: rooms.Guest) -> None:
        """Read all that is new: what one was shown is there for good."""
        answer = await somebody.get("/messages", since_id=self._heard)
        self._heard = answer["next_since_id"]
        self.mark("heard", records=[(one["id"], one["text"]) for one in answer["messages"]])

    def _people(self, running: rooms.RunningRoom) -> list[rooms.Guest]:
        guests = [seat for seat in self.home.seats() if seat.alias != rooms.HOST]
        return [running.host, *(rooms.Guest(running.url, seat.alias, seat.token, running.client) for seat in guests)]

    async def _talk(self, running: rooms.RunningRoom) -> None:
        """Several speak at once, some at length."""
        people = self._people(running)
        async with trio.open_nursery() as nursery:
            for _ in range(self.chance.randrange(1, 7)):
                nursery.start_soon(self._say, self.chance.choice(people), self._words())

    async def _say(self, somebody: rooms.Guest, text: str) -> None:
        answer = await somebody.ask("POST", "/messages", json={"text": text})
        if answer.is_success:
            self.mark("heard", records=[(answer.json()["message"]["id"], text)])

    async def _acknowledge(self, running: rooms.RunningRoom) -> None:
        """Somebody says to have before it what it is asked now, or was asked once: in another part, and said so then."""
        if len(self._people(running)) == 1:
            await self._invite(running)
        for guest in self._people(running)[1:]:
            text = self._words()
            answer = await running.host.ask("POST", "/messages", json={"text": text, "to": [guest.alias]})
            if answer.is_success:
                self.mark("heard", records=[(answer.json()["message"]["id"], text)])
            read = await guest.ask("GET", "/messages", params={"since_id": 0})
            asked = [one for one in read.json()["messages"] if "proof" in one] if read.is_success else []
            for one in self.chance.sample(asked, min(len(asked), 2)):
                said = {"proof": one["proof"], "done": self.chance.random() < 0.3}
                if (await guest.ask("POST", f"/messages/{one['id']}/ack", json=said)).is_success:
                    self.mark("acknowledged", number=one["id"], alias=guest.alias, is_done=said["done"])

    def _words(self) -> str:
        self._said += 1
        length = self.chance.choice([10, 10, 200, 600, TEXT_LONG])
        return f"part {self.part}, said {self._said}: " + self.chance.randbytes(length // 2).hex()

    async def _invite(self, running: rooms.RunningRoom) -> None:
        """Somebody gets a seat, or another token; keeps it, comes, and may go or be sent away."""
        alias = self.chance.choice(GUESTS)
        self.mark("asking_token", alias=alias)
        answer = await running.host.ask("POST", "/invites", json={"alias": alias, "kind": "human", "rotate": True})
        if not answer.is_success:  # the room is closed, or the disk refuses
            return
        token = answer.json()["token"]
        self.mark("token", alias=alias, digest=sha256(token.encode()).hexdigest())
        self._keep_seat(Seat(RoomId(ROOM), Alias(alias), running.url, token))
        guest = rooms.Guest(running.url, alias, token, running.client)
        await guest.ask("POST", "/join", json={})
        await guest.ask("POST", "/profile", json={"display_name": f"{alias} {self.part}"})
        if self.chance.random() < 0.2:
            await guest.ask("POST", "/leave", json={})
        elif self.chance.random() < 0.2:
            await running.host.ask("POST", f"/participants/{alias}/remove", json={})

    async def _steer(self, running: rooms.RunningRoom) -> None:
        self._brief += 1
        body = f"Brief {self.part}.{self._brief} " + "x" * self.chance.randrange(2_000)
        self.mark("asking_brief", body=body)
        if (await running.host.ask("POST", "/brief", json={"body": body})).is_success:
            self.mark("brief", body=body)
        await running.host.ask("POST", "/extend", json={"ttl": f"{self.chance.randrange(1, 48)}h"})

    async def _take_back(self, running: rooms.RunningRoom) -> None:
        """The host takes a message back, and its text out of the log or not."""
        answer = await running.host.get("/messages", since_id=0)
        posts = [one["id"] for one in answer["messages"] if one["type"] == "message" and not one.get("retracted")]
        if posts:
            number = self.chance.choice(posts)
            self.mark("asking_scrub", number=number)
            if self.chance.random() < 0.3:
                await running.host.ask("POST", f"/messages/{number}/retract", json={})
            elif (await running.host.ask("POST", f"/messages/{number}/scrub", json={})).is_success:
                self.mark("scrubbed", number=number)

    async def _keep_places(self, running: rooms.RunningRoom) -> None:
        """What commands keep in the home: how far somebody has read, where a tunnel leads."""
        alias = self.chance.choice((rooms.HOST, *GUESTS))
        now = timestamp(datetime.now(UTC))
        since_id = self.chance.randrange(1, 100)
        note = TunnelNote(os.getpid(), "https://b.example/lab", "https://b.example", "lab", running.url, True, now)
        with suppress(OSError):
            self.home.keep_cursor(RoomId(ROOM), Alias(alias), since_id, now=now)
            self.mark("cursor", alias=alias, since_id=since_id)
            hold = TunnelHold.take(self.home, RoomId(ROOM), now=now)
            hold.note(note)
            hold.release()

    async def _route(self, running: rooms.RunningRoom) -> None:
        """A broker on this machine gives a subdomain out."""
        routes = Routes(RouteLimits(), mint=lambda prefix: prefix + self.chance.randbytes(8).hex())
        registry = Registry(routes, state_file=self.leases, on_over=lambda route: None)
        slug = f"room-{self.chance.randrange(10**6)}"
        owner = f"key-{slug}"
        with suppress(OSError, Refused):
            await registry.restore()
            await registry.register(slug, owner)
            self.mark("lease", slug=slug, owner=owner)


def main() -> int:
    life = Life(Path(sys.argv[1]), Random(f"{sys.argv[2]} {sys.argv[3]}"), int(sys.argv[3]))
    code = 0
    try:
        trio.run(life.live)
    except* (OSError, Refusal) as trouble:  # the disk refused at a moment when nothing runs without it
        print(trouble.exceptions, file=sys.stderr)
        code = REFUSED_EXIT
    return code


if __name__ == "__main__":
    sys.exit(main())
