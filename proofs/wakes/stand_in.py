"""What a trial needs of the program that stands in for an agent: to bring it about, and to say what it really heard."""

from __future__ import annotations

import random
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from agentgather.wake.adapter import Adapter


class Circumstance(StrEnum):
    """What an agent is in the middle of when it is to be woken. Each passes by itself, after a random time."""

    CALM = "in calm"
    WORKING = "a turn running"
    BEGINNING = "a turn beginning while it is looked at"
    TYPING = "a person typing"
    DEAF = "the first Enter lost"  # or whatever else of a submission its program is known to lose


@dataclass
class Heard:
    """What the program took in, by its own account, since it was started. None: it has no such thing, or cannot tell."""

    lines: list[str] = field(default_factory=list)  # each that was submitted, in order; those of people too
    cancelled: int | None = None  # turns that were interrupted, though they could be seen to run
    cancelled_unshown: int | None = None  # others, that had just begun, when nothing outside the program told of them
    typed_over: int | None = None  # drafts of a person that are not what the person typed


class StandIn(Protocol):
    """One running program and the adapter that wakes it. One trial after the other plays with it."""

    adapter: Adapter
    plays: tuple[Circumstance, ...]

    def line(self, text: str) -> str:
        """The line of a wake with `text` in it, such as this program takes; at most 200 characters."""
        ...

    async def play(self, circumstance: Circumstance, choices: random.Random) -> float:
        """Bring it into `circumstance`, and answer after how many seconds `relieve` is to be called."""
        ...

    async def relieve(self) -> None:
        """End the circumstance, where it does not end by itself: the person sends the draft off."""
        ...

    async def heard(self) -> Heard:
        """All that it heard, once it has nothing more to read."""
        ...


class Opener(Protocol):
    """Starts one. `folder` is its own, and has a short path, as sockets must; at the end nothing of it runs any more."""

    def __call__(self, folder: Path) -> AbstractAsyncContextManager[StandIn]: ...
