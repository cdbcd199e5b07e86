"""An agent in a tmux session of its own: started without a shell, waited for, and ended with all that is in it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from agentgather.wake.binding import Binding, Unbound, bind
from agentgather.wake.ending import tell_group
from agentgather.wake.started import HIDDEN, EndedAtOnce, Place
from agentgather.wake.tmux import Tmux, TmuxTrouble
from agentgather.wake.tmux_pane import TmuxPane

WIDTH, HEIGHT = 200, 50  # until somebody looks, whose terminal it then fits
LOOK_SECONDS = 0.3  # between looks whether it still runs
START_SECONDS = 10.0
END_SECONDS = 5.0  # after each way of asking it to go
TMUX_SAYS = "Pane is dead ("  # into the pane itself, which it scrolls for that


@dataclass(frozen=True, slots=True)
class TmuxSession:
    """One running agent. Its pane stays for a moment when it ends, so that its exit status can be read."""

    tmux: Tmux
    name: str
    bound: Binding

    def adapter(self, *, prompt: re.Pattern[str] | None) -> TmuxPane:
        return TmuxPane(self.tmux, self.bound, prompt=prompt)

    def place(self) -> Place:
        attach = (*self.tmux.command(), "attach", "-t", self.name)
        return Place(self.bound.pid, {"session": self.name, "pane": self.bound.pane}, attach)

    async def ended(self) -> int:
        """The exit status, once it ended: 128 and the signal's number for one that was killed, 0 for a closed session."""
        while True:
            try:
                status = await _exit_status(self.tmux, self.bound.pane)
            except TmuxTrouble as trouble:
                if trouble.is_gone:
                    return 0
                status = None  # tmux is busy: nothing is known
            if status is not None:
                return status
            await trio.sleep(LOOK_SECONDS)

    async def end(self) -> None:
        """Close the session; what does not go with its terminal is asked to end, and then made to."""
        with suppress(TmuxTrouble):
            await self.tmux.ask("kill-session", "-t", f"={self.name}")
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            with trio.move_on_after(END_SECONDS):
                await self._gone()
                return
            tell_group(self.bound.pid, number)

    async def _gone(self) -> None:
        while self.bound.is_same() or tell_group(self.bound.pid, 0):  # noqa: ASYNC110 - of another's child the system tells nothing
            await trio.sleep(0.05)


async def start_in_tmux(
    tmux: Tmux, words: Sequence[str], *, name: str, environ: Mapping[str, str], folder: Path
) -> TmuxSession:
    """Run the program `words` in a new session called `name`, in `folder`, with `environ` added.

    tmux may call it otherwise: it knows no . and no : in a name. `env` runs the program, so that tmux gives it to no shell,
    whatever its words are. The pane is told to stay before the program is in it: one that ends at once leaves its exit status
    all the same. Raises TmuxTrouble, Unbound, EndedAtOnce.
    """
    added = [word for key, value in environ.items() for word in ("-e", f"{key}={value}")]
    hidden = [word for key in HIDDEN for word in ("-u", key)]
    began = await tmux.ask(
        *(
            "new-session",
            "-d",
            "-P",
            "-F",
            "#{pane_id} #{session_name}",
            "-s",
            name,
            "-x",
            str(WIDTH),
            "-y",
            str(HEIGHT),
        ),
        *(*added, "--", "cat"),
        folder=folder,
    )
    pane, _, name = began.rstrip("\n").partition(" ")
    try:
        told = await tmux.ask(
            *("set-option", "-p", "-t", pane, "remain-on-exit", "on", ";"),
            *("respawn-pane", "-k", "-t", pane),
            *("--", "env", *hidden, "--", *(_kept(word) for word in words), ";"),
            *("display-message", "-p", "-t", pane, "#{pane_pid}"),
        )
        bound = await _bound(tmux, pane, int(told))
    except BaseException:
        with trio.CancelScope(shield=True), suppress(TmuxTrouble):
            await tmux.ask("kill-session", "-t", f"={name}")
        raise
    return TmuxSession(tmux, name, bound)


async def _bound(tmux: Tmux, pane: str, pid: int) -> Binding:
    """The binding of the program itself, once `env` has made way for it. Raises EndedAtOnce when it has ended before."""
    unbound = Unbound("no_process", "the program did not start")
    with trio.move_on_after(START_SECONDS):
        while True:
            status = await _exit_status(tmux, pane)
            if status is not None:
                shown = await tmux.ask("capture-pane", "-p", "-S", "-5", "-t", pane)
                raise EndedAtOnce(status, shown.rsplit(TMUX_SAYS, 1)[0].strip())
            try:
                found = await bind(tmux, pane=pane, pid=pid)
            except Unbound as not_yet:
                unbound = not_yet
            else:
                if found.program not in ("env", "tmux"):
                    return found
            await trio.sleep(0.02)
    raise unbound


async def _exit_status(tmux: Tmux, pane: str) -> int | None:
    """Of the program in a pane that stays; None while it runs, and for the moment in which tmux does not know it yet.

    tmux 3.3 misses the end of a program that ends as it starts: the pane is dead, and the program a zombie, until another
    child ends. A SIGCHLD lets it look.
    """
    told = await tmux.ask(
        "display-message", "-p", "-t", pane, "#{pid} #{pane_dead} #{pane_dead_status} #{pane_dead_signal}"
    )
    server, is_dead, status, killed_by = (*told.rstrip("\n").split(" "), "", "", "")[:4]
    if is_dead != "1":
        return None
    if not (status or killed_by):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(int(server), signal.SIGCHLD)
        return None
    return int(status) if status else 128 + _number(killed_by)


def _number(name: str) -> int:
    """Of a signal, which tmux gives by its number or its name."""
    return int(name) if name.isdigit() else getattr(signal.Signals, f"SIG{name}", signal.SIGKILL)


def _kept(word: str) -> str:
    """A word as tmux leaves it: a ; at its end would end the command."""
    return f"{word[:-1]}\\;" if word.endswith(";") else word
