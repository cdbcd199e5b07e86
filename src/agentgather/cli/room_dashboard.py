"""`agentgather room dashboard`: the link that opens the room in your browser as you."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.one_time_link import open_once
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.daemon import is_living
from agentgather.room.shell_commands import browser_url


def dashboard(
    *, open_browser: Annotated[bool, Parameter(name="--open", negative=())] = False, flags: Flags = ANYONE
) -> int:
    """Show the link for your browser. It holds your token in its fragment, which no server ever sees.

    Parameters
    ----------
    open_browser
        Open it in the browser of this machine.
    """

    async def work(turn: Turn) -> None:
        url = _url(turn)
        link = browser_url(url, turn.seat.token)
        if not open_browser:
            turn.output.answer({"ok": True, "url": link}, link)
            return
        if not await open_once(link):
            raise Failure(
                "browser_unavailable", "no browser came for the link", hint="agentgather room dashboard prints it"
            )
        turn.output.answer({"ok": True, "url": url}, f"opened {url} in your browser")

    return take_turn(flags, work)


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
