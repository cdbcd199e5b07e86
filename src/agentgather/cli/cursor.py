"""How far a seat has been shown its room: read before asking, moved on only after the output is out of our hands."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from agentgather.cli.failures import Failure
from agentgather.cli.turn import Turn
from agentgather.client.errors import Refused
from agentgather.client.room_client import RoomClient
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home
from agentgather.store.json_files import read_document

SINCE_ID_MAX = 2**53 - 1


class Cursor:
    """The place of `alias` in `room`. `since_id` is the last record shown."""

    def __init__(self, turn: Turn, room: RoomId, alias: Alias, *, since_id: int) -> None:
        self.room = room
        self.alias = alias
        self.since_id = since_id
        self._turn = turn

    def keep(self, since_id: int) -> None:
        """Hand out what was printed, then remember it. A consumer that is gone (BrokenPipeError) has not seen it."""
        self._turn.output.flush()
        if since_id <= self.since_id:
            return
        self.since_id = since_id
        try:
            self._turn.home.keep_cursor(self.room, self.alias, since_id, now=_now())
        except OSError as error:
            self._turn.output.note(f"note: your place, {since_id}, could not be saved: {error.strerror}")


async def open_cursor(turn: Turn, *, since: int | None) -> Cursor:
    """The cursor of the turn's seat, at `since` when that is given. Raises Failure, DocumentDamaged."""
    if since is not None and not 0 <= since <= SINCE_ID_MAX:
        raise Failure("usage", "--since is the number of a message, 0 for the beginning", field="since")
    room, alias = await turn.who()
    return Cursor(turn, room, alias, since_id=turn.home.cursor(room, alias) if since is None else since)


def next_command(turn: Turn, *words: str, since_id: int) -> str:
    """The command that goes on from `since_id` as the same seat."""
    return shlex.join(["agentgather", *words, "--since", str(since_id), *turn.seat.again])


async def forget_namesake(home: Home, room: RoomId, alias: Alias, client: RoomClient) -> bool:
    """Forget a place that was kept before this room began: it is of another room that had the same name.

    Whoever kept it would wait beyond the first records of the new room, and miss them. Says whether it was so.
    """
    path = home.cursor_file(room, alias)
    kept = read_document(path)
    kept_at = kept.get("updatedAt") if isinstance(kept, dict) else None
    if not isinstance(kept_at, str):
        return False
    try:
        began_at = (await client.message(1)).ts
    except Refused:  # an older room may begin elsewhere
        return False
    if kept_at >= began_at:
        return False
    path.unlink(missing_ok=True)
    return True


def _now() -> str:
    from agentgather.room.message import timestamp

    return timestamp(datetime.now(UTC))
