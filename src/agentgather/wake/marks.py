"""How far the participant itself has come in its room, as the room has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.client.room_client import RoomClient


@dataclass(frozen=True, slots=True)
class Marks:
    """`fetched_id`: what the participant was handed, or says to have read. `last_id`: of the room."""

    fetched_id: int
    last_id: int


async def marks(room: RoomClient) -> Marks:
    """Where the participant stands, and where the room does. Raises Refused, Unreachable."""
    status = await room.status()
    seats = status.get("participants", [])
    mine = next((seat for seat in seats if isinstance(seat, dict) and seat.get("alias") == status.get("me")), {})
    last_id = status.get("last_id")
    return Marks(_furthest(mine), last_id if type(last_id) is int else 2**53 - 1)


async def fetched_id(room: RoomClient) -> int:
    """As `Marks.fetched_id`, for less. Raises Refused, Unreachable."""
    seat = (await room.profile()).get("participant")
    return _furthest(seat) if isinstance(seat, dict) else 0


def _furthest(seat: Mapping[str, Any]) -> int:
    found = (seat.get(name) for name in ("delivered_id", "read_id"))
    return max((mark for mark in found if type(mark) is int), default=0)
