"""A room comes into being: whole, or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from agentgather.api.seal import START
from agentgather.room.keeping import SavedSeat
from agentgather.room.message import Message, moment
from agentgather.room.names import RoomId
from agentgather.room.participant import Attention
from agentgather.room.state import RoomState, apply
from agentgather.store.documents import RoomDocuments
from agentgather.store.home import Home
from agentgather.store.journal import sealed
from agentgather.store.private_files import (
    make_private_directory,
    storage_trouble,
    sync_directory,
    turn_at,
    write_private,
)

UNFINISHED = ".new-"  # how a directory begins that a crash in the middle of a creation leaves; no room is called so


class RoomExists(Exception):
    """A room of this name is in this home already, or what is left of one."""

    def __init__(self, room: RoomId) -> None:
        super().__init__(room)
        self.room = room


class NoSuchRoom(Exception):
    """This home holds no room of this name."""

    def __init__(self, room: RoomId) -> None:
        super().__init__(room)
        self.room = room


def create_room(
    home: Home,
    first: Message,
    *,
    host_token_hash: str,
    keep_token: Callable[[], None] = lambda: None,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> None:
    """Make the room whose log begins with `first`. Raises RoomExists, StorageFull or StorageFailed.

    Everything is made durable in a hidden directory, which is then renamed: a crash leaves no half room. One creation
    at a time in a home, so that what lies there unfinished is nobody's, and is swept. `keep_token` is called when the name
    is known to be free and before the room is there: no room is without somebody who can open it. It may raise OSError.
    """
    try:
        make_private_directory(home.rooms_directory)
        with turn_at(home.rooms_directory):
            if not _is_free(home.room_directory(first.room)):
                raise RoomExists(first.room)
            _sweep(home.rooms_directory)
            keep_token()
            _build(home, first, host_token_hash=host_token_hash, random_bytes=random_bytes)
    except OSError as error:
        raise storage_trouble(error) from error


def _build(home: Home, first: Message, *, host_token_hash: str, random_bytes: Callable[[int], bytes]) -> None:
    site = Home(home.rooms_directory / f"{UNFINISHED}{first.room}")
    try:
        _furnish(site, first, host_token_hash=host_token_hash, random_bytes=random_bytes)
        place = home.room_directory(first.room)
        if place.exists():  # how far somebody here had read in a namesake elsewhere: of no use any more
            shutil.rmtree(place)
        site.room_directory(first.room).rename(place)
        sync_directory(home.rooms_directory)
    finally:
        shutil.rmtree(site.root, ignore_errors=True)


def _furnish(site: Home, first: Message, *, host_token_hash: str, random_bytes: Callable[[int], bytes]) -> None:
    """Put the room's files into its directory at `site`."""
    kept, _ = sealed([first], head=START, random_bytes=random_bytes)
    state = apply(RoomState(first.room), first)
    host = next(iter(state.participants.values()))
    make_private_directory(site.room_directory(first.room))
    write_private(site.messages_file(first.room), kept[0].line)
    documents = RoomDocuments(site, first.room)
    documents.save_roster(
        [SavedSeat(host, host_token_hash, None, Attention.ATTENDING, moment(first.ts))], through_id=state.last_id
    )
    documents.save_room(state)


def _is_free(place: Path) -> bool:
    """Whether a room can be made here: there is nothing, or only cursors of a room of this name on another machine."""
    return not place.exists() or [path.name for path in place.iterdir()] == ["cursors"]


def _sweep(rooms: Path) -> None:
    for leftover in rooms.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
