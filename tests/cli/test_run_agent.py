"""`agentgather run` with a real tmux: an agent joined, woken, and released; nothing that was started goes on."""

from __future__ import annotations

import json
import os
import secrets
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from proofs.wakes.program import AGENT, Program

from agentgather.room.names import Alias
from agentgather.store.home import Home, Seat
from agentgather.wake.adapter import Look
from agentgather.wake.cause import Cause
from agentgather.wake.notebook import Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.processes import process
from agentgather.wake.rules import WakeRules
from agentgather.wake.tmux import Tmux
from tests.cli.commands import first_line, home_of, run, start
from tests.rooms import ROOM, RunningRoom
from tests.wake.tmux_server import SECONDS, Server, gone


@pytest.fixture
def socket() -> Iterator[str]:
    """The name of a tmux server's socket that nobody else has; the server is gone afterwards."""
    name = f"agt-{secrets.token_hex(4)}"
    yield name
    subprocess.run(["tmux", "-L", name, "kill-server"], check=False, capture_output=True)
    Path(f"/tmp/tmux-{os.getuid()}/{name}").unlink(missing_ok=True)


def words(socket: str, *command: str) -> list[str]:
    return ["run", "--alias", "bob", "--socket", socket, "--json", "--", *command]


async def seat_of(room: RunningRoom, alias: str) -> dict[str, object]:
    seats = (await room.host.get("/status"))["participants"]
    return next(dict(seat) for seat in seats if seat["alias"] == alias)


async def test_an_agent_is_joined_woken_and_released_with_its_exit_status(
    room: RunningRoom, tmp_path: Path, socket: str, folder: Path
) -> None:
    home = home_of(room, tmp_path / "host")
    log, control = folder / "log", folder / "ctl"
    started = await start(home, *words(socket, "python3", "-S", "-E", str(AGENT), str(log), str(control), "{card}"))
    told = json.loads(await first_line(started))
    assert (told["what"], told["alias"], told["session"]) == ("running", "bob", "lab-bob")
    program = Program(Server(Tmux(socket_name=socket)), told["pane"], log, control)
    await program.until(lambda each: "ready" in each)

    card = Path(told["card"])
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    own = Home(card.parent)
    seat = own.current()
    assert seat is not None
    assert seat.token in card.read_text()
    argv = Path(f"/proc/{told['pid']}/cmdline").read_text()
    environ = Path(f"/proc/{told['pid']}/environ").read_text()
    assert str(card) in argv
    assert f"AGENTGATHER_CARD={card}\0" in environ
    assert seat.token not in argv + environ
    assert room.host.token not in argv + environ + card.read_text()
    assert (await run(own, "room", "current", "--json")).json["current"]["alias"] == "bob"

    with trio.fail_after(SECONDS):
        while (await seat_of(room, "bob"))["effective_mode"] != "wake_on_event":
            await trio.sleep(0.02)
    await room.host.say("nothing for him")
    said = await room.host.say("@bob $(reboot) please look")
    line = str((await program.until(lambda each: "submitted" in each))["submitted"])
    assert "reboot" not in line
    assert len(line) <= 200
    assert str(said["id"]) in line or "lab" in line

    second = await run(home, *words(socket, "sleep", "1000"))
    assert (second.code, second.error["error"]) == (3, "already_waking")

    os.kill(told["pid"], signal.SIGTERM)
    with trio.fail_after(SECONDS):
        assert await started.wait() == 128 + signal.SIGTERM
    assert program.submitted() == [line]
    assert subprocess.run(["tmux", "-L", socket, "has-session"], check=False, capture_output=True).returncode != 0
    seat_after = await seat_of(room, "bob")
    assert (seat_after["attention"], seat_after["effective_mode"]) == ("away", "manual")


async def test_an_agent_does_not_outlive_its_room(room: RunningRoom, tmp_path: Path, socket: str) -> None:
    home = home_of(room, tmp_path / "host")
    beside = tmp_path / "beside"
    deaf = ["bash", "-c", f"trap '' HUP TERM; sleep 1000 & echo $! > {beside}; wait"]
    started = await start(home, *words(socket, *deaf))
    told = json.loads(await first_line(started))
    await room.host.post("/close")
    with trio.fail_after(SECONDS):
        assert await started.wait() == 0
    await gone(told["pid"])
    await gone(int(beside.read_text()))


