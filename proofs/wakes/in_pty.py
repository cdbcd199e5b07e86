"""Programs in pseudo-terminals of our own, as `agentgather run --in pty` has them, each shown to a person."""

from __future__ import annotations

import os
import re
import secrets
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import trio
from tests.wake.tmux_server import ENVIRON, SECONDS

from agentgather.wake.terminal.line import set_size
from agentgather.wake.terminal.onlooker import Onlooker
from agentgather.wake.terminal.session import PtySession, open_in_pty
from proofs.wakes.in_tmux import PACE, SIZES, ProgramInTmux, ShellInTmux, settings_of_bash
from proofs.wakes.program import AGENT, Program
from proofs.wakes.stand_in import StandIn


class PersonAtPty:
    """Somebody whose own terminal shows the program; what it shows is taken off, or it would be stuck one day."""

    def __init__(self, *, width: int, height: int) -> None:
        self._hand, self._theirs = os.openpty()
        set_size(self._theirs, width=width, height=height)
        self.before = termios.tcgetattr(self._theirs)
        self.onlooker = Onlooker(keys=self._theirs, shows=self._theirs)
        self.shown = bytearray()

    def type(self, text: str) -> None:
        os.write(self._hand, text.encode())

    async def watch(self) -> None:
        while True:
            await trio.lowlevel.wait_readable(self._hand)
            self.shown += os.read(self._hand, 65_536)

    def go(self) -> None:
        now = termios.tcgetattr(self._theirs)
        for descriptor in (self._theirs, self._hand):
            with suppress(OSError):
                os.close(descriptor)
        assert now == self.before, "the person's terminal is not as it was"


class ShellInPty(ShellInTmux):
    """The same shell, whose screen is asked of us."""

    def __init__(self, person: PersonAtPty, session: PtySession, folder: Path) -> None:
        nobody: Any = None
        someone: Any = person
        super().__init__(someone, session.adapter(pace=PACE), nobody, "", folder)
        self._terminal = session.line.terminal

    async def _type(self, text: str, token: str, *, turn_seconds: float) -> None:
        self._typed.append(text)
        self._turn_seconds = turn_seconds
        self._person.type(text)
        with trio.fail_after(SECONDS):
            while token not in re.sub(r"\x1b\[[0-9;]*m|\n", "", self._terminal.captured()):
                await trio.sleep(0.02)


@asynccontextmanager
async def watched(folder: Path, *words: str) -> AsyncIterator[tuple[PtySession, PersonAtPty]]:
    """The program `words` in a terminal of its own, and the person who looks on."""
    width, height = SIZES[sum(map(ord, folder.name)) % len(SIZES)]
    person = PersonAtPty(width=width, height=height)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(person.watch)
            async with open_in_pty(words, environ=ENVIRON, folder=folder, onlooker=person.onlooker) as session:
                yield session, person
            nursery.cancel_scope.cancel()
    finally:
        person.go()


@asynccontextmanager
async def _program_in_pty(folder: Path, *, is_cursor_hidden: bool) -> AsyncIterator[StandIn]:
    name = secrets.token_hex(4)
    log, control = folder / f"{name}.log", folder / f"{name}.ctl"
    hidden = ("hidden",) if is_cursor_hidden else ()
    words = (sys.executable, "-S", "-E", str(AGENT), str(log), str(control), *hidden)
    async with watched(folder, *words) as (session, person):
        nobody: Any = None  # there is no tmux to ask
        program = Program(nobody, "", log, control)
        await program.until(lambda each: "ready" in each)
        someone: Any = person
        yield ProgramInTmux(program, session.adapter(pace=PACE), someone)


program_in_pty = partial(_program_in_pty, is_cursor_hidden=False)
quiet_cursor_in_pty = partial(_program_in_pty, is_cursor_hidden=True)


@asynccontextmanager
async def shell_in_pty(folder: Path) -> AsyncIterator[StandIn]:
    async with watched(folder, "bash", "--rcfile", str(settings_of_bash(folder)), "-i") as (session, person):
        yield ShellInPty(person, session, folder)


IN_PTY = {"pty, full screen": program_in_pty, "pty, hidden cursor": quiet_cursor_in_pty, "pty, shell": shell_in_pty}
