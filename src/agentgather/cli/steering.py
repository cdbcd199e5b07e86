"""Requests that must not be made twice: an invitation repeated would be refused, a token rotated twice lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from agentgather.cli.turn import Turn
from agentgather.client.persist import persist
from agentgather.client.room_client import RoomClient

T = TypeVar("T")


async def ask_once(turn: Turn, question: Callable[[RoomClient], Awaitable[T]]) -> T:
    """What the room answers to `question`, asked once; only the way to the room is tried again while another has it."""
    async with AsyncExitStack() as stack:
        room = await persist(lambda: stack.enter_async_context(turn.reach()))
        return await question(room)
