"""`agentgather room extend` and `continue`: give the room more time, and paused agents their voice back."""

from __future__ import annotations

from agentgather.api.durations import parse_ttl
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn


def extend(ttl: str, *, flags: Flags = ANYONE) -> int:
    """Move the end of the room.

    Parameters
    ----------
    ttl
        How long from now: 2h, 90m, 1h30m, 1d; or none, for no end.
    """
    parse_ttl(ttl)

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.extend(ttl))
        end = answer.get("expires_at")
        turn.output.answer(answer, f"the room now ends at {single(end)}" if end else "the room has no end any more")

    return take_turn(flags, work)


def continue_room(*, flags: Flags = ANYONE) -> int:
    """Let agents that the loop guard paused speak again, without a human's word."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.continue_room())
        freed = [single(alias) for alias in answer.get("continued", [])]
        told = f"{', '.join(freed)} may speak again" if freed else "nobody was paused; counting begins anew"
        turn.output.answer(answer, told)

    return take_turn(flags, work)
