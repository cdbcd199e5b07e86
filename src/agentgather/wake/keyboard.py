"""The only place that types into a pane. Who owns the pane is looked at here, in the moment before, and never only earlier.

The last look is tmux's own: paste and key are bound to a condition that the server checks in the same go, so that nothing
comes between looking and writing. What it cannot see is a turn that the program has not yet shown, and a key that another
program sent and this one has not yet shown; those of people it knows from their terminals.
"""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass

from agentgather.wake.binding import MARK, Binding
from agentgather.wake.screen import Cursor, Screen
from agentgather.wake.seen import Seen
from agentgather.wake.tmux import Tmux, TmuxTrouble

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "fish", "ksh"})
_FIELDS = (
    "#{pane_tty} #{pane_dead}#{pane_in_mode}#{pane_input_off}#{pane_synchronized} "
    "#{cursor_x} #{cursor_y} #{cursor_flag} #{pane_width} #{history_size} "
    "#{session_activity} ={mark}"
).replace("{mark}", f"#{{{MARK}}}")
_KEYS = "#{client_activity} #{pane_id}"
_SHOWS = "agentgather-shows"  # a line between what tmux says and what the pane shows, which may be anything
WORKING_SIGN = "esc to interrupt"  # the usual one; tmux itself looks for it at the last moment
_DONE = "agentgather-done"


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Types into the pane of one binding. Every method raises TmuxTrouble."""

    tmux: Tmux
    to: Binding
    prompt: re.Pattern[str] | None = None

    async def see(self) -> Seen:
        """What the pane shows now."""
        told = await self.tmux.ask(
            *("display-message", "-p", "-t", self.to.pane, _FIELDS, ";"),
            *("list-clients", "-F", _KEYS, ";"),
            *("display-message", "-p", "-t", self.to.pane, _SHOWS, ";"),
            *("capture-pane", "-p", "-e", "-N", "-t", self.to.pane),
        )
        said, _, shown = told.partition(f"\n{_SHOWS}\n")
        first, *clients = said.split("\n")
        tty, flags, column, row, is_shown, width, history, activity, mark = first.split(" ", 8)
        ages = [time.time() - float(at) for at, pane in map(str.split, clients) if pane == self.to.pane]
        cursor = Cursor(int(column), int(row), is_shown == "1")
        is_shell = self.to.program in SHELLS
        screen = Screen(shown, cursor, int(width), is_shell, self.prompt)
        is_held = "1" in flags[1:]
        age = min(ages, default=None)
        return Seen(screen, tty, mark[1:], flags[0] == "1", is_held, int(history), activity, age)

    async def paste(self, line: str, *, seen: Seen) -> bool:
        """Paste `line`, as a paste where the program tells them from keys, unless anything is not as it was `seen`.

        False: surely nothing was pasted. After TmuxTrouble nobody knows.
        """
        buffer = f"agentgather-{secrets.token_hex(6)}"
        if not self._is_ours(seen):
            return False
        try:
            told = await self.tmux.ask(
                *("load-buffer", "-b", buffer, "-", ";"),
                *("if-shell", "-F", "-t", self.to.pane, self._as_seen(seen)),
                f"paste-buffer -d -p -r -b {buffer} -t {self.to.pane} ; display-message -p {_DONE}",
                f"delete-buffer -b {buffer}",
                stdin=line.encode(),
            )
        except TmuxTrouble as trouble:
            await self._forget(buffer)
            if trouble.is_gone:  # the pane was not found: what asks for it comes before what writes
                return False
            raise
        return _DONE in told

    async def enter(self, *, seen: Seen) -> bool:
        """Press Enter, unless anything is not as it was `seen`; answers as `paste` does."""
        if not self._is_ours(seen):
            return False
        try:
            told = await self.tmux.ask(
                *("if-shell", "-F", "-t", self.to.pane, self._as_seen(seen)),
                f"send-keys -t {self.to.pane} Enter ; display-message -p {_DONE}",
            )
        except TmuxTrouble as trouble:
            if trouble.is_gone:
                return False
            raise
        return _DONE in told

    async def _forget(self, buffer: str) -> None:
        with suppress(TmuxTrouble):
            await self.tmux.ask("delete-buffer", "-b", buffer)

    def _is_ours(self, seen: Seen) -> bool:
        return seen.tty == self.to.tty and self.to.is_alive() and self.to.is_in_front()

    def _as_seen(self, seen: Seen) -> str:
        """tmux's condition: the pane is bound to us, takes keys, has its cursor where it was, and shows no turn."""
        same = {
            "pane_tty": self.to.tty,
            MARK: self.to.mark,
            "pane_dead": "0",
            "pane_in_mode": "0",
            "pane_input_off": "0",
            "pane_synchronized": "0",
            "cursor_x": str(seen.screen.cursor.column),
            "cursor_y": str(seen.screen.cursor.row),
            "history_size": str(seen.history),
            "session_activity": seen.activity,  # a person's key is here before the program shows it
        }
        is_said = WORKING_SIGN in seen.screen.captured.lower()  # by somebody, and no sign of a turn
        condition = "1" if is_said else f"#{{==:#{{C/i:{WORKING_SIGN}}},0}}"  # tmux looks for it in what is shown
        for name, value in same.items():
            condition = f"#{{&&:#{{==:#{{{name}}},{value}}},{condition}}}"
        return condition
