"""`agentgather room start`: create a room in this home."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags, settle
from agentgather.cli.new_room import NEW_ROOM, NewRoomFlags, open_new_room
from agentgather.cli.output import output_for
from agentgather.cli.own_name import own_name
from agentgather.room.message import timestamp
from agentgather.room.names import room_id
from agentgather.settings.exposure import is_local_url
from agentgather.settings.values import base_url


def start(
    room: str,
    *,
    url: str | None = None,
    show_token: Annotated[bool, Parameter(negative=())] = False,
    new: NewRoomFlags = NEW_ROOM,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Create a room in this home. It is served by `agentgather room serve`; `agentgather up` does both at once.

    Parameters
    ----------
    room
        Its name: 1 to 64 lowercase letters, digits and hyphens.
    url
        Where it will be reached. Default: this machine, at the setting port.
    show_token
        Print the host's token too. It is kept in this home in any case.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    settings = settle(home, ttl=new.ttl).settings
    opened = open_new_room(home, room_id(room), new, base_url=_base_url(url, settings.daemon.port), settings=settings)
    seat = opened.seat
    answer = {
        "ok": True,
        "room": seat.room,
        "alias": seat.alias,
        "baseUrl": seat.base_url,
        "expires_at": timestamp(opened.expires_at) if opened.expires_at else None,
    }
    lines = [
        f"room {seat.room} is created; you are its host, {seat.alias}",
        f"  serve it   {own_name()} room serve{flags.again}",
        f"  invite     {own_name()} room invite ALIAS{flags.again}",
    ]
    if opened.expires_at is not None:
        lines.append(f"  it ends    {timestamp(opened.expires_at)} ({own_name()} room extend moves that)")
    if show_token:
        answer["token"] = seat.token
        lines.append(f"  token      {seat.token}")
    output.answer(answer, *lines)


def _base_url(url: str | None, port: int) -> str:
    """What was given as a base URL, or where the daemon is going to listen."""
    if url is None:
        return f"http://127.0.0.1:{port}"
    try:
        checked = base_url(url)
    except ValueError as allowed:
        raise Failure("usage", f"--url is {allowed}", field="url") from None
    if checked is None or not (checked.startswith("https://") or is_local_url(checked)):
        raise Failure(
            "usage", "--url beyond this machine has to be https: tokens never travel in the clear", field="url"
        )
    return checked
