"""`agentgather room current`: which seat the commands act as."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.errors import Refused, Unreachable
from agentgather.store.lock import RoomLocked


def current(*, show_token: Annotated[bool, Parameter(negative=())] = False, flags: Flags = ANYONE) -> int:
    """Show which seat commands act as, and whether its room answers.

    Parameters
    ----------
    show_token
        Print the token too: whoever sees it can speak as you.
    """

    async def work(turn: Turn) -> None:
        seat = turn.seat
        status, trouble = await _status(turn)
        told: dict[str, Any] = {
            "roomId": seat.room or status.get("room"),
            "alias": seat.alias or status.get("me"),
            "baseUrl": seat.base_url,
        }
        state = status.get("room_status")
        lines = [f"{single(told['alias'])} in {single(told['roomId'])}, at {single(seat.base_url)}"]
        lines.append(f"the room is {single(state)}" if state else f"the room does not answer: {single(trouble)}")
        if show_token:
            told["token"] = seat.token
            lines.append(f"token {seat.token}")
        turn.output.answer({"ok": True, "current": told, "room_status": state}, *lines)

    return take_turn(flags, work)


async def _status(turn: Turn) -> tuple[dict[str, Any], str | None]:
    """The room's status, or why there is none: the seat is there all the same."""
    try:
        async with turn.reach() as room:
            return await room.status(), None
    except (Refused, Unreachable) as error:
        return {}, error.message
    except RoomLocked as locked:
        return {}, str(locked)
