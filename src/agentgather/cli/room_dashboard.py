"""`agentgather room dashboard`: the room in your browser as you, or the link to it where no browser can come up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.one_time_link import open_once
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.daemon import is_living
from agentgather.room.shell_commands import browser_url

Switch = Annotated[bool, Parameter(negative=())]


def dashboard(
    *,
    open_browser: Annotated[bool, Parameter(name="--open", negative=())] = False,
    print: Switch = False,
    flags: Flags = ANYONE,
) -> int:
    """Open the room in your browser. Without a terminal or a desktop, print the link; its fragment holds your token.

    Parameters
    ----------
    open_browser
        Open it wherever this runs, and fail where no browser comes.
    print
        Print the link, and open nothing.
    """
    if open_browser and print:
        raise Failure("usage", "--open and --print are one or the other", field="print")

    async def work(turn: Turn) -> None:
        url = _url(turn)
        link = browser_url(url, turn.seat.token)
        is_expected = turn.output.is_live and has_desktop(os.environ) and not print
        if (open_browser or is_expected) and await open_once(link):
            turn.output.answer({"ok": True, "url": url}, f"opened {url} in your browser")
        elif open_browser:
            raise Failure(
                "browser_unavailable",
                "no browser came for the link",
                hint="agentgather room dashboard --print shows it",
            )
        else:
            turn.output.answer({"ok": True, "url": link}, link)

    return take_turn(flags, work)


def has_desktop(environ: Mapping[str, str], *, platform: str = sys.platform) -> bool:
    """Whether a browser that opens is one that the person at this terminal sees: not one in the terminal, or far away."""
    if platform == "darwin":
        return "SSH_CONNECTION" not in environ
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _url(turn: Turn) -> str:
    """Where the room is reached now: where its daemon here serves it, else where the seat says."""
    room = turn.seat.room
    if room is None or not turn.home.hosts(room):
        return turn.seat.base_url
    note = turn.home.daemon(room)
    if note is not None and is_living(note):
        return note.url
    turn.output.note(f"nobody serves {room} at the moment; the link works once `agentgather room serve` runs")
    return turn.seat.base_url
