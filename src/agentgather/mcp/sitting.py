"""Which process of this machine sits on which seat of a home: what a claim tells to whoever looks for the seat beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentgather.room.names import Alias, RoomId, alias, room_id
from agentgather.room.refusals import Refusal
from agentgather.store.home import Home

BYTES_READ = 32
MARK = b"pid "


@dataclass(frozen=True, slots=True)
class Sitter:
    """`pid` sat down on the seat of `alias` in `room`. It may have ended since: the pid is then nobody's, or another's."""

    room: RoomId
    alias: Alias
    pid: int


def sitters(home: Home) -> Iterator[Sitter]:
    """Everybody who sat down last on a seat of `home`, by name. Never raises for a file that is no claim of ours."""
    for path in sorted(home.seats_directory.glob("*@*.claim")):
        room, _, who = path.stem.partition("@")
        try:
            with path.open("rb") as file:
                told = file.read(BYTES_READ)
            if told.startswith(MARK) and (number := told.removeprefix(MARK).strip()).isdigit():
                yield Sitter(room_id(room), alias(who), int(number))
        except (OSError, Refusal):
            continue
