"""`agentgather room close`: end the room, for good."""

from __future__ import annotations

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn


def close(*, flags: Flags = ANYONE) -> int:
    """Close the room, for good. Everybody who waits is told; what was said stays readable."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.close())
        turn.output.answer(answer, f"the room is {single(answer.get('room_status'))}; what was said stays readable")

    return take_turn(flags, work)
