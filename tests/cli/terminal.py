"""The commands as whoever types them meets them: in this process where that is enough, as real processes where not."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import trio

from agentgather.cli.main import run
from agentgather.room.names import room_id
from agentgather.store.home import Home
from agentgather.store.lock import holder_of
from tests.warm import Warm, start_warm

END_SECONDS = 30  # for a process to end once it was told to


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object of stdout, of a command that went well."""
        assert self.code == 0, self.err
        assert self.out.count("\n") == 1, self.out
        return dict(json.loads(self.out))

    @property
    def error(self) -> dict[str, Any]:
        """The one JSON object of stderr, of a command that did not."""
        assert self.code != 0
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        return dict(json.loads(self.err))


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any AGENTGATHER_ variable but the home, and with `extra`.

    Nor with XDG_RUNTIME_DIR: a broker of a test listens in its own home, not where its developer's does.
    """
    ours = ("AGENTGATHER_", "XDG_RUNTIME_DIR")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**plain, "AGENTGATHER_HOME": str(home), **(extra or {})}


def tell(home: Path, *words: str, stdin: str | bytes = "", environ: Mapping[str, str] | None = None) -> Ran:
    """Run one command in this process, in `home`."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    stdin_file = io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")
    with (
        patch.dict(os.environ, environment(home, environ), clear=True),
        patch.object(sys, "stdin", stdin_file),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = run(words)
    shown = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        shown.append(stream.buffer.getvalue().decode())
    return Ran(code, *shown)


async def tell_beside(home: Path, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Ran:
    """As `tell`, from a test that runs a daemon of its own meanwhile."""
    return await trio.to_thread.run_sync(lambda: tell(home, *words, stdin=stdin, environ=environ))


@dataclass
class Serving:
    """A real `agentgather room serve`, or another command that stays, which has said that it serves."""

    process: subprocess.Popen[bytes] | Warm
    first_line: str
    out: Drain
    err: Drain

    @property
    def told(self) -> dict[str, Any]:
        """The first line, of a command that was asked for JSON."""
        return dict(json.loads(self.first_line))

    @property
    def url(self) -> str:
        return self.first_line.split(" at ")[1].strip()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> Ran:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> Ran:
        """What it left behind, once it has ended by itself."""
        code = self.process.wait(END_SECONDS)
        return Ran(code, self.out.text(), self.err.text())


class Drain:
    """Reads on what a process prints: a pipe that nobody reads is full one day, and who writes to it stands still."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._pieces: list[bytes] = []
        self._thread = threading.Thread(target=self._keep_reading, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """All of it. Waits for its end."""
        self._thread.join(END_SECONDS)
        return b"".join(self._pieces).decode()

    def _keep_reading(self) -> None:
        with self._pipe:
            self._pieces.extend(iter(lambda: self._pipe.read(65_536), b""))


@contextmanager
def serving(
    home: Path, *words: str, environ: Mapping[str, str] | None = None, is_warm: bool = False
) -> Iterator[Serving]:
    """Run `room serve` (or other `words`, as real words) in a process of its own until the context ends.

    One that `is_warm` is forked where everything is imported already: for tests that are not about the command.
    """
    command = (
        words
        if words and words[0] in ("up", "room", "broker", "tunnel", "wake", "run")
        else ("room", "serve", "--port", "0", *words)
    )
    process = (
        start_warm(*command, environ=environment(home, environ)) if is_warm else start(home, *command, environ=environ)
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline().decode()
        assert line, process.communicate(timeout=END_SECONDS)[1]
        yield Serving(process, line, Drain(process.stdout), Drain(process.stderr))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(END_SECONDS)


def start(
    home: Path, *words: str, environ: Mapping[str, str] | None = None, stdout: int | IO[bytes] = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "agentgather", *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        bufsize=0,  # a line that was read leaves the next ones where they are
        env=environment(home, environ),
    )


@contextmanager
def no_tunnel_left(home: Path, room: str) -> Iterator[None]:
    """However the context ends, no tunnel that was started in it goes on in the background."""
    try:
        yield
    finally:
        pid = holder_of(Home(home).tunnel_lock_file(room_id(room)))
        if pid:
            os.kill(pid, signal.SIGKILL)
