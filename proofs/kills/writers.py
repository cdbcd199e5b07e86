"""Those who write while the daemon is killed: each says one thing after another, and each until it is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from proofs.figures import Figures
from proofs.kills.books import Books
from proofs.kills.doors import Door

LONG_EVERY = 9  # so many posts, one is long: a write of many pages can be cut in the middle
LONG_UNITS_MAX = 20_000


class Gate:
    """Whether anybody may begin to write, and how many are at it."""

    def __init__(self) -> None:
        self._open = trio.Event()
        self._open.set()
        self._quiet = trio.Event()
        self.writing = 0

    def close(self) -> None:
        self._open = trio.Event()

    def open(self) -> None:
        self._open.set()

    async def quiet(self) -> None:
        """Return once nobody writes any more."""
        while self.writing:
            self._quiet = trio.Event()
            await self._quiet.wait()

    async def __aenter__(self) -> None:
        await self._open.wait()
        self.writing += 1

    async def __aexit__(self, *_: object) -> None:
        self.writing -= 1
        if not self.writing:
            self._quiet.set()


@dataclass
class Writer:
    """Says something by its door, again and again, `pause_seconds` apart."""

    alias: str
    door: Door
    pause_seconds: float
    books: Books
    gate: Gate
    figures: Figures
    _stopping: trio.Event = field(default_factory=trio.Event, repr=False)

    def stop(self) -> None:
        self._stopping.set()

    async def keep_writing(self) -> None:
        """Write until told to stop; what was begun is told to its end."""
        number = 0
        while not self._stopping.is_set():
            number += 1
            async with self.gate:
                await self.write(f"{self.alias} says number {number}" + " and so on" * padding(number))
            with trio.move_on_after(self.pause_seconds):
                await self._stopping.wait()

    async def write(self, text: str) -> None:
        said = self.books.say(self.alias, text)
        tries = 1
        while (answer := await self.door.say(said)) is None:
            tries += 1
        self.books.acknowledge(said, answer)
        self.figures.count("tries that came to nothing", tries - 1)


def padding(number: int) -> int:
    """How often a post repeats itself: mostly not at all."""
    return number * 7_919 % LONG_UNITS_MAX // len(" and so on") if number % LONG_EVERY == 0 else 0