async def test_a_detached_agent_goes_on_until_its_supervisor_is_told_to_stop(
    room: RunningRoom, tmp_path: Path, socket: str
) -> None:
    home = home_of(room, tmp_path / "host")
    guest = await room.invite("bob")
    own = Home(home.root / "agents" / "lab@bob")
    own.keep_seat(Seat(ROOM, Alias("bob"), room.url, guest.token))
    before = WakePlan(WakeRules(), room="lab", me="bob", room_url=room.url)
    before.hear([Cause(1, "ops", "mention")], through_id=1, now=time.time())
    before.looked(Look.QUIET, wake_id="w", now=time.time())
    notebook = Notebook(own, ROOM, Alias("bob"))
    with notebook.held():  # the agent before it was killed in the middle of a wake
        notebook.keep(before.note(), via="tmux")
    ran = await run(home, "run", "--detach", *words(socket, "bash", "-c", "sleep 1000; :;")[1:], cwd=tmp_path)
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["what"] == "running"
    assert process(told["pid"]) is not None
    assert Path(f"/proc/{told['pid']}/cwd").resolve() == tmp_path.resolve()
    os.kill(told["supervisor"], signal.SIGTERM)
    await gone(told["supervisor"])
    await gone(told["pid"])


async def test_what_cannot_be_run_is_refused_and_takes_no_seat(room: RunningRoom, tmp_path: Path, socket: str) -> None:
    home = home_of(room, tmp_path / "host")
    for command, code in [([], "usage"), (["no-such-program-anywhere"], "file_not_found")]:
        refused = await run(home, *words(socket, *command))
        assert refused.error["error"] == code
    assert (await run(home, *words(socket, "sleep", "1")[:-3], "--prompt", "(", "--", "sleep", "1")).code == 2
    assert [seat["alias"] for seat in (await room.host.get("/status"))["participants"]] == ["ops"]


async def test_a_program_that_ends_at_once_is_told_as_such_with_its_exit_status(
    room: RunningRoom, tmp_path: Path, socket: str
) -> None:
    home = home_of(room, tmp_path / "host")
    for command, status, said in [(["true"], 0, []), (["sh", "-c", "echo who are you?; exit 7"], 7, ["who are you?"])]:
        ended = await run(home, *words(socket, *command))
        told = [json.loads(line) for line in ended.out.splitlines()]
        assert (ended.code, ended.err) == (status, "")
        assert told[-1] == {
            **{"ok": True, "what": "ended", "room": "lab", "alias": "bob", "status": status, "at_once": True},
            "said": said if len(told) == 1 else told[-1]["said"],
        }
    assert (await seat_of(room, "bob"))["attention"] == "away"
    detached = await run(home, "run", "--detach", *words(socket, "true")[1:])
    assert (detached.code, detached.error["error"]) == (2, "usage")
    assert "ended at once, with exit status 0" in detached.error["message"]


async def test_no_agent_is_run_in_the_seat_of_the_host(room: RunningRoom, tmp_path: Path, socket: str) -> None:
    home = home_of(room, tmp_path / "host")
    refused = await run(home, "run", "--alias", "ops", *words(socket, "sleep", "1000")[3:])
    assert (refused.code, refused.error["error"]) == (3, "host_seat")
    assert "--alias ops-agent" in refused.error["hint"]
    assert [seat["alias"] for seat in (await room.host.get("/status"))["participants"]] == ["ops"]
    assert not (home.root / "agents" / "lab@ops").exists()


async def test_a_pane_that_is_not_surely_the_agents_is_not_woken(
    room: RunningRoom, tmp_path: Path, socket: str
) -> None:
    home = home_of(room, tmp_path / "bob", await room.invite("bob"))
    server = ["tmux", "-L", socket, "-f", "/dev/null"]
    for name in ("one", "two"):
        subprocess.run([*server, "new-session", "-d", "-s", name, "sleep", "100000"], check=True)
    refused = await run(home, "wake", "--via", "tmux", "--socket", socket, "--program", "sleep", "--json")
    assert (refused.code, refused.error["error"]) == (2, "usage")
    assert "one:0.0" in refused.error["message"]
    assert "two:0.0" in refused.error["message"]
    ways = ["wake", "--via", "tmux", "--socket", socket, "--pane", "two:0.0", "--json"]
    started = await start(home, *ways)
    assert json.loads(await first_line(started))["via"] == "tmux"
    started.send_signal(signal.SIGTERM)
    with trio.fail_after(SECONDS):
        assert await started.wait() == 0
