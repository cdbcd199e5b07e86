"""A tool: what a model reads of it, and what it does; and one call of one, with the way to the caller's room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from agentgather.client.persist import persist
from agentgather.client.room_client import RoomClient

Json = dict[str, Any]
T = TypeVar("T")


class Chair(Protocol):
    """The seat that tools act as. There is one a server, or one a token."""

    def meet(self, client_name: str | None) -> None:
        """Hear what the client calls itself, before it asks for anything."""
        ...

    def reach(self) -> AbstractAsyncContextManager[RoomClient]:
        """A client of the seat's room. The first time this may take the seat: raises what that raises (Trouble, Refused …)."""
        ...


Progress = Callable[[float, float | None, str], Awaitable[None]]


async def _untold(_: float, __: float | None, ___: str) -> None:
    """The progress of a call whose caller wants to hear of none."""


@dataclass(slots=True)
class Call:
    """One call of a tool. `progress(seconds, of, words)` keeps a client from giving up on a call that takes long."""

    chair: Chair
    progress: Progress = field(default=_untold)

    async def ask(self, question: Callable[[RoomClient], Awaitable[T]]) -> T:
        """What the room answers to `question`, asked anew for a while when nobody answers: for what is safe to repeat."""

        async def attempt() -> T:
            async with self.chair.reach() as room:
                return await question(room)

        return await persist(attempt)


@dataclass(frozen=True, slots=True)
class Tool:
    """`run` is given arguments that fit `takes`, and answers an object that fits `gives`, or raises.

    `is_idempotent`: the same call again changes nothing more. No tool of ours destroys what somebody wrote.
    """

    name: str
    title: str
    description: str
    takes: Json
    gives: Json
    run: Callable[[Call, Json], Awaitable[Json]]
    is_read_only: bool = False
    is_idempotent: bool = False
