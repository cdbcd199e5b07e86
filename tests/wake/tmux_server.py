"""A real tmux server of a test's own, on a socket of its own, with no configuration; killed at the end."""

from __future__ import annotations

import fcntl
import os
import pty
import secrets
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from agentgather.wake.processes import process, processes
from agentgather.wake.tmux import Tmux

SECONDS = 60.0  # what a busy machine may take for what takes a moment


@dataclass(frozen=True)
class Server:
    """`tmux` speaks to it; `new_pane` opens a window in it."""

    tmux: Tmux

    def run(self, *words: str) -> str:
        done = subprocess.run([*self.tmux.command(), *words], capture_output=True, text=True, check=True, env=ENVIRON)
        return done.stdout.strip()

    def new_pane(self, command: str, *, width: int = 80, height: int = 24) -> str:
        """The id of a pane that runs the words of a shell `command`, alone in a window of this size."""
        form = "#{pane_id}"
        pane = self.run("new-window", "-d", "-P", "-F", form, "-t", "main:", command)
        self.run("resize-window", "-t", pane, "-x", str(width), "-y", str(height))
        return pane

    def pid_of(self, pane: str) -> int:
        return int(self.run("display-message", "-p", "-t", pane, "#{pane_pid}"))


ENVIRON = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "PS1": "$ "}
ENVIRON.pop("TMUX", None)


class Person:
    """Somebody at a terminal of their own, which shows a server's `main` session."""

    def __init__(self, server: Server) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.execvpe("tmux", [*server.tmux.command(), "attach", "-t", "main"], ENVIRON)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._reading = threading.Thread(target=self._watch, daemon=True)
        self._reading.start()
        self._server = server

    def _watch(self) -> None:
        """What is shown has to be taken off, or the terminal is stuck."""
        with suppress(OSError):  # it ended
            while os.read(self._terminal, 65_536):
                pass

    async def come(self, pane: str) -> None:
        """Until tmux knows them, and they look at `pane`."""
        self._server.run("select-window", "-t", pane)
        with trio.fail_after(SECONDS):
            while self._server.run("list-clients", "-F", "#{pane_id}") != pane:
                await trio.sleep(0.02)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def go(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._reading.join(SECONDS)
        os.close(self._terminal)


@contextmanager
def tmux_server(folder: Path) -> Iterator[Server]:
    server = Server(Tmux(socket_path=Path(f"/tmp/agt-{secrets.token_hex(4)}"), answer_seconds=SECONDS))
    folder.mkdir(parents=True, exist_ok=True)
    words = ["-f", "/dev/null", "new-session", "-d", "-s", "main", "-x", "80", "-y", "24", "sleep 100000"]
    subprocess.run([*server.tmux.command(), *words], check=True, env=ENVIRON, cwd=folder)
    try:
        yield server
    finally:
        subprocess.run([*server.tmux.command(), "kill-server"], check=False, capture_output=True)
        assert server.tmux.socket_path is not None
        server.tmux.socket_path.unlink(missing_ok=True)


async def gone(pid: int) -> None:
    """Until the process has ended."""
    with trio.fail_after(SECONDS):
        while process(pid) is not None:
            await trio.sleep(0.02)


async def until_runs(program: str, *, count: int = 1, tty: str | None = None) -> None:
    """Until so many processes run `program`, on a terminal if one is given."""
    with trio.fail_after(SECONDS):
        while True:
            found = [one for one in processes() if one.program == program and tty in (None, one.tty)]
            if len(found) >= count:
                return
            await trio.sleep(0.02)
