"""`attend`: it stays, it loses nothing over restarts of either end, and it ends where it was told to."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import trio

from agentgather.store.home import Home
from tests.cli.commands import AGENTGATHER, environment, first_line, home_of, run, start, until_waiting
from tests.rooms import RunningRoom
from tests.warm import WarmTask


async def batch(process: WarmTask) -> dict[str, Any]:
    return dict(json.loads(await first_line(process)))


async def ended(process: WarmTask) -> int:
    with trio.fail_after(30):
        return await process.wait()


async def stop(process: WarmTask) -> None:
    process.kill()
    await ended(process)


async def test_it_prints_what_is_said_until_the_room_closes(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    process = await start(home, "attend", "--json")
    first = await batch(process)
    assert [message["id"] for message in first["messages"]] == [1, 2]
    assert first["cli_next_cmd"] == "agentgather attend --since 2"
    for number in range(3):
        said = await room.host.say(f"news {number}")
        assert [message["id"] for message in (await batch(process))["messages"]] == [said["id"]]
    await room.host.post("/close")
    last = await batch(process)
    assert (last["messages"][-1]["text"], last["reason"], last["cli_next_cmd"]) == ("room closed", "closed", None)
    assert await ended(process) == 0
    assert home.cursor(*_who(home)) == last["next_since_id"]


async def test_until_message_ends_at_the_words_of_somebody_else(room: RunningRoom, tmp_path: Path) -> None:
    guest = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", guest)
    await run(home, "read")
    process = await start(home, "attend", "--json", "--until", "message")
    await until_waiting(room, "rev")
    await guest.say("my own words end nothing")
    assert (await batch(process))["messages"][0]["from"] == "rev"
    await room.invite("bob")
    assert (await batch(process))["messages"][0]["from"] == "system"
    said = await room.host.say("@rev this does")
    last = await batch(process)
    assert last["messages"][0]["id"] == said["id"]
    assert last["concerns"] == [{"id": said["id"], "by": said["from"], "reasons": ["mention"]}]
    assert last["cli_next_cmd"] == f"agentgather attend --until message --since {said['id']}"
    assert await ended(process) == 0


async def test_a_new_brief_counts_as_the_hosts_words(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await run(home, "read")
    process = await start(home, "attend", "--json", "--until", "message")
    await until_waiting(room, "rev")
    await room.host.post("/brief", {"body": "Turn left."})
    assert (await batch(process))["messages"][0]["event"]["kind"] == "brief.changed"
    assert await ended(process) == 0


async def test_until_mention_ends_when_one_is_called(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await run(home, "read")
    process = await start(home, "attend", "--json", "--until", "mention")
    await until_waiting(room, "rev")
    await room.host.say("hello everybody")
    assert (await batch(process))["mentioned"] is False
    await room.host.say("@rev please")
    assert (await batch(process))["mentioned"] is True
    assert await ended(process) == 0


async def test_stopped_and_started_again_it_goes_on_without_a_gap(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    process = await start(home, "attend", "--json")
    seen = [message["id"] for message in (await batch(process))["messages"]]
    await until_waiting(room, "rev")  # so the place of the first batch is kept by now
    await stop(process)
    said = [(await room.host.say(f"while away {number}"))["id"] for number in range(3)]
    again = await run(home, "attend", "--json", "--until", "message")
    assert seen + [message["id"] for message in again.json["messages"]] == [1, 2, *said]


async def test_a_consumer_that_dies_repeats_the_last_batch_and_loses_nothing(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    reading, writing = os.pipe()
    os.close(reading)
    ran = await trio.run_process(
        [*AGENTGATHER, "attend", "--json"], stdout=writing, capture_stderr=True, check=False, env=environment(home)
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (130, b"")
    again = await run(home, "attend", "--json", "--max-turns", "1")
    assert [message["id"] for message in again.json["messages"]] == [1, 2]


async def test_ctrl_c_ends_it_quietly(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    process = await start(home, "attend", "--json")
    await batch(process)
    await until_waiting(room, "rev")
    process.send_signal(signal.SIGINT)
    assert await ended(process) == 130
    assert process.stderr is not None
    assert b"".join([part async for part in process.stderr]) == b""


async def test_time_that_is_over_ends_it_with_the_command_that_goes_on(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await run(home, "read")
    idle = (await run(home, "attend", "--json", "--until", "message", "--for", "1s")).json
    assert (idle["heartbeat"], idle["messages"], idle["concerns"], idle["reason"]) == (True, [], [], "heartbeat")
    assert idle["cli_next_cmd"] == "agentgather attend --until message --since 2"


async def test_a_replaced_token_ends_it_with_a_refusal(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    process = await start(home, "attend", "--json")
    await batch(process)
    await until_waiting(room, "rev")
    await room.host.post("/participants/rev/rotate")
    assert await ended(process) == 3
    assert process.stderr is not None
    told = json.loads(b"".join([part async for part in process.stderr]))
    assert told["error"] == "unauthorized"


async def test_nobody_at_the_url_is_told_in_the_end(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await room.stop()
    ran = await run(home, "attend", "--json", "--patience", "0.5")
    assert (ran.code, ran.error["error"]) == (5, "unreachable")


async def test_a_host_who_serves_nothing_is_told_how_to(tmp_path: Path) -> None:
    home = Home(tmp_path)
    await run(home, "room", "start", "lab")
    ran = await run(home, "attend", "--json", "--patience", "0")
    assert (ran.code, ran.error["error"]) == (5, "not_served")
    assert "room serve" in ran.error["hint"]


async def test_a_daemon_killed_and_started_elsewhere_is_a_pause_and_nothing_more(tmp_path: Path) -> None:
    home = Home(tmp_path)
    await run(home, "room", "start", "lab")
    daemon = await start(home, "room", "serve", "--port", "0", "--json")
    first_url = (await batch(daemon))["url"]
    process = await start(home, "attend", "--json")
    heard = [message["id"] for message in (await batch(process))["messages"]]
    said: list[int] = []
    for number in range(5):
        said.append((await run(home, "send", "host", f"before {number}", "--json")).json["message"]["id"])
    while heard[-1] < said[-1]:
        heard += [message["id"] for message in (await batch(process))["messages"]]
    await stop(daemon)
    daemon = await start(home, "room", "serve", "--port", "0", "--json")
    assert (await batch(daemon))["url"] != first_url
    said.append((await run(home, "send", "host", "after", "--json")).json["message"]["id"])
    while heard[-1] < said[-1]:
        heard += [message["id"] for message in (await batch(process))["messages"]]
    assert heard == list(range(1, said[-1] + 1))
    await run(home, "room", "close")
    assert (await batch(process))["reason"] == "closed"
    assert await ended(process) == 0
    daemon.send_signal(signal.SIGTERM)
    assert await ended(daemon) == 0


async def test_people_and_pipes_read_plain_lines(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await run(home, "read")
    said = await room.host.say("@rev\nsecond line")
    ran = await run(home, "attend", "--until", "mention")
    assert ran.out == f"{said['id']} {said['ts']} ops [calls you] [proof {said['proof']}]: @rev\n    second line\n"


def _who(home: Home) -> tuple[Any, Any]:
    seat = home.current()
    assert seat is not None
    return seat.room, seat.alias
