"""`agentgather up`: a room that works, by one command."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentgather.cli.foreground import serve_in_foreground
from agentgather.cli.host_flags import NO_FLAGS, UNSET, HomeFlags, ServeFlags, settle_daemon
from agentgather.cli.live_line import published
from agentgather.cli.new_room import NEW_ROOM, NewRoomFlags, open_new_room
from agentgather.cli.output import Output, output_for
from agentgather.cli.own_name import own_name
from agentgather.room.message import timestamp
from agentgather.room.names import RoomId, room_id
from agentgather.room.shell_commands import browser_url
from agentgather.store.home import Home, Seat
from agentgather.store.json_files import DocumentDamaged, read_document

if TYPE_CHECKING:
    from agentgather.keep import Daemon

FIRST_NAME = "room"


def up(
    room: str | None = None,
    *,
    show_token: Annotated[bool, Parameter(negative=())] = False,
    new: NewRoomFlags = NEW_ROOM,
    settings: ServeFlags = UNSET,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Open a room if there is none, say how to get in, and serve it until Ctrl-C.

    Parameters
    ----------
    room
        Its name. Default: the open room you host, else a new one called room.
    show_token
        With --json: print the host's browser link, which holds the host's token.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    configuration = settle_daemon(home, settings, ttl=new.ttl)
    chosen = room_id(room) if room is not None else _chosen(home)
    if home.hosts(chosen):
        if new != NEW_ROOM:
            output.note(f"{chosen} is here already: what you say of a new room is left aside")
    else:
        url = f"http://127.0.0.1:{configuration.settings.daemon.port}"
        is_first = home.current() is None  # else the one before stays current until this one is served
        open_new_room(home, chosen, new, base_url=url, settings=configuration.settings, is_current=is_first)

    def announce(daemon: Daemon) -> None:
        _tell(daemon, chosen, home=home, output=output, again=flags.again, show_token=show_token)

    serve_in_foreground(home, [chosen], configuration, is_mounted=False, output=output, announce=announce)


def _tell(daemon: Daemon, room: RoomId, *, home: Home, output: Output, again: str, show_token: bool) -> None:
    url = daemon.address.lasting_of(room)
    host = _host_seat(daemon, room, home=home)
    link = browser_url(url, host.token) if host is not None else None
    answer = {
        "ok": True,
        "room": room,
        "alias": host.alias if host else None,
        "url": url,
        "public_url": daemon.address.public_of(room),
    }
    if show_token:
        answer["browser_url"] = link
    served = daemon.house.find(room)
    is_open = served is None or served.room.state.is_open
    lines = [
        output.paint(f"{room} is open at {url}" if is_open else f"{room} is closed, and can be read at {url}", "1"),
        *([f"  {published(daemon.tunnel)}"] if daemon.tunnel is not None else []),
        f"  your browser   {link}" if link else "  your browser   the host's token is not in this home",
    ]
    if is_open:
        lines += [
            f"  an agent       {own_name()} room invite ALIAS{again}",
            f"  a person       {own_name()} room invite ALIAS --kind human{again}",
            "  then hand over what that prints; Ctrl-C stops serving and keeps the room",
        ]
    output.answer(answer, *lines)


def _host_seat(daemon: Daemon, room: RoomId, *, home: Home) -> Seat | None:
    """The host's seat in this home, made the current one: whoever serves a room steers it next."""
    open_room = daemon.house.find(room)
    host = open_room.room.state.host if open_room else None
    if open_room is None or host is None:
        return None
    current = home.current()
    for seat in [*([current] if current else []), *home.seats()]:
        if (seat.room, seat.alias) != (room, host.alias):
            continue
        credential = open_room.room.credentials.find(seat.token)
        if credential is not None and credential.alias == host.alias:
            with suppress(OSError):  # a room on a full disk can still be read
                home.keep_seat(seat)
            return seat
    return None


def _chosen(home: Home) -> RoomId:
    """The open room that is current here, or the first of room, room-2, … that is open or not there yet."""
    current = home.current()
    if current is not None and home.hosts(current.room) and _seems_open(home, current.room):
        return current.room
    names = (RoomId(FIRST_NAME if number == 1 else f"{FIRST_NAME}-{number}") for number in count(1))
    return next(name for name in names if not home.hosts(name) or _seems_open(home, name))


def _seems_open(home: Home, room: RoomId) -> bool:
    """What the room's checkpoint says; the room itself is asked once it is opened."""
    try:
        document = read_document(home.room_file(room))
    except DocumentDamaged:
        return True
    if not isinstance(document, dict):
        return True
    end = document.get("expires_at")
    return document.get("status") != "closed" and not (isinstance(end, str) and end <= timestamp(datetime.now(UTC)))
