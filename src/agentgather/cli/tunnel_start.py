"""`agentgather tunnel start`: publish a room from the background, and return once its public URL answers."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from time import monotonic

import trio

from agentgather.cli.background import errors, first_line, spawn
from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.output import output_for, single
from agentgather.cli.publication import Publication, one_room, settle_publication
from agentgather.cli.tunnel_failures import tunnel_running
from agentgather.cli.tunnel_run import CAUTION
from agentgather.client.asking import Json, ask, new_http
from agentgather.client.errors import Refused, Unreachable
from agentgather.store.home import Home
from agentgather.store.lock import holder_of
from agentgather.store.tunnel_note import TunnelRunning

LIVE_SECONDS = 30.0  # for the first link: a broker that is being restarted is back by then
ANSWER_SECONDS = 10.0  # for the public URL to answer once the link is live
TRY_AGAIN_SECONDS = 0.2
END_SECONDS = 10.0  # for a tunnel that is told to stop


def start(
    room: str | None = None,
    *,
    broker: str | None = None,
    subdomain: str | None = None,
    target: str | None = None,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Publish a room from the background; `agentgather tunnel stop` ends it. What it has to say goes to a file beside the room.

    Parameters
    ----------
    room
        The room. Default: the current one.
    broker
        The broker's URL. Default: the setting broker_url.
    subdomain
        The room's name there. Default: the setting subdomain, else the room's own name.
    target
        Where the room answers on this machine. Default: where its daemon says.
    """
    output, home = output_for(is_json=flags.json), flags.open_home()
    publication = settle_publication(home, one_room(home, room), broker=broker, subdomain=subdomain, target=target)
    holder = holder_of(home.tunnel_lock_file(publication.room))
    if holder is not None:
        raise tunnel_running(TunnelRunning(publication.room, holder))
    log = home.tunnel_log_file(publication.room)
    answer = _first_answer(_spawn(home, publication, log=log), log=log)
    url = str(answer["public_base_url"])
    trouble = trio.run(_until_it_answers, url)
    if trouble is not None:
        answer["warning"] = f"the link is live, yet {url} does not answer from here: {trouble}"
    lines = [
        output.paint(f"{publication.room} is published at {single(url)}", "1"),
        f"  {CAUTION}",
        f"  agentgather tunnel stop {publication.room}{flags.again} takes it off the web; it logs to {log}",
    ]
    output.answer(answer, *lines, *([single(answer["warning"])] if trouble is not None else []))


def _spawn(home: Home, publication: Publication, *, log: Path) -> subprocess.Popen[bytes]:
    """The tunnel as a process of its own, whose first line says that it is live."""
    words = [
        *("tunnel", "run", publication.room, "--json", "--home", str(home.root)),
        *("--broker", publication.broker_url, "--subdomain", publication.slug),
        *(("--target", publication.target_url) if publication.is_target_given else ()),
    ]
    return spawn(words, log=log)


def _first_answer(process: subprocess.Popen[bytes], *, log: Path) -> Json:
    """What the tunnel says once it is live. Raises Failure, with the tunnel's own reason, when it ends before."""
    line = first_line(process, until=monotonic() + LIVE_SECONDS)
    if line is not None and line.endswith(b"\n"):
        process.returncode = 0  # it stays when we go, so nobody is to wait for it, nor to be warned that nobody did
        return dict(json.loads(line))
    if line is None:
        process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    last = next(errors(log), None)
    if line is None or last is None:
        raise Failure(
            "unreachable",
            f"the broker did not take the room within {LIVE_SECONDS:.0f} seconds"
            if line is None
            else f"the tunnel ended at once (exit code {code})",
            hint=f"see {log}",
        )
    raise Failure(
        str(last.get("error")), str(last.get("message")), hint=last.get("hint"), field=last.get("field"), ends_with=code
    )


async def _until_it_answers(url: str) -> str | None:
    """None once a room answers at `url`, else why none did. No token goes along."""
    trouble = "it said nothing"
    async with new_http(url) as http:
        with trio.move_on_after(ANSWER_SECONDS):
            while True:
                try:
                    (await ask(http, "GET", f"{url}/healthz", token=None)).object()
                except (Refused, Unreachable) as error:
                    trouble = error.message
                else:
                    return None
                await trio.sleep(TRY_AGAIN_SECONDS)
    return trouble
