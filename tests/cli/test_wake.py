"""`agentgather wake` beside a real room: it wakes for what concerns its agent, once, and forgets nothing."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import trio

from agentgather.room.names import Alias
from agentgather.room.wakes.budget import DAY_SECONDS
from agentgather.store.home import Home
from agentgather.wake.adapter import Look
from agentgather.wake.cause import Cause
from agentgather.wake.notebook import Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.rules import WakeRules
from tests.cli.commands import first_line, home_of, run, start
from tests.rooms import ROOM, Guest, RunningRoom
from tests.warm import WarmTask

# An agent: it notes what it was woken with, and fetches that when it is told to.
AGENT = """
import os, sys, pathlib
with open(sys.argv[1], "a") as notes:
    notes.write(os.environ["AGENTGATHER_SINCE_ID"] + "\\n")
"""


class Woken:
    """A process that wakes, and what it tells."""

    def __init__(self, process: WarmTask) -> None:
        self.process = process
        self.first: dict[str, Any] = {}

    async def tells(self) -> dict[str, Any]:
        return dict(json.loads(await first_line(self.process)))

    async def tells_of(self, what: str) -> dict[str, Any]:
        while (told := await self.tells())["what"] != what:
            pass
        return told

    async def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        with trio.fail_after(60):
            return await self.process.wait()


async def waking(home: Home, *, gather: float = 0.1) -> Woken:
    script = home.root / "agent.py"
    script.write_text(AGENT)
    command = f"{sys.executable} {script} {home.root / 'notes'}"
    woken = Woken(await start(home, "wake", "--via", "program", "--exec", command, "--gather", str(gather), "--json"))
    woken.first = await woken.tells()
    return woken


def notes(home: Home) -> list[int]:
    path = home.root / "notes"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


async def seated(room: RunningRoom, path: Path) -> tuple[Home, Guest]:
    guest = await room.invite("rev")
    return home_of(room, path / "rev", guest), guest


async def test_a_mention_wakes_once_and_nothing_else_does(room: RunningRoom, tmp_path: Path) -> None:
    home, _ = await seated(room, tmp_path)
    woken = await waking(home)
    assert (woken.first["what"], woken.first["alias"], woken.first["via"]) == ("waking", "rev", "program")
    await room.host.say("nobody in particular")
    said = await room.host.say("@rev please look")
    told = await woken.tells()
    assert (told["what"], told["messages"], told["attempts"]) == ("submitted", [said["id"]], 1)
    assert (await woken.tells())["what"] == "confirmed"
    assert notes(home) == [said["id"] - 1]
    assert (await run(home, "wake", "status", "--json")).json["woken"] == [said["id"]]
    assert await woken.stop() == 0


async def test_the_waking_is_neither_attending_nor_fetching(room: RunningRoom, tmp_path: Path) -> None:
    home, _ = await seated(room, tmp_path)
    woken = await waking(home)
    said = await room.host.say("@rev please look")
    await woken.tells_of("confirmed")
    seats = (await room.host.get("/status"))["participants"]
    seat = next(seat for seat in seats if seat["alias"] == "rev")
    assert (seat["attention"], seat["delivered_id"]) == ("manual", 0)
    assert said["id"] > 0
    await woken.stop()


async def test_what_the_agent_fetched_meanwhile_wakes_nobody(room: RunningRoom, tmp_path: Path) -> None:
    home, guest = await seated(room, tmp_path)
    woken = await waking(home, gather=2)
    said = await room.host.say("@rev please look")
    await guest.get("/messages", since_id=said["id"] - 1)
    told = await woken.tells()
    assert (told["what"], told["why"], told["messages"]) == ("skipped", "fetched", [said["id"]])
    assert notes(home) == []
    await woken.stop()


async def test_what_was_said_while_nobody_was_there_wakes_when_somebody_is(room: RunningRoom, tmp_path: Path) -> None:
    home, _ = await seated(room, tmp_path)
    first = await waking(home)
    assert await first.stop(signal.SIGINT) == 0
    said = [await room.host.say(f"@rev {number}") for number in range(3)]
    second = await waking(home)
    assert (await second.tells())["messages"] == [one["id"] for one in said]
    await second.tells_of("confirmed")
    second.process.kill()
    with trio.fail_after(60):
        await second.process.wait()
    third = await waking(home)
    more = await room.host.say("@rev once more")
    assert (await third.tells_of("submitted"))["messages"] == [more["id"]]
    await third.tells_of("confirmed")
    assert notes(home) == [said[0]["id"] - 1] * 2
    await third.stop()


async def test_a_second_process_for_the_same_seat_is_refused(room: RunningRoom, tmp_path: Path) -> None:
    home, _ = await seated(room, tmp_path)
    woken = await waking(home)
    other = await run(home, "wake", "--via", "program", "--exec", "true", "--json")
    assert (other.code, other.error["error"]) == (3, "already_waking")
    assert str(woken.process.pid) in other.error["message"]
    assert (await run(home, "wake", "status", "--json")).json["pid"] == woken.process.pid
    await woken.stop()
    assert (await run(home, "wake", "status", "--json")).json["pid"] is None


async def test_it_ends_with_the_room_and_keeps_its_files_to_itself(room: RunningRoom, tmp_path: Path) -> None:
    home, _ = await seated(room, tmp_path)
    woken = await waking(home)
    await room.host.say("@rev glimpse")
    await woken.tells_of("confirmed")
    await room.host.post("/close")
    with trio.fail_after(60):
        assert await woken.process.wait() == 0
    kept = sorted((home.root / "rooms/lab/wakes").iterdir())
    assert [path.name for path in kept] == ["rev.json", "rev.lock"]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert "glimpse" not in kept[0].read_text()


async def test_what_cannot_be_meant_is_refused_before_anything_starts(room: RunningRoom, tmp_path: Path) -> None:
    home, _ = await seated(room, tmp_path)
    for words in (("--exec", "no-such-program"), (), ("--exec", "true", "--an-hour", "0"), ("--exec", "'")):
        ran = await run(home, "wake", "--via", "program", *words, "--json")
        assert (ran.code, ran.error["error"]) == (2, "usage")


async def test_the_agent_can_be_woken_for_as_long_as_somebody_does(room: RunningRoom, tmp_path: Path) -> None:
    home, guest = await seated(room, tmp_path)
    woken = await waking(home)
    await room.host.say("@rev look")
    await woken.tells_of("confirmed")
    assert (await guest.get("/profile"))["participant"]["effective_mode"] == "wake_on_event"
    await guest.post("/attention", {"supported_modes": ["wake_on_event", "heartbeat"]})
    assert await woken.stop() == 0
    assert (await guest.get("/profile"))["participant"]["supported_modes"] == ["heartbeat"]


async def test_what_a_killed_process_left_in_hand_is_told_to_the_room_as_unsure(
    room: RunningRoom, tmp_path: Path
) -> None:
    home, _ = await seated(room, tmp_path)
    said = await room.host.say("@rev please look")
    plan = WakePlan(WakeRules(), room="lab", me="rev", room_url=room.url)
    plan.hear([Cause(said["id"], "ops", "mention")], through_id=said["id"], now=time.time() - 2 * DAY_SECONDS)
    plan.looked(Look.QUIET, wake_id="in-hand", now=time.time() - 2 * DAY_SECONDS)
    notebook = Notebook(home, ROOM, Alias("rev"))
    with notebook.held():
        notebook.keep(plan.note(), via="program")
    assert (await run(home, "wake", "status", "--json")).json["wakes_today"] == 0
    woken = await waking(home)
    told = await woken.tells()
    assert (told["what"], told["why"], told["messages"]) == ("unsure", "restarted", [said["id"]])
    with trio.fail_after(60):
        while not (wakes := (await room.host.get(f"/messages/{said['id']}/delivery"))["recipients"][0]["wakes"]):
            await trio.sleep(0.05)
    assert (wakes[0]["outcome"], wakes[0]["trouble"]) == ("submitted", "unsure: restarted")
    assert notes(home) == []
    await woken.stop()


async def test_the_budget_of_the_room_defers_a_wake_until_there_is_another(room: RunningRoom, tmp_path: Path) -> None:
    home, guest = await seated(room, tmp_path)
    await room.host.post("/wakes/budget", {"an_hour": 1})
    await guest.post("/wakes", {"wake_id": "the-one"})
    woken = await waking(home)
    said = await room.host.say("@rev please look")
    told = await woken.tells()
    assert (told["what"], told["why"], told["messages"]) == ("budget_spent", "room", [said["id"]])
    assert 3500 < told["again_in_seconds"] <= 3600
    assert notes(home) == []
    await room.host.post("/wakes/budget", {"an_hour": 2})
    free = await woken.tells()
    assert (free["what"], free["why"]) == ("budget_free", "room")
    assert (await woken.tells())["what"] == "submitted"
    assert (await woken.tells_of("confirmed"))["messages"] == [said["id"]]
    assert notes(home) == [said["id"] - 1]
    with trio.fail_after(60):
        while not (wakes := (await room.host.get(f"/messages/{said['id']}/delivery"))["recipients"][0]["wakes"]):
            await trio.sleep(0.05)
    assert {"via": "program", "outcome": "deferred", "trouble": "budget_spent: room"}.items() <= wakes[0].items()
    assert await woken.stop() == 0
