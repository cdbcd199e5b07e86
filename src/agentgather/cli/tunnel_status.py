"""`agentgather tunnel status`: whether a room is published, where, and whether that leads to it."""

from __future__ import annotations

import trio

from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.output import output_for, single
from agentgather.cli.publication import one_room
from agentgather.client.asking import ask, new_http
from agentgather.client.errors import Refused, Unreachable
from agentgather.store.lock import holder_of
from agentgather.store.tunnel_note import living_tunnel

PROBE_SECONDS = 10.0


def status(room: str | None = None, *, flags: HomeFlags = NO_FLAGS) -> None:
    """Show whether a room is published, where, whether that leads to it, and the key by which brokers know this home.

    Parameters
    ----------
    room
        The room. Default: the current one.
    """
    from agentgather.tunnel.keys import HostKey

    output, home = output_for(is_json=flags.json), flags.open_home()
    named = one_room(home, room)
    key = HostKey.load(home.host_key_file)
    pid = holder_of(home.tunnel_lock_file(named))
    note = living_tunnel(home, named)
    state = "stopped" if pid is None else "live" if note is not None and note.is_live else "connecting"
    trouble = trio.run(_trouble, note.public_url) if note is not None and state == "live" else None
    answer = {
        "ok": True,
        "room": named,
        "status": state,
        "pid": pid,
        "public_base_url": note and note.public_url,
        "answers": trouble is None if state == "live" else None,
        "broker_url": note and note.broker_url,
        "route_slug": note and note.slug,
        "route_id": note and note.route_id,
        "target_url": note and note.target_url,
        "started_at": note and note.started_at,
        "key": key.line,
        "fingerprint": key.fingerprint,
    }
    if note is None:
        lines = [
            f"{named} is not published" if pid is None else f"{named} is not published yet; process {pid} tries to"
        ]
    elif not note.is_live:
        lines = [f"{named} has no link to {note.broker_url} at the moment; process {pid} goes on trying"]
    else:
        lines = [f"{named} is published at {note.public_url} by process {pid}"]
        lines.append(
            "  a room answers there" if trouble is None else f"  it does not answer from here: {single(trouble)}"
        )
    lines.append(f"  brokers know this home as {key.fingerprint}")
    lines.append(f"  what an operator lists: {key.line}")
    output.answer(answer, *lines)


async def _trouble(url: str) -> str | None:
    """Why no room answers at `url`; None when one does. No token goes along."""
    async with new_http(url) as http:
        with trio.move_on_after(PROBE_SECONDS):
            try:
                (await ask(http, "GET", f"{url}/healthz", token=None)).object()
            except (Refused, Unreachable) as error:
                return error.message
            return None
    return "no answer came in time"
