"""`agentgather run --in pty`, with and without a person at a terminal: joined, woken, relayed, and released."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio
from proofs.wakes.program import AGENT, Program

from agentgather.cli.failures import Failure
from agentgather.cli.run_place import place_of
from agentgather.store.home import Home
from agentgather.wake.processes import process
from agentgather.wake.terminal.emulator import Terminal
from agentgather.wake.terminal.line import set_size
from tests.cli.commands import AGENTGATHER, environment, home_of, run
from tests.rooms import RunningRoom
from tests.wake.tmux_server import SECONDS, gone


def words(*command: str) -> list[str]:
    return ["run", "--alias", "bob", "--in", "pty", "--json", "--", *command]


class AtTerminal:
    """A command at somebody's terminal, which shows what `shown` has."""

    def __init__(self, running: subprocess.Popen[bytes], hand: int, terminal: int) -> None:
        self.running, self._hand, self.terminal = running, hand, terminal
        self.shown = Terminal(width=80, height=24)

    def type(self, keys: str) -> None:
        os.write(self._hand, keys.encode())

    def resize(self, *, width: int, height: int) -> None:
        self.shown.resize(width=width, height=height)
        set_size(self._hand, width=width, height=height)

    async def watch(self) -> None:
        with suppress(OSError):
            while True:
                await trio.lowlevel.wait_readable(self._hand)
                self.shown.feed(os.read(self._hand, 65_536))

    async def shows(self, text: str) -> None:
        with trio.fail_after(SECONDS):
            while text not in self.shown.captured():
                await trio.sleep(0.02)

    async def ended(self) -> int:
        with trio.fail_after(SECONDS):
            while (code := self.running.poll()) is None:
                await trio.sleep(0.02)
        return code


@asynccontextmanager
async def at_terminal(home: Home, *told: str) -> AsyncIterator[AtTerminal]:
    """`agentgather WORDS` in front at a terminal of its own; its terminal has to be as it was when it has ended."""
    hand, terminal = os.openpty()
    set_size(terminal, width=80, height=24)
    before = termios.tcgetattr(terminal)
    running = subprocess.Popen(
        [*AGENTGATHER, *told],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env=environment(home, {"TERM": "xterm-256color"}),
    )
    person = AtTerminal(running, hand, terminal)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(person.watch)
            yield person
            nursery.cancel_scope.cancel()
        assert termios.tcgetattr(terminal) == before
    finally:
        running.kill()
        running.wait()
        os.close(terminal)
        os.close(hand)


async def attention_of(room: RunningRoom, alias: str) -> object:
    seats = (await room.host.get("/status"))["participants"]
    return next(seat["attention"] for seat in seats if seat["alias"] == alias)


async def test_a_person_sees_the_agent_and_types_to_it_and_it_is_woken(
    room: RunningRoom, tmp_path: Path, folder: Path
) -> None:
    home = home_of(room, tmp_path / "host")
    program = Program(None, "", folder / "log", folder / "ctl")  # type: ignore[arg-type] - it is in no tmux
    command = words("python3", "-S", "-E", str(AGENT), str(program.log), str(program.control), "{card}")
    async with at_terminal(home, *command) as person:
        await program.until(lambda each: "ready" in each)
        await person.shows("? for shortcuts")
        pid = next(
            one for one in (int(name) for name in os.listdir("/proc") if name.isdigit()) if _is_agent(one, program)
        )
        environ = Path(f"/proc/{pid}/environ").read_text()
        seat = Home(home.root / "agents" / "lab@bob").current()
        assert seat is not None
        assert f"AGENTGATHER_CARD={home.root / 'agents' / 'lab@bob' / 'card.md'}\0" in environ
        assert seat.token not in environ + Path(f"/proc/{pid}/cmdline").read_text()
        assert "COLUMNS=" not in environ

        person.type("hello 漢\r")
        assert (await program.until(lambda each: "submitted" in each))["submitted"] == "hello 漢"
        said = await room.host.say("@bob $(reboot) please look")
        line = str((await program.until(lambda each: "submitted" in each, after=_submissions(program)))["submitted"])
        assert "reboot" not in line
        assert f"#{said['id'] - 1}" in line
        assert program.submitted() == ["hello 漢", line]
        person.type("\x03\x1ahalf a draft")  # what is a signal elsewhere is a key here
        await person.shows("half a draft")
        person.resize(width=60, height=20)
        await person.shows("╭" + "─" * 58 + "╮")

        person.running.send_signal(signal.SIGTERM)
        person.running.send_signal(signal.SIGHUP)  # asked twice, it still goes in order
        assert await person.ended() == 0
        await gone(pid)
        assert not person.shown.takes_pastes
        assert person.shown.cursor.is_shown
    assert await attention_of(room, "bob") == "away"


