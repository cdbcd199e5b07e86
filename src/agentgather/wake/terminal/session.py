"""An agent in a pseudo-terminal of ours: started without a shell, shown to whoever looks on, and ended."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import termios
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from agentgather.client.environ import without_any_token
from agentgather.wake.binding import Binding
from agentgather.wake.ending import end_group
from agentgather.wake.pane import Pace, Pane
from agentgather.wake.processes import process
from agentgather.wake.started import HIDDEN, Place
from agentgather.wake.terminal.emulator import Terminal
from agentgather.wake.terminal.keyboard import PtyKeyboard
from agentgather.wake.terminal.line import LAST_WORDS_SECONDS, Line, set_size
from agentgather.wake.terminal.onlooker import Onlooker

WIDTH, HEIGHT = 200, 50  # where nobody's terminal says otherwise
END_SECONDS = 5.0  # after each way of asking it to go
TERM = "xterm-256color"  # where nobody's terminal is to be spoken to
_OF_OTHERS = frozenset({*HIDDEN, "COLUMNS", "LINES"})  # of whoever starts it: its terminal says how large it is


class PtySession:
    """One running agent."""

    def __init__(self, running: trio.Process, bound: Binding, line: Line) -> None:
        self.bound, self.line = bound, line
        self._running = running

    def adapter(self, *, prompt: re.Pattern[str] | None = None, pace: Pace | None = None) -> Pane:
        return Pane("pty", PtyKeyboard(self.line, self.bound, prompt), pace=pace)

    def place(self) -> Place:
        return Place(self.bound.pid, {"tty": self.bound.tty})

    async def ended(self) -> int:
        status = await self._running.wait()
        with trio.move_on_after(LAST_WORDS_SECONDS):  # something that it started may hold its terminal open
            await self.line.fell_silent.wait()
        return status if status >= 0 else 128 - status

    async def end(self) -> None:
        await end_group(self._running, leave_seconds=END_SECONDS, asked=(signal.SIGHUP, signal.SIGTERM))


@asynccontextmanager
async def open_in_pty(
    words: Sequence[str], *, environ: Mapping[str, str], folder: Path, onlooker: Onlooker
) -> AsyncIterator[PtySession]:
    """Run the program `words` in `folder` with `environ` added; it is gone when the context ends. Raises OSError.

    `onlooker` sees it and types to it from here on, and has the terminal back as it was at the end. Raises
    BrokenPipeError out of the context when nobody is there any more to show it to.
    """
    width, height = onlooker.size() or (WIDTH, HEIGHT)
    ours, theirs = os.openpty()
    try:
        try:
            set_size(ours, width=width, height=height)
            tty = os.ttyname(theirs)
            with trio.CancelScope(shield=True):  # else it might be started and nobody know
                running = await _start(words, theirs, environ=_environ(environ, onlooker), folder=folder)
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        line = Line(ours, Terminal(width=width, height=height), onlooker)
        session = PtySession(running, _binding(running.pid, tty, words), line)
        with onlooker.raw():
            async with trio.open_nursery() as nursery:
                if onlooker.is_ours:
                    nursery.start_soon(_keep_size, line, onlooker)
                relaying = await nursery.start(line.keep)
                try:
                    yield session
                finally:
                    with trio.CancelScope(shield=True):
                        await session.end()
                        await line.say_farewell()
                    relaying.cancel()
                    nursery.cancel_scope.cancel()
    finally:
        os.close(ours)  # what is left in that terminal is hung up by the system


async def _start(words: Sequence[str], terminal: int, *, environ: Mapping[str, str], folder: Path) -> trio.Process:
    """In a session of its own, whose terminal that is. What runs between fork and exec is one call to the system."""
    return await trio.lowlevel.open_process(
        words,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=partial(fcntl.ioctl, 0, termios.TIOCSCTTY, 0),
        env=environ,
        cwd=folder,
    )


def _environ(added: Mapping[str, str], onlooker: Onlooker) -> dict[str, str]:
    kept = {name: value for name, value in without_any_token(os.environ).items() if name not in _OF_OTHERS}
    if not onlooker.is_terminal:
        kept["TERM"] = TERM
    return {**kept, **added}


def _binding(pid: int, tty: str, words: Sequence[str]) -> Binding:
    """Of the program that was started; one that has ended already is bound to nothing that is alive."""
    found = process(pid)
    if found is None:
        return Binding("", tty, pid, "", words[0].rpartition("/")[2])
    return Binding("", tty, pid, found.started, found.program)


async def _keep_size(line: Line, onlooker: Onlooker) -> None:
    """The program's terminal is as large as the person's, and raw again when a person comes back to it from elsewhere."""
    with trio.open_signal_receiver(signal.SIGWINCH, signal.SIGCONT) as signals:
        async for number in signals:
            if number == signal.SIGCONT:
                onlooker.make_raw()
            size = onlooker.size()
            if size is not None and size != line.size:
                line.resize(*size)
