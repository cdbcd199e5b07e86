"""The only place that types into a program in a pseudo-terminal of ours, beside the person who looks on.

All that the program wrote and all that the person typed until this moment is looked at first, and then typed at once: nothing
comes between. What cannot be seen is a turn that the program has begun and not shown yet.
"""

from __future__ import annotations

import re

import trio

from agentgather.wake.binding import Binding
from agentgather.wake.keyboard import SHELLS
from agentgather.wake.processes import process
from agentgather.wake.screen import Screen
from agentgather.wake.seen import Seen
from agentgather.wake.terminal.line import Line
from agentgather.wake.trouble import PaneTrouble

PASTE, PASTED = b"\x1b[200~", b"\x1b[201~"  # around what was not typed by hand, where the program wants to know


class PtyKeyboard:
    """Types into the terminal at the end of `line`."""

    def __init__(self, line: Line, to: Binding, prompt: re.Pattern[str] | None = None) -> None:
        self._line, self.to, self._prompt = line, to, prompt

    async def see(self) -> Seen:
        """What the terminal shows now."""
        await trio.lowlevel.checkpoint()
        return self._seen()

    async def paste(self, line: str, *, seen: Seen) -> bool:
        """Paste `line`, unless anything is not as it was `seen`. False: surely nothing was. Raises PaneTrouble."""
        now = self._seen()
        if not self._is_free(now, seen=seen) or now.screen.fingerprint != seen.screen.fingerprint:
            return False
        keys = line.encode()
        return self._write(PASTE + keys + PASTED if self._line.terminal.takes_pastes else keys)

    async def enter(self, *, seen: Seen) -> bool:
        """Press Enter; answers as `paste` does."""
        now = self._seen()
        if not self._is_free(now, seen=seen) or now.screen.draft != seen.screen.draft:
            return False
        return self._write(b"\r")

    def _write(self, keys: bytes) -> bool:
        try:
            count = self._line.write(keys)
        except OSError:
            return False  # nobody is at the other end
        if 0 < count < len(keys):
            raise PaneTrouble("the program took a part of it")
        return count > 0

    def _seen(self) -> Seen:
        line = self._line
        line.catch_up()
        terminal = line.terminal
        running = process(self.to.pid)  # a launcher that is a script of a shell makes way for what it launches
        is_shell = (running.program if running is not None else self.to.program) in SHELLS
        screen = Screen(terminal.captured(), terminal.cursor, terminal.size[0], is_shell, self._prompt)
        age = None if line.typed_at is None else trio.current_time() - line.typed_at
        return Seen(
            screen,
            tty=self.to.tty,
            mark=self.to.mark,
            is_dead=line.fell_silent.is_set(),
            is_held=line.is_behind or line.is_secret,
            history=0,
            activity=str(line.keys_typed),
            key_age_seconds=age,
        )

    def _is_free(self, now: Seen, *, seen: Seen) -> bool:
        """Whether the program itself reads what is typed, nobody has typed since it was `seen`, and it shows no turn."""
        is_same = (now.activity, now.screen.cursor) == (seen.activity, seen.screen.cursor)
        is_open = not (now.is_dead or now.is_held or now.screen.is_working)
        return is_same and is_open and self.to.is_alive() and self.to.is_in_front()