def _submissions(program: Program) -> int:
    """The place after the last submission."""
    happened = program.happened()
    return max((place + 1 for place, each in enumerate(happened) if "submitted" in each), default=0)


def _is_agent(pid: int, program: Program) -> bool:
    found = process(pid)
    return found is not None and found.program == "agent" and str(program.log) in found.words


async def test_without_a_terminal_its_output_is_ours_and_so_is_its_exit_status(
    room: RunningRoom, tmp_path: Path
) -> None:
    home = home_of(room, tmp_path / "host")
    asks = "stty -echo raw; printf '\\033[6n'; head -c 6 | od -An -tx1 | head -1; stty size; echo $TERM$CARD; exit 7"
    env = {"CARD": f"Authorization: Bearer {room.host.token}"}  # the host's, who is not the agent
    ended = await run(home, *words("bash", "-c", asks), env=env)
    told = [json.loads(line) for line in ended.err.splitlines()]
    assert ended.code == 7
    assert ended.out.split() == ["\x1b[6n", *(f"{each:02x}" for each in b"\x1b[1;1R"), "50", "200", "xterm-256color"]
    assert (told[-1]["what"], told[-1]["status"]) == ("ended", 7)
    assert {one["what"] for one in told} <= {"running", "ended"}
    assert await attention_of(room, "bob") == "away"
    refused = await run(home, "run", "--alias", "bob", "--in", "pty", "--session", "x", "--json", "--", "true")
    assert (refused.code, refused.error["error"]) == (2, "usage")


def test_an_agent_is_run_in_tmux_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert place_of(None, session=None, socket=None).kind == "pty"
    for asked in ({"kind": "tmux", "session": None}, {"kind": None, "session": "mine"}):
        with pytest.raises(Failure, match="no tmux") as refused:
            place_of(**asked, socket=None)  # type: ignore[arg-type]
        assert "--in pty" in str(refused.value.hint)
    (tmp_path / "tmux").write_text("#!/bin/sh\n")
    (tmp_path / "tmux").chmod(0o755)
    assert place_of(None, session=None, socket=None).kind == "tmux"
    assert place_of("pty", session=None, socket=None).kind == "pty"


async def test_a_detached_agent_in_a_pty_does_not_outlive_its_supervisor_or_its_room(
    room: RunningRoom, tmp_path: Path
) -> None:
    home = home_of(room, tmp_path / "host")
    beside = tmp_path / "beside"
    deaf = ["bash", "-c", f"trap '' HUP TERM; sleep 1000 & echo $! > {beside}; wait"]
    ran = await run(home, "run", "--detach", *words(*deaf)[1:], cwd=tmp_path)
    assert ran.code == 0, ran.err
    told = ran.json
    assert "attach" not in told
    assert Path(f"/proc/{told['pid']}/cwd").resolve() == tmp_path.resolve()
    await room.host.post("/close")
    await gone(told["supervisor"])
    await gone(told["pid"])
    await gone(int(beside.read_text()))
