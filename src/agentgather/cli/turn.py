"""A command's turn: its seat, its output, and the way to its room. All that ask a room go through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

from agentgather.cli.flags import Flags
from agentgather.cli.output import Output, output_for
from agentgather.cli.seats import acting_seat
from agentgather.client.doors import reach
from agentgather.client.room_client import RoomClient
from agentgather.client.seat import ActingSeat
from agentgather.room.names import Alias, RoomId, alias, room_id
from agentgather.store.home import Home

T = TypeVar("T")


@dataclass(slots=True)
class Turn:
    """What a command has in hand while it runs."""

    home: Home
    seat: ActingSeat
    output: Output

    def reach(self, *, may_open_room: bool = True) -> AbstractAsyncContextManager[RoomClient]:
        """A client of the seat's room; see `client.doors`."""
        return reach(self.seat, self.home, may_open_room=may_open_room)

    async def ask(self, question: Callable[[RoomClient], Awaitable[T]]) -> T:
        """What the room answers to `question`, asked anew for a while when nobody answers: safe to repeat only."""
        from agentgather.client.persist import persist

        async def attempt() -> T:
            async with self.reach() as room:
                return await question(room)

        return await persist(attempt)

    async def who(self) -> tuple[RoomId, Alias]:
        """The room and the alias of the seat; the room is asked when the seat is a bare token."""
        if self.seat.room is not None and self.seat.alias is not None:
            return self.seat.room, self.seat.alias
        status = await self.ask(lambda room: room.status())
        return room_id(str(status.get("room"))), alias(str(status.get("me")))


def open_turn(flags: Flags) -> Turn:
    """The turn of a command with `flags`. Raises Failure, DocumentDamaged."""
    home = flags.open_home()
    return Turn(home, acting_seat(flags, home), output_for(is_json=flags.json))


def take_turn(flags: Flags, work: Callable[[Turn], Awaitable[int | None]]) -> int:
    """Run `work` and answer the command's exit code."""
    import trio

    turn = open_turn(flags)
    return trio.run(work, turn) or 0
