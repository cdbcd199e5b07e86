"""The house: the rooms that are open in this process, from the moment they open until all are shut."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import trio

from agentgather.live.keeping import OpenRoom
from agentgather.room.names import MessageId, RoomId

log = logging.getLogger(__name__)


class House:
    """Open rooms by id. `keep` gives a room its tasks; a room that breaks is shut and told, the others go on."""

    def __init__(self) -> None:
        self._rooms: dict[RoomId, OpenRoom] = {}

    def __iter__(self) -> Iterator[OpenRoom]:
        return iter(self._rooms.values())

    def __len__(self) -> int:
        return len(self._rooms)

    def find(self, room_id: str) -> OpenRoom | None:
        return self._rooms.get(RoomId(room_id))

    async def keep(
        self,
        open_room: OpenRoom,
        *,
        unfinished_scrubs: Sequence[MessageId] = (),
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve `open_room` until cancelled. The one supervision point of a room's own tasks."""
        room_id = open_room.room.id
        self._rooms[room_id] = open_room
        try:
            await open_room.keep(unfinished_scrubs=unfinished_scrubs, task_status=task_status)
        except Exception:
            log.exception("a room broke and is shut", extra={"event": "bug", "room": room_id})
        finally:
            open_room.room.dismiss()
            del self._rooms[room_id]

    def dismiss(self) -> None:
        """End every held wait with an answer; new ones are answered at once."""
        for open_room in self:
            open_room.room.dismiss()
