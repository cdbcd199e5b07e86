"""`agentgather mcp`: the room as tools for a model, over standard input and output."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.seats import acting_seat, handed_token
from agentgather.room.names import RoomId, new_alias, room_id
from agentgather.store.home import Home

if TYPE_CHECKING:
    from agentgather.mcp.tool import Chair


def mcp(
    *,
    alias: str | None = None,
    host: Annotated[bool, Parameter(negative=())] = False,
    folder: str | None = None,
    flags: Flags = ANYONE,
) -> None:
    """Serve the room as tools for a model, over standard input and output, until they are closed.

    An MCP client starts this. With a token, or with --room ROOM@ALIAS, it acts as that seat; in an agent that
    `agentgather run` started, as that agent. Otherwise it takes a seat in the room of this home that --room names, or that is
    named after the project's folder: agents that work in one folder meet there.

    Parameters
    ----------
    alias
        The alias to sit as. Default: after the client, such as claude; claude-2 for the second at once.
    host
        Open the room when there is none, and serve it from the background when nobody does.
    folder
        The project's folder. Default: where this runs, up to the top of its git checkout.
    """
    import trio

    from agentgather.mcp.stdio import serve_stdio

    trio.run(serve_stdio, _chair(flags, alias=alias, is_host=host, folder=folder))


def _chair(flags: Flags, *, alias: str | None, is_host: bool, folder: str | None) -> Chair:
    from agentgather.cli.agent_seat import is_of_one_agent
    from agentgather.mcp.chairs import GivenChair, LocalChair
    from agentgather.mcp.folder import folder_of, room_of

    home = flags.open_home()
    is_given = handed_token(flags, os.environ) is not None or (flags.room is not None and "@" in flags.room)
    if is_given:
        if alias is not None or is_host or folder is not None:
            raise Failure("usage", "a token or a seat says who you are: leave --alias, --host and --folder out")
        return GivenChair(acting_seat(flags, home), home)
    if flags.url is not None:
        raise Failure("usage", "--url goes with --token-file, or with AGENTGATHER_TOKEN", field="url")
    if flags.room is not None and folder is not None:
        raise Failure("usage", "--room and --folder both say which room; give one")
    if flags.room is None and folder is None and alias is None and is_of_one_agent(home, os.environ):
        return GivenChair(acting_seat(flags, home), home)  # whatever --host says: its room is served already
    place = Path(folder) if folder is not None else Path.cwd()
    named = room_id(flags.room) if flags.room is not None else None

    def find_room() -> RoomId:
        return named if named is not None else room_of(folder_of(place), home)

    return LocalChair(
        home,
        find_room,
        keep_open=partial(_keep_open, home) if is_host else None,
        wanted=new_alias(alias) if alias is not None else None,
    )


def _keep_open(home: Home, room: RoomId) -> None:
    from agentgather.cli.mcp_hosting import keep_open
    from agentgather.settings.sources import configure

    keep_open(home, room, configure(flags={}, environ=os.environ, home=home.root).settings)
