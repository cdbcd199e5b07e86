"""Programs in panes of a real tmux: one that fills the screen, the same with a hidden cursor, and a shell."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio
from tests.wake.tmux_server import SECONDS, Person, Server, tmux_server

from agentgather.wake.binding import bind
from agentgather.wake.tmux_pane import Pace, TmuxPane
from proofs.wakes.program import Program, start_program
from proofs.wakes.stand_in import Circumstance, Heard, StandIn

PACE = Pace(quiet=0.4, typing=1.1, enter_delay=0.1, show=SECONDS, confirm=1.5)
UNSHOWN_SECONDS = 0.1  # a turn that was drawn so short a time ago is on nobody's screen yet
SIZES = ((80, 24), (50, 20), (200, 60))


class ProgramInTmux:
    """The full-screen stand-in. It cancels its turn for any prompt or Escape that comes into one."""

    plays = tuple(Circumstance)

    def __init__(self, program: Program, adapter: TmuxPane, person: Person) -> None:
        self.adapter = adapter
        self._person = person
        self._program = program
        self._drafts: list[str] = []
        self._is_drafting = False

    def line(self, text: str) -> str:
        return f"[agentgather] {text}"

    async def play(self, circumstance: Circumstance, choices: random.Random) -> float:
        program, seconds = self._program, choices.uniform(0.1, 0.9)
        program.tell(turn_seconds=choices.choice((0.0, choices.uniform(0.05, 1.0))), lose_enters=0)
        match circumstance:
            case Circumstance.WORKING:
                program.tell(begin_turn=seconds)
            case Circumstance.BEGINNING:
                program.tell(begin_turn=seconds, begin_after=choices.uniform(0, 2 * PACE.quiet))
            case Circumstance.DEAF:
                program.tell(lose_enters=choices.choice((1, 1, 2, 3)))
            case Circumstance.TYPING:
                draft = f"draft {secrets.token_hex(4)} " + choices.choice(("of a person", "漢字", "> quoted # $"))
                await self._type(draft.strip())
        await program.now()
        return seconds

    async def _type(self, draft: str) -> None:
        self._drafts.append(draft)
        self._is_drafting = True
        self._person.type(draft)
        with trio.fail_after(SECONDS):
            while (await self._program.now())["draft"] != draft:
                await trio.sleep(0.01)

    async def relieve(self) -> None:
        if self._is_drafting:
            self._is_drafting = False
            self._person.type("\r")

    async def heard(self) -> Heard:
        with trio.fail_after(SECONDS):
            while (await self._program.now())["is_working"]:
                await trio.sleep(0.02)
        happened = self._program.happened()
        lines = self._program.submitted()
        spoilt = [draft for draft in self._drafts if draft not in lines]
        cancelled = [each["shown_seconds"] for each in happened if "cancelled" in each]
        unshown = sum(seconds < UNSHOWN_SECONDS for seconds in cancelled)
        return Heard(lines, len(cancelled) - unshown, unshown, len(spoilt))


class ShellInTmux:
    """An interactive bash with a prompt like everybody's. Its lines are comments, which a shell keeps in its history and
    does not obey; what is in it is asked of the history alone."""

    plays = (Circumstance.CALM, Circumstance.WORKING, Circumstance.BEGINNING, Circumstance.TYPING)

    def __init__(self, person: Person, adapter: TmuxPane, server: Server, pane: str, folder: Path) -> None:
        self.adapter = adapter
        self._person = person
        self._server, self._pane = server, pane
        self._history, self._ran = folder / "history", folder / "ran"
        self._typed: list[str] = []
        self._turn_seconds: float | None = None  # of the command that stands there, until it is sent off

    def line(self, text: str) -> str:
        return f"# {text}"

    async def play(self, circumstance: Circumstance, choices: random.Random) -> float:
        seconds, token = round(choices.uniform(0.1, 0.9), 2), secrets.token_hex(4)
        if circumstance is Circumstance.TYPING:
            rest = choices.choice(("of a person", "漢字", "# $ >"))
            await self._type(f": draft {token} {rest}", token, turn_seconds=0.0)
        elif circumstance is not Circumstance.CALM:
            await self._type(f"sleep {seconds} && echo $? >> {self._ran} # {token}", token, turn_seconds=seconds)
        if circumstance is Circumstance.WORKING:
            self._send_off()
        return choices.uniform(0.0, 2 * PACE.quiet) if circumstance is Circumstance.BEGINNING else seconds

    async def _type(self, text: str, token: str, *, turn_seconds: float) -> None:
        """Until it is shown: what is typed in the very moment of a paste, no terminal can tell apart from it."""
        self._typed.append(text)
        self._turn_seconds = turn_seconds
        self._person.type(text)
        with trio.fail_after(SECONDS):
            while token not in await self._server.tmux.ask("capture-pane", "-p", "-J", "-t", self._pane):
                await trio.sleep(0.02)

    async def relieve(self) -> None:
        """The person sends off what stands there, and it is over once it has run."""
        if self._turn_seconds is not None:
            await trio.sleep(self._send_off())

    def _send_off(self) -> float:
        seconds, self._turn_seconds = self._turn_seconds or 0.0, None
        self._person.type("\r")
        return seconds

    async def heard(self) -> Heard:
        last = f"# the end {secrets.token_hex(4)}"
        self._typed.append(last)
        self._person.type(last + "\r")
        with trio.fail_after(SECONDS):
            while last not in (lines := self._lines()):
                await trio.sleep(0.02)
        spoilt = [typed for typed in self._typed if typed not in lines]
        ran = self._ran.read_text().split() if self._ran.exists() else []
        cancelled = sum(typed.startswith("sleep") for typed in self._typed) - len(ran)
        return Heard(lines, cancelled, typed_over=len(spoilt))

    def _lines(self) -> list[str]:
        return self._history.read_text().splitlines() if self._history.exists() else []


@asynccontextmanager
async def _program_in_tmux(folder: Path, *, is_cursor_hidden: bool) -> AsyncIterator[StandIn]:
    width, height = SIZES[sum(map(ord, folder.name)) % len(SIZES)]
    with tmux_server(folder) as server:
        program = await start_program(server, folder, is_cursor_hidden=is_cursor_hidden, width=width, height=height)
        async with _person_at(server, program.pane) as person:
            yield ProgramInTmux(program, TmuxPane(server.tmux, await program.bind(), pace=PACE), person)


@asynccontextmanager
async def _person_at(server: Server, pane: str) -> AsyncIterator[Person]:
    """Somebody whose terminal shows the pane all the time."""
    person = Person(server)
    try:
        await person.come(pane)
        yield person
    finally:
        person.go()


program_in_tmux = partial(_program_in_tmux, is_cursor_hidden=False)
quiet_cursor_in_tmux = partial(_program_in_tmux, is_cursor_hidden=True)


def settings_of_bash(folder: Path) -> Path:
    """A file of them, by which a shell notes at once all that it is told in `folder`/history."""
    rc = folder / "rc"
    rc.write_text(
        f"HISTFILE={folder / 'history'}\nHISTSIZE=-1\nHISTFILESIZE=-1\nHISTCONTROL=\n"
        "PROMPT_COMMAND='history -a'\nPS1='\\u@host:\\w\\$ '\nset +H\n"
    )
    return rc


@asynccontextmanager
async def shell_in_tmux(folder: Path) -> AsyncIterator[StandIn]:
    with tmux_server(folder) as server:
        pane = server.new_pane(f"exec bash --rcfile {settings_of_bash(folder)} -i")
        adapter = TmuxPane(server.tmux, await bind(server.tmux, pane=pane, program="bash"), pace=PACE)
        async with _person_at(server, pane) as person:
            yield ShellInTmux(person, adapter, server, pane, folder)
