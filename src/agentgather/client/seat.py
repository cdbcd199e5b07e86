"""Who a client speaks as, and where the room is said to be."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentgather.room.names import Alias, RoomId


@dataclass(frozen=True, slots=True)
class ActingSeat:
    """A token and the base URL it is for. `room` and `alias` are None where only the room itself knows them.

    `again` are the flags that choose the same seat again, for the command that continues this one.
    """

    base_url: str
    token: str = field(repr=False)
    room: RoomId | None = None
    alias: Alias | None = None
    again: tuple[str, ...] = ()
