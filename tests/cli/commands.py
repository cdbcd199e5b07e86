"""Running the commands as people and agents do: as processes (of tests.warm), from homes of their own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import trio

from agentgather.room.names import Alias
from agentgather.store.home import Home, Seat
from tests.rooms import HOST, ROOM, Guest, RunningRoom
from tests.warm import WarmTask, start_warm_task

AGENTGATHER = (sys.executable, "-m", "agentgather")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on its one line of output."""
        return _one_object(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The one JSON object on its one line of errors."""
        return _one_object(self.err)


def environment(home: Home, more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "AGENTGATHER_HOME": str(home.root), **(more or {})}


async def run(
    home: Home, *words: str, stdin: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Ran:
    """Run `agentgather WORDS` in `home` to its end."""
    told: dict[str, bytes] = {}

    async def read(name: str, stream: trio.lowlevel.FdStream) -> None:
        async with stream:
            told[name] = b"".join([part async for part in stream])

    with trio.fail_after(60), TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        process = await start_warm_task(
            *words, environ=environment(home, env), stdin=given.fileno(), cwd=None if cwd is None else str(cwd)
        )
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read, "out", process.stdout)
                nursery.start_soon(read, "err", process.stderr)
            code = await process.wait()
        finally:
            process.kill()
    return Ran(code, told["out"].decode(), told["err"].decode())


async def start(home: Home, *words: str, env: Mapping[str, str] | None = None) -> WarmTask:
    """Start `agentgather WORDS`; whoever starts it ends it."""
    return await start_warm_task(*words, environ=environment(home, env))


async def first_line(process: trio.Process | WarmTask) -> str:
    """The next line that a started command prints."""
    assert process.stdout is not None
    line = b""
    with trio.fail_after(30):
        while not line.endswith(b"\n"):
            part = await process.stdout.receive_some(1)
            assert part, f"it ended after {line!r}"
            line += part
    return line.decode()


def home_of(room: RunningRoom, path: Path, guest: Guest | None = None, *, base_url: str | None = None) -> Home:
    """A home in `path` that holds the seat of `guest`, or the host's, in `room`."""
    home = Home(path)
    who = guest or room.host
    home.keep_seat(Seat(ROOM, Alias(who.alias), base_url or room.url, who.token))
    return home


def host_home(room: RunningRoom) -> Home:
    """The home that hosts `room`, with its host's seat."""
    home = Home(room.root)
    home.keep_seat(Seat(ROOM, HOST, "http://127.0.0.1:8787", room.host.token))
    return home


def _one_object(text: str) -> dict[str, Any]:
    assert text.count("\n") == 1, text
    assert text.endswith("\n")
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


async def until_waiting(room: RunningRoom, alias: str) -> None:
    """Return once `alias` holds a wait in `room`."""
    open_room = room.daemon.house.find(ROOM)
    assert open_room is not None
    with trio.fail_after(30):
        while not open_room.room.held_count(alias):
            await trio.sleep(0.002)
