"""Everybody in the room: who writes by which door, and who reads in which way."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
from tests.network.visitors import Visitor
from tests.rooms import ROOM

from agentgather.room.names import new_alias
from agentgather.store.home import Home, Seat
from proofs.kills.books import Books, Heard, Marks
from proofs.kills.commands import Commands
from proofs.kills.doors import CommandDoor, CurlDoor, Door, WebDoor, quick
from proofs.kills.house import PATIENCE_SECONDS, House
from proofs.kills.readers import Attending, Streaming, Waiting
from proofs.kills.scene import Hand
from proofs.kills.writers import Gate, Writer
from proofs.proof import Disproved

QUICK_SECONDS = 0.02  # between the posts of a client that runs
COMMAND_SECONDS = 2.0  # and of a command that has to start
COMMANDS_PER_EXEC = 12
# What Chromium sends with a fetch of the page; through a broker the page is sandboxed, and of no origin.
PAGE = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept": "*/*",
    "Accept-Language": "en-GB,en;q=0.9",
    "Cache-Control": "no-cache",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}


@dataclass
class People:
    """`hand` strikes; the others go on by themselves."""

    hand: Hand
    writers: list[Writer]
    readers: list[Streaming | Waiting | Attending]
    visitors: list[Visitor]

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Everybody writes and reads until the context ends; then all that was begun is told to its end, and heard."""
        try:
            async with self._talking():
                yield
        finally:
            for visitor in self.visitors:
                visitor.leave()

    @asynccontextmanager
    async def _talking(self) -> AsyncIterator[None]:
        async with trio.open_nursery() as reading:
            for reader in self.readers:
                reading.start_soon(reader.keep_reading)
            async with trio.open_nursery() as writing:
                for writer in self.writers:
                    writing.start_soon(writer.keep_writing)
                yield
                for writer in self.writers:
                    writer.stop()
                writing.cancel_scope.deadline = trio.current_time() + PATIENCE_SECONDS
            if writing.cancel_scope.cancelled_caught:
                raise Disproved("posts were not acknowledged after the last start")
            books = self.writers[0].books
            with trio.move_on_after(PATIENCE_SECONDS) as hearing:
                await books.heard_by_all(max(books.recorded.values()))
            if hearing.cancelled_caught:
                raise Disproved(f"not everybody heard the end: {[(one.alias, one.last_id) for one in books.readers]}")
            reading.cancel_scope.cancel()


async def gather(house: House, books: Books, commands: Commands, *, gate: Gate, chance: random.Random) -> People:
    """Invite everybody into the room, which has to be served."""
    folder = house.home.parent
    page = PAGE | {"Origin": house.url, "Referer": f"{house.url}/", "Sec-Fetch-Site": "same-origin"}
    far_page = PAGE | {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    host = Visitor(house.url, "ops", house.token)
    visitors = [host]

    async def invited(alias: str, url: str, headers: dict[str, str] | None = None) -> Visitor:
        answer = await host.ask("POST", "/invites", body={"alias": alias, "kind": "human"})
        if not answer.is_success:
            raise Disproved(f"{alias} was not invited: {answer.text}")
        books.marks[alias] = Marks()
        visitors.append(Visitor(url, alias, answer.json()["token"], quick(), headers=headers or {}))
        return visitors[-1]

    async def home_of(alias: str) -> Home:
        guest = await invited(alias, house.url)
        home = Home(folder / alias)
        home.keep_seat(Seat(ROOM, new_alias(alias), house.url, guest.token))
        return home

    def writer(alias: str, door: Door, pause_seconds: float) -> Writer:
        return Writer(alias, door, pause_seconds, books, gate, house.figures)

    def heard(alias: str) -> Heard:
        books.readers.append(Heard(alias))
        return books.readers[-1]

    def command(home: Home) -> CommandDoor:
        return CommandDoor(commands, home.root, chance, house.figures, exec_every=COMMANDS_PER_EXEC)

    writers = [
        writer("mira", WebDoor(await invited("mira", house.url, page)), QUICK_SECONDS),
        writer("jonas", WebDoor(await invited("jonas", house.public_url, far_page)), QUICK_SECONDS),
        writer("curly", CurlDoor(await invited("curly", house.url), folder), 10 * QUICK_SECONDS),
        writer("ops", command(Home(house.home)), COMMAND_SECONDS),
        writer("rev", command(await home_of("rev")), COMMAND_SECONDS),
    ]
    attending = await commands.start(
        *("attend", "--since", "0", "--json"), home=(await home_of("ada")).root, log=folder / "attend.jsonl"
    )
    readers: list[Streaming | Waiting | Attending] = [
        Streaming(await invited("lea", house.url, page), heard("lea"), books),
        Streaming(await invited("noor", house.public_url, far_page), heard("noor"), books),
        Waiting(await invited("waits", house.url), heard("waits"), books),
        Waiting(await invited("farwaits", house.public_url), heard("farwaits"), books),
        Attending(attending, heard("ada"), books),
    ]
    hand = await invited("hand", house.url)
    return People(Hand("hand", hand.token, house.token), writers, readers, visitors)
