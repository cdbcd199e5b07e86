"""Saying in the room that the participant can be woken, for as long as somebody stands ready to do it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from agentgather.client.errors import Refused, Unreachable
from agentgather.client.follow import Reach
from agentgather.room.modes import Mode

LEAVE_SECONDS = 2.0  # to take it back, also when we are told to stop


@asynccontextmanager
async def declared(reach: Reach) -> AsyncIterator[None]:
    """Declare `wake_on_event` beside what the participant declares itself, and take that one mode back at the end.

    A room that knows nothing of modes is told nothing; one that is away is followed all the same.
    """
    before = await _said(reach)
    if before is None or Mode.WAKE in before:
        yield
        return
    await _say(reach, [*before, Mode.WAKE.value])
    try:
        yield
    finally:
        with trio.move_on_after(LEAVE_SECONDS, shield=True):
            now = await _said(reach)
            if now is not None and Mode.WAKE in now:
                await _say(reach, [one for one in now if one != Mode.WAKE])


async def _said(reach: Reach) -> list[str] | None:
    """The modes that the participant declared, None when the room says nothing of it."""
    try:
        async with reach() as room:
            seat = (await room.profile()).get("participant")
    except (Refused, Unreachable):
        return None
    if not isinstance(seat, dict) or "effective_mode" not in seat:
        return None
    return [one for one in seat.get("supported_modes", []) if isinstance(one, str)]


async def _say(reach: Reach, modes: Sequence[str]) -> None:
    try:
        async with reach() as room:
            await room.set_attention(supported_modes=modes)
    except (Refused, Unreachable):
        pass  # it is nothing that a wake depends on
