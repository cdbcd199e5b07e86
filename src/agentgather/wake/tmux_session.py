"""An agent in a tmux session of its own: started without a shell, waited for, and ended with all that is in it."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from agentgather.wake.binding import Binding, Unbound, bind
from agentgather.wake.tmux import Tmux, TmuxTrouble

WIDTH, HEIGHT = 200, 50  # until somebody looks, whose terminal it then fits
LOOK_SECONDS = 0.3  # between looks whether it still runs
START_SECONDS = 10.0
END_SECONDS = 5.0  # after each way of asking it to go
HIDDEN = ("AGENTGATHER_TOKEN", "AGENTGATHER_URL")  # of whoever starts it: they are not the agent's


@dataclass(frozen=True, slots=True)
class TmuxSession:
    """One running agent. Its pane stays for a moment when it ends, so that its exit status can be read."""

    tmux: Tmux
    name: str
    bound: Binding

    async def ended(self) -> int:
        """The exit status, once it ended: 128 and the signal's number for one that was killed, 0 for a closed session."""
        form = "#{pane_dead} #{pane_dead_status} #{pane_dead_signal}"
        while True:
            try:
                told = await self.tmux.ask("display-message", "-p", "-t", self.bound.pane, form)
            except TmuxTrouble as trouble:
                if trouble.is_gone:
                    return 0
                told = "0"  # tmux is busy: nothing is known
            is_dead, status, killed_by = (*told.rstrip("\n").split(" "), "", "")[:3]
            if is_dead == "1" and (status or killed_by):  # for a moment after the end neither is known
                return int(status) if status else 128 + _number(killed_by)
            await trio.sleep(LOOK_SECONDS)

    async def end(self) -> None:
        """Close the session; what does not go with its terminal is asked to end, and then made to."""
        with suppress(TmuxTrouble):
            await self.tmux.ask("kill-session", "-t", f"={self.name}")
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            with trio.move_on_after(END_SECONDS):
                await self._gone()
                return
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.bound.pid, number)

    async def _gone(self) -> None:
        while self.bound.is_same():  # noqa: ASYNC110 - of another's child the system tells nothing
            await trio.sleep(0.05)


async def start_in_tmux(
    tmux: Tmux, words: Sequence[str], *, name: str, environ: Mapping[str, str], folder: Path
) -> TmuxSession:
    """Run the program `words` in a new session called `name`, in `folder`, with `environ` added. Raises TmuxTrouble, Unbound.

    `env` runs it, so that tmux gives it to no shell, whatever its words are.
    """
    added = [word for key, value in environ.items() for word in ("-e", f"{key}={value}")]
    hidden = [word for key in HIDDEN for word in ("-u", key)]
    told = await tmux.ask(
        *("new-session", "-d", "-P", "-F", "#{pane_id} #{pane_pid}", "-s", name, "-x", str(WIDTH), "-y", str(HEIGHT)),
        *("-c", str(folder), *added, "--", "env", *hidden, "--", *(_kept(word) for word in words), ";"),
        *("set-option", "-p", "-t", f"={name}:", "remain-on-exit", "on"),
    )
    pane, pid = told.split()
    try:
        bound = await _bound(tmux, pane, int(pid))
    except BaseException:
        with trio.CancelScope(shield=True), suppress(TmuxTrouble):
            await tmux.ask("kill-session", "-t", f"={name}")
        raise
    return TmuxSession(tmux, name, bound)


async def _bound(tmux: Tmux, pane: str, pid: int) -> Binding:
    """The binding of the program itself, once `env` has made way for it."""
    with trio.move_on_after(START_SECONDS):
        while True:
            found = await bind(tmux, pane=pane, pid=pid)
            if found.program not in ("env", "tmux"):
                return found
            await trio.sleep(0.02)
    raise Unbound("no_process", "the program did not start")


def _number(name: str) -> int:
    """Of a signal, which tmux gives by its number or its name."""
    return int(name) if name.isdigit() else getattr(signal.Signals, f"SIG{name}", signal.SIGKILL)


def _kept(word: str) -> str:
    """A word as tmux leaves it: a ; at its end would end the command."""
    return f"{word[:-1]}\\;" if word.endswith(";") else word
