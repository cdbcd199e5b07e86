"""A small client of tmux: one program run a question, no shell, and a deadline for each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import trio

from agentgather.client.environ import without_any_token
from agentgather.wake.trouble import PaneTrouble

ANSWER_SECONDS = 5.0  # a server that is well answers within milliseconds; a stopped one never does
_GONE = (
    "can't find pane",
    "no such pane",
    "can't find window",
    "can't find session",
    "no server running",
    "no current",
)
_UNREACHED = ("error connecting", "server exited", "lost server")


class TmuxTrouble(PaneTrouble):
    """tmux did not do what it was asked. `is_gone`: there is no such pane or server; else nobody knows."""

    word = "tmux_silent"


@dataclass(frozen=True, slots=True)
class Pane:
    """A pane as tmux lists it. `tty` is a path such as /dev/pts/3, `place` its session:window.pane."""

    id: str
    tty: str
    root_pid: int
    is_dead: bool
    place: str


@dataclass(frozen=True, slots=True)
class Tmux:
    """One tmux server: the one of a socket's name or path, else the one that TMUX names, else the default one.

    Every method raises TmuxTrouble.
    """

    socket_name: str | None = None
    socket_path: Path | None = None
    answer_seconds: float = ANSWER_SECONDS

    async def ask(self, *words: str, stdin: bytes = b"", folder: Path | None = None) -> str:
        """What `tmux WORDS` prints. A word that is a lone ; parts several commands, which the server runs in one go.

        `folder` is where tmux is run, and so where a new session begins: -c would take its name for a format, and tmux runs
        what a format holds between #( and ).
        """
        done = await self._run(words, stdin, folder)
        if done.returncode != 0:
            told = done.stderr.decode(errors="replace").strip()
            lost = any(sign in told for sign in _UNREACHED)
            raise TmuxTrouble(told[:200], is_gone=lost or any(sign in told for sign in _GONE))
        return done.stdout.decode(errors="replace")

    async def panes(self) -> list[Pane]:
        """All panes of the server."""
        form = "#{pane_id} #{pane_tty} #{pane_pid} #{pane_dead} #{session_name}:#{window_index}.#{pane_index}"
        told = [line.split(" ", 4) for line in (await self.ask("list-panes", "-a", "-F", form)).splitlines()]
        return [Pane(id, tty, int(pid), dead == "1", place) for id, tty, pid, dead, place in told]

    def command(self) -> list[str]:
        """The words before those of a question. -u: what comes back is UTF-8, whatever the locale of this process."""
        return ["tmux", "-u", *self._socket()]

    async def _run(self, words: Sequence[str], stdin: bytes, folder: Path | None) -> CompletedProcess[bytes]:
        run = partial(
            trio.run_process,
            [*self.command(), *words],
            stdin=stdin,
            cwd=folder,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            env=without_any_token(os.environ),  # a server that is started by this keeps it, and gives it to every pane
            deliver_cancel=_kill,
        )
        try:
            with trio.fail_after(self.answer_seconds):
                return await run()
        except trio.TooSlowError:
            raise TmuxTrouble(f"tmux did not answer within {self.answer_seconds:g} seconds") from None
        except OSError as error:
            raise TmuxTrouble(f"there is no tmux to ask: {error.strerror}", is_gone=True) from None

    def _socket(self) -> list[str]:
        if self.socket_path is not None:
            return ["-S", str(self.socket_path)]
        if self.socket_name is not None:
            return ["-L", self.socket_name]
        path = os.environ.get("TMUX", "").split(",")[0]  # SOCKET,PID,SESSION
        return ["-S", path] if path else []


async def _kill(process: trio.Process) -> None:
    """A question that is given up: its program ends at once, for nothing waits for its last words."""
    process.kill()
