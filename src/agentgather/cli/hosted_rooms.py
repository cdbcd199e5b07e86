"""Which rooms of this home a command that hosts is about."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.cli.failures import Failure
from agentgather.room.names import RoomId, room_id
from agentgather.store.home import Home


def hosted_rooms(home: Home, names: Sequence[str], *, hint: str) -> list[RoomId]:
    """The rooms that are named, else the current one, else the only one. `hint`: what to do when there are several.

    Raises Failure, and the Refusal of a name that cannot be a room's. That a named room exists is left to whoever opens it.
    """
    if names:
        return list(dict.fromkeys(map(room_id, names)))
    hosted = home.rooms()
    current = home.current()
    if current is not None and current.room in hosted:
        return [current.room]
    if not hosted:
        raise Failure("no_room", "there is no room in this home yet", hint="create one: agentgather room start NAME")
    if len(hosted) == 1:
        return hosted
    raise Failure("usage", f"this home has several rooms: {', '.join(hosted)}", hint=hint)
