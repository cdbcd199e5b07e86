"""A real tmux server of a test's own, on a socket of its own, with no configuration; killed at the end."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from agentgather.wake.processes import processes
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


@contextmanager
def tmux_server(folder: Path) -> Iterator[Server]:
    server = Server(Tmux(socket_path=Path(f"/tmp/agt-{secrets.token_hex(4)}"), answer_seconds=SECONDS))
    folder.mkdir(parents=True, exist_ok=True)
    words = ["-f", "/dev/null", "new-session", "-d", "-s", "main", "-x", "80", "-y", "24", "sleep 100000"]
    subprocess.run([*server.tmux.command(), *words], check=True, env=ENVIRON, cwd=folder)
    server.run("set-option", "-g", "remain-on-exit", "off")
    try:
        yield server
    finally:
        subprocess.run([*server.tmux.command(), "kill-server"], check=False, capture_output=True)
        assert server.tmux.socket_path is not None
        server.tmux.socket_path.unlink(missing_ok=True)


async def until_runs(program: str, *, count: int = 1, tty: str | None = None) -> None:
    """Until so many processes run `program`, on a terminal if one is given."""
    with trio.fail_after(SECONDS):
        while True:
            found = [one for one in processes() if one.program == program and tty in (None, one.tty)]
            if len(found) >= count:
                return
            await trio.sleep(0.02)
