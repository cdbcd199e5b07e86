"""`attend --exec`: a program of the user's answers what concerns its seat, in order and once; what is said is no command."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio

from agentgather.room.limits import RoomLimits
from agentgather.room.names import alias
from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.settings.sources import configure
from agentgather.store.home import Home, Seat
from tests.cli.commands import first_line, home_of, host_home, start
from tests.cli.terminal import tell
from tests.rooms import HOST, ROOM, Guest, RunningRoom, keep_room
from tests.warm import WarmTask

END_SECONDS = 60


@pytest.fixture
def room_settings() -> Settings:
    """Agents may speak three times on their own."""
    return Settings(room=RoomLimits(loop_posts_max=3), daemon=DaemonSettings(port=0, drain_seconds=3))


@pytest.fixture(autouse=True)
def nobody_stays() -> Iterator[None]:
    """What a test that failed left running is ended."""
    yield
    for process in Attending.started:
        if process.poll() is None:
            process.kill()
    Attending.started.clear()


class Attending:
    """A running `agentgather attend --exec … --json`."""

    started: ClassVar[list[WarmTask]] = []

    def __init__(self, process: WarmTask) -> None:
        self.process = process
        self.started.append(process)

    @staticmethod
    async def begin(home: Home, script: str, *words: str, **env: str) -> Attending:
        """Answer with a shell script, which the user has asked for."""
        command = f"sh -c {shlex.quote(script)}"
        attending = Attending(await start(home, "attend", "--exec", command, "--json", *words, env=env))
        assert (await attending.event())["what"] == "attending"
        return attending

    async def event(self) -> dict[str, Any]:
        with trio.fail_after(END_SECONDS):
            return dict(json.loads(await first_line(self.process)))

    async def until(self, what: str) -> dict[str, Any]:
        """The next event of this kind."""
        while (event := await self.event())["what"] != what:
            assert event["ok"] is True
        return event

    async def ended(self) -> int:
        with trio.fail_after(END_SECONDS):
            code = await self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            await pipe.aclose()
        return code

    async def lines(self) -> list[str]:
        """All that it still prints, once it has ended."""
        assert self.process.stdout is not None
        with trio.fail_after(END_SECONDS):
            printed = b"".join([part async for part in self.process.stdout])
        assert await self.ended() == 0
        return printed.decode().splitlines()

    async def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert (await self.until("done"))["reason"] == "stopped"
        assert await self.ended() == 0


async def replies(guest: Guest, alias: str = "rev") -> list[dict[str, Any]]:
    """What `alias` has said, in order."""
    return [record for record in (await guest.get("/messages"))["messages"] if record["from"] == alias]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until_gone(pid: int) -> None:
    with trio.fail_after(END_SECONDS):
        while is_running(pid):
            await trio.sleep(0.01)


async def test_it_answers_what_concerns_it_and_nothing_of_the_room_is_a_command(
    room: RunningRoom, tmp_path: Path
) -> None:
    rev = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", rev)
    script = f'env > {tmp_path}/env; echo "$@" > {tmp_path}/words; echo; cat; echo " to $AGENTGATHER_FROM"'
    token = {"AGENTGATHER_TOKEN": rev.token, "AGENTGATHER_URL": rev.url, "OTHERS": "x agt_PLANTED-token-000000"}
    attending = await Attending.begin(home, script, **token)
    hostile = f'@rev "; touch {tmp_path}/pwned; $(touch {tmp_path}/pwned) `touch {tmp_path}/pwned`\n--json é'
    await rev.say("@rev my own words concern me not")
    await room.host.say("nobody is called")
    asked = await room.host.say(hostile)
    addressed = await room.host.say("and this", to=["rev"], need_reply=True)
    for said in (asked, addressed):
        received = await attending.until("received")
        assert (received["id"], received["from"]) == (said["id"], "ops")
        replied = await attending.until("replied")
        assert replied["reply_to"] == said["id"]
    _, first, second = await replies(room.host)
    assert (first["text"], first["reply_to"]) == (f"{hostile} to ops", asked["id"])
    assert (first["client_msg_id"], first.get("to", [])) == (f"exec-{asked['id']}", [])
    assert (second["text"], second["to"], second["type"]) == ("and this to ops", ["ops"], "reply")
    assert not (tmp_path / "pwned").exists()
    assert (tmp_path / "words").read_text() == "\n"
    found = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    facts = {
        name: value for name, value in found.items() if name.startswith("AGENTGATHER_") and name != "AGENTGATHER_HOME"
    }
    assert facts == {
        "AGENTGATHER_ROOM_URL": room.url,
        "AGENTGATHER_URL": rev.url,
        "AGENTGATHER_ROOM": "lab",
        "AGENTGATHER_ALIAS": "rev",
        "AGENTGATHER_FROM": "ops",
        "AGENTGATHER_MESSAGE_ID": str(addressed["id"]),
    }
    assert "OTHERS" not in found
    configure(flags={}, environ=found, home=tmp_path)  # none of them passes for a slip in a setting's name
    await attending.stop()
    assert home.cursor(ROOM, alias("rev")) >= addressed["id"]


async def test_whatever_a_program_does_it_is_told_and_the_next_message_comes(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    script = f"""
    read -r line
    case "$line" in
    *empty) echo "  " ;;
    *fails) echo half; echo why >&2; exit 3 ;;
    *signal) echo half; kill -9 $$ ;;
    *leaves) sleep 600 & echo $! > {tmp_path}/left; echo done ;;
    *early) exec 0<&-; echo early ;;
    *) cat ;;
    esac"""
    attending = await Attending.begin(home, script)

    async def ask(words: str, what: str, more: str = "") -> dict[str, Any]:
        await room.host.say(f"@rev {words}\n{more}")
        return await attending.until(what)

    assert (await ask("empty", "no_reply"))["why"] == "empty"
    failed = await ask("fails", "no_reply")
    assert (failed["why"], failed["exit_code"], failed["stderr"]) == ("exit", 3, "why")
    assert (await ask("signal", "no_reply"))["exit_code"] == -9
    await ask("early", "replied", "x" * 20_000)
    await ask("leaves", "replied")
    await until_gone(int((tmp_path / "left").read_text()))
    await ask("echoes", "replied", "y" * 23_000)
    assert [one["text"][:5] for one in await replies(room.host)] == ["early", "done", "yyyyy"]
    await attending.stop()
    hangs = f"""sh -c 'trap "" TERM; echo $$ > {tmp_path}/child; while :; do sleep 1; done' & trap "" TERM; wait"""
    attending = await Attending.begin(home, hangs, "--turn-seconds", "1")
    assert (await ask("hang", "no_reply"))["why"] == "timeout"
    if (tmp_path / "child").exists():  # it had the time to begin
        await until_gone(int((tmp_path / "child").read_text() or 0))
    await attending.stop()


async def test_a_paused_agent_waits_for_its_voice_with_the_answer_in_hand(room: RunningRoom, tmp_path: Path) -> None:
    rev, bob = await room.invite("rev"), await room.invite("bob")
    home = home_of(room, tmp_path / "rev", rev)
    attending = await Attending.begin(home, f"echo ran >> {tmp_path}/runs; echo here you are")
    for number in range(3):
        await rev.say(f"on my own {number}")
    asked = await bob.say("@rev please")
    assert (await attending.until("paused"))["id"] == asked["id"]
    await room.host.say("go on")
    assert (await attending.until("replied"))["reply_to"] == asked["id"]
    assert [one["text"] for one in await replies(bob)][3:] == ["here you are"]
    assert (tmp_path / "runs").read_text() == "ran\n"
    await attending.stop()


async def test_a_budget_ends_it_and_what_is_left_waits_for_the_next(room: RunningRoom, tmp_path: Path) -> None:
    rev = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", rev)
    asked = [await room.host.say(f"@rev {number}") for number in range(5)]
    two = await Attending.begin(home, 'read -r l; [ "$l" = "@rev 0" ] || echo "$l"', "--max-turns", "2")
    assert await two.until("done") == {"ok": True, "what": "done", "replies": 2, "reason": "max_turns"}
    assert await two.ended() == 0
    assert home.cursor(ROOM, alias("rev")) == asked[2]["id"]
    one = await Attending.begin(home, "cat", "--once")
    assert (await one.until("done"))["replies"] == 1
    assert await one.ended() == 0
    assert [one["reply_to"] for one in await replies(room.host)] == [said["id"] for said in asked[1:4]]
    await room.host.say("three is enough for an agent; go on")
    last = Attending(await start(home, "attend", "--exec", "cat", "--once"))
    first, *_, done = await last.lines()
    assert (first.partition(":")[0], done) == ("lab as rev", "done (max turns): 1 reply")
    late = await Attending.begin(home, "cat", "--for", "1s")
    assert (await late.until("done"))["reason"] == "time"
    assert await late.ended() == 0


async def test_no_crash_and_no_restart_of_the_room_doubles_or_loses_an_answer(
    room: RunningRoom, tmp_path: Path, nursery: trio.Nursery
) -> None:
    home = host_home(room)
    rev = await room.invite("rev")
    asked = await rev.say("@ops first")
    dying = await Attending.begin(home, "echo one; kill -9 $PPID")  # in its hand, and never posted
    assert await dying.ended() == -signal.SIGKILL
    assert await replies(rev, "ops") == []
    again = await Attending.begin(home, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo two")
    await again.until("received")
    await room.stop()
    (tmp_path / "go").touch()
    seat = Seat(ROOM, HOST, "http://127.0.0.1:8787", room.host.token)
    served: RunningRoom = await nursery.start(
        keep_room, room.root, seat, Settings(daemon=DaemonSettings(port=0, drain_seconds=3))
    )
    assert (await again.until("replied"))["reply_to"] == asked["id"]
    await again.stop()
    repeated = await Attending.begin(home, "echo three", "--since", "0")
    assert (await repeated.until("no_reply"))["why"] == "answered_before"
    rev = Guest(served.url, "rev", rev.token, served.client)
    assert [one["text"] for one in await replies(rev, "ops")] == ["two"]
    await rev.say("@ops last")
    (tmp_path / "go").unlink()
    await repeated.until("replied")
    await repeated.stop()

    working = await Attending.begin(home, f"echo $$ > {tmp_path}/pid; sleep 600; echo late")
    await rev.say("@ops too late")
    await working.until("received")
    with trio.fail_after(END_SECONDS):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await trio.sleep(0.01)
    await served.host.post("/close")
    assert (await working.until("done"))["reason"] == "closed"
    assert await working.ended() == 0
    await until_gone(int((tmp_path / "pid").read_text()))
    assert [one["text"] for one in await replies(rev, "ops")] == ["two", "three"]
    await served.stop()


@pytest.mark.parametrize(
    "words",
    [
        ("--exec", "no-such-program-anywhere"),
        ("--exec", "sh -c 'unclosed"),
        ("--exec", ""),
        ("--exec", "cat", "--until", "mention"),
        ("--exec", "cat", "--once", "--max-turns", "2"),
        ("--exec", "cat", "--max-turns", "0"),
        ("--exec", "cat", "--turn-seconds", "-1"),
        ("--once",),
        ("--turn-seconds", "5"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_runs(words: tuple[str, ...], tmp_path: Path) -> None:
    refused = tell(tmp_path, "attend", *words, "--json")
    assert (refused.code, refused.error["error"]) == (2, "usage")
