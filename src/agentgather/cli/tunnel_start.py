"""`agentgather tunnel start`: publish a room from the background, and return once its public URL answers."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import trio

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
from agentgather.store.private_files import open_private
from agentgather.store.tunnel_note import TunnelRunning

LIVE_SECONDS = 30.0  # for the first link: a broker that is being restarted is back by then
ANSWER_SECONDS = 10.0  # for the public URL to answer once the link is live
TRY_AGAIN_SECONDS = 0.2
END_SECONDS = 10.0  # for a tunnel that is told to stop
LOG_BYTES_READ = 65_536


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
    """The tunnel as a process of its own, whose first line says that it is live. Nothing secret is in its arguments."""
    words = [
        *("tunnel", "run", publication.room, "--json", "--home", str(home.root)),
        *("--broker", publication.broker_url, "--subdomain", publication.slug),
        *(("--target", publication.target_url) if publication.is_target_given else ()),
    ]
    descriptor = open_private(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "agentgather", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            start_new_session=True,
            cwd="/",
        )
    finally:
        os.close(descriptor)


def _first_answer(process: subprocess.Popen[bytes], *, log: Path) -> Json:
    """What the tunnel says once it is live. Raises Failure, with the tunnel's own reason, when it ends before."""
    line = _line(process, until=monotonic() + LIVE_SECONDS)
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
    last = next(_errors(log), None)
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


def _line(process: subprocess.Popen[bytes], *, until: float) -> bytes | None:
    """The first line of the process, an unfinished one when it ended, None when it said nothing in time."""
    assert process.stdout is not None
    with process.stdout as stream:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([stream], [], [], max(0.0, until - monotonic()))
            if not ready:
                return None
            part = os.read(stream.fileno(), 65_536)
            if not part:
                return line
            line += part
        return line


def _errors(log: Path) -> Iterator[dict[str, Any]]:
    """The errors in the log that commands end with, the last one first."""
    for line in reversed(log.read_bytes()[-LOG_BYTES_READ:].splitlines()):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("ok") is False:
            yield value


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
