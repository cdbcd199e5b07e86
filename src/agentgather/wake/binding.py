"""Which pane an agent is in: found by process and terminal, verified, and never guessed.

The shell that runs an agent's tools is often not in the pane that shows the agent, so neither TMUX_PANE nor the focus is
believed. A pane that was right once may be another's later: a binding is checked again before every key that is sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

import trio

from agentgather.wake.processes import Process, process, processes
from agentgather.wake.tmux import Pane, Tmux, TmuxTrouble

MARK = "@agentgather_bound"  # a pane's own option: whoever was bound to it last
_ANCESTORS_MAX = 16


@dataclass(frozen=True, slots=True)
class Binding:
    """An agent's process and the pane that shows it. `mark` is what the pane bears until somebody else is bound to it."""

    pane: str
    tty: str
    pid: int
    started: str
    program: str
    mark: str = ""

    def is_alive(self) -> bool:
        """Whether the process is still the one that was bound, on the same terminal."""
        found = process(self.pid)
        return found is not None and (found.started, found.tty) == (self.started, self.tty)

    def is_same(self) -> bool:
        """Whether the process is still there, on whatever terminal."""
        found = process(self.pid)
        return found is not None and found.started == self.started

    def is_in_front(self) -> bool:
        """Whether it reads what is typed there: not stopped by Ctrl-Z, nor under an editor it has opened."""
        found = process(self.pid)
        return found is not None and found.is_in_front


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pane that it might have been, for whoever has to say which one."""

    pane: str
    place: str
    pid: int
    program: str

    def __str__(self) -> str:
        return f"{self.pane} ({self.place}): {self.program}, pid {self.pid}"


@dataclass
class Unbound(Exception):
    """No pane, or not surely one. `code` is stable; `candidates` are there when there are too many."""

    code: str
    message: str
    candidates: tuple[Candidate, ...] = ()

    def __str__(self) -> str:
        told = "; ".join(str(one) for one in self.candidates)
        return f"{self.message}: {told}" if told else self.message


async def bind(tmux: Tmux, *, pane: str | None = None, pid: int | None = None, program: str | None = None) -> Binding:
    """The one pane of an agent, marked as ours. Any of the three narrows it; what they say has to agree. Raises Unbound.

    `pid` is the agent's own process, `program` the name of what it runs (claude, codex). With none of them it is refused.
    """
    if pane is None and pid is None and program is None:
        raise Unbound("nothing_given", "say which agent: by --pane, --pid or --program")
    try:
        panes = await tmux.panes()
    except TmuxTrouble as trouble:
        raise Unbound("no_tmux", f"tmux cannot be asked ({trouble}), so nothing is known of its panes") from None
    if pane is not None:
        panes = [one for one in panes if pane in (one.id, one.place)]
        if not panes:
            raise Unbound("no_pane", f"there is no pane {pane}")
    if pid is not None:
        found = _by_pid(panes, pid, program)
    else:
        running = await trio.to_thread.run_sync(processes)
        found = _by_terminal(panes, running, program)
    return await mark(tmux, found)


async def mark(tmux: Tmux, found: Binding) -> Binding:
    """Write who is bound into the pane itself: whoever was bound to it before finds out before its next key."""
    marked = replace(found, mark=secrets.token_hex(8))
    try:
        await tmux.ask("set-option", "-p", "-t", marked.pane, MARK, marked.mark)
    except TmuxTrouble as trouble:
        raise Unbound("no_pane", f"pane {marked.pane} went away: {trouble}") from None
    return marked


def _by_pid(panes: list[Pane], pid: int, program: str | None) -> Binding:
    found = process(pid)
    if found is None:
        raise Unbound("no_process", f"there is no process {pid}")
    if program is not None and (found.program != program or found.is_helper):
        told = "helper of it" if found.program == program else found.program or "process without a name"
        raise Unbound("other_program", f"process {pid} is no {program} but a {told}")
    if not found.tty:
        raise Unbound("no_terminal", f"process {pid} ({found.program}) has no terminal")
    on_tty = [one for one in panes if one.tty == found.tty and not one.is_dead]
    if not on_tty:
        raise Unbound(
            "no_pane", f"no pane of this tmux, or not the one named, shows {found.tty}, where process {pid} is"
        )
    if len(on_tty) > 1:  # a tty belongs to one pane; two claims mean that tmux is not to be believed
        raise Unbound("ambiguous", f"several panes claim {found.tty}", tuple(_candidate(one, found) for one in on_tty))
    return _binding(on_tty[0], found)


def _by_terminal(panes: Iterable[Pane], running: list[Process], program: str | None) -> Binding:
    """The only pane with the program, or with a single pane given and no program: whatever is in front there."""
    found: list[tuple[Pane, Process]] = []
    for pane in panes:
        if pane.is_dead:
            continue
        there = [one for one in running if one.tty == pane.tty]
        if program is None:
            mains = [one for one in there if one.is_in_front and one.pid == one.group]
        else:
            mains = _topmost([one for one in there if one.program == program and not one.is_helper], running)
        found.extend((pane, one) for one in mains)
    if not found:
        raise Unbound("no_process", f"no pane shows {program or 'a process in front'}")
    if len(found) > 1:
        told = tuple(_candidate(pane, one) for pane, one in found)
        raise Unbound("ambiguous", "it could be each of these; name one with --pane or --pid", told)
    return _binding(*found[0])


def _topmost(found: list[Process], running: list[Process]) -> list[Process]:
    """Without those that another of them has started: a launcher and its child are one agent."""
    parents = {one.pid: one.parent for one in running}
    pids = {one.pid for one in found}

    def is_below(one: Process) -> bool:
        pid = one.parent
        for _ in range(_ANCESTORS_MAX):
            if pid in pids:
                return True
            pid = parents.get(pid, 0)
        return False

    return [one for one in found if not is_below(one)]


def _binding(pane: Pane, found: Process) -> Binding:
    return Binding(pane.id, pane.tty, found.pid, found.started, found.program)


def _candidate(pane: Pane, found: Process) -> Candidate:
    return Candidate(pane.id, pane.place, found.pid, found.program)
