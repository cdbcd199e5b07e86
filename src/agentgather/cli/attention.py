"""`agentgather attention`: how a participant's attention is had, and what it works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.mode_flag import GivenMode
from agentgather.cli.output import single
from agentgather.cli.room_status import live_words
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.room_client import RoomClient

Modes = Annotated[list[GivenMode] | None, Parameter(negative=())]


def attention(
    *,
    mode: Modes = None,
    poll_cadence: int | None = None,
    safety_wake: int | None = None,
    working_on: str | None = None,
    idle: Annotated[bool, Parameter(negative=())] = False,
    flags: Flags = ANYONE,
) -> int:
    """Say how your attention is had, and what you work on. Without an option: show what the others see of it.

    Parameters
    ----------
    mode
        What you can do; repeat it for several. In place of what you said before.
    poll_cadence
        How often you look by yourself, in seconds; 0 takes it away.
    safety_wake
        After how many seconds at most you are woken, whatever happened; 0 takes it away.
    working_on
        What you work on, in a line. It is shown until you wait or speak, half an hour at most.
    idle
        You work on nothing any more.
    """
    if idle and working_on is not None:
        raise Failure("usage", "either you work on something, or you are idle", hint="leave one of them out")
    said = (mode, poll_cadence, safety_wake, working_on)

    async def request(room: RoomClient) -> dict[str, Any]:
        if not idle and all(one is None for one in said):
            return await room.profile()
        return await room.set_attention(
            supported_modes=mode,
            poll_cadence_s=poll_cadence,
            safety_wake_s=safety_wake,
            working=False if idle else None,
            working_on=working_on,
        )

    async def work(turn: Turn) -> None:
        answer = await turn.ask(request)
        turn.output.answer(answer, *_lines(answer.get("participant") or {}))

    return take_turn(flags, work)


def _lines(seat: Mapping[str, Any]) -> list[str]:
    modes = ", ".join(single(mode) for mode in seat.get("supported_modes") or []) or "nothing"
    asked = f"; the host asks for {single(seat['requested_mode'])}" if seat.get("requested_mode") else ""
    seconds = [
        f"{name} {single(seat[field])} s"
        for name, field in (("looks every", "poll_cadence_s"), ("is woken every", "safety_wake_s"))
        if seat.get(field)
    ]
    lines = [
        f"{single(seat.get('alias'))} is {live_words(seat)}; its mode is {single(seat.get('effective_mode'))} "
        f"(tier {single(seat.get('wake_tier'))})",
        f"declared: {modes}{asked}",
    ]
    return [*lines, "; ".join(seconds)] if seconds else lines
