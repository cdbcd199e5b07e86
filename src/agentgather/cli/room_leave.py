"""`agentgather room leave`: go away for now."""

from __future__ import annotations

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.turn import Turn, take_turn


def leave(*, flags: Flags = ANYONE) -> int:
    """Say that you go. The seat and its token stay: come back with any command."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.leave())
        turn.output.answer(answer, "you left; your seat stays")

    return take_turn(flags, work)
