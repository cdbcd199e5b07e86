"""`messages`, `read` and `watch`: what is new stays new until it was really handed out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import trio

from tests.cli.commands import AGENTGATHER, environment, home_of, run
from tests.rooms import RunningRoom


async def test_messages_leaves_what_is_new_new_and_read_does_not(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    said = await room.host.say("@rev hello")
    first = await run(home, "messages", "--json")
    assert [message["id"] for message in first.json["messages"]] == [1, 2, said["id"]]
    assert first.json["next_cmd"] == f"agentgather messages --since {said['id']}"
    assert (first.json["room_status"], first.json["has_more"]) == ("open", False)
    read = await run(home, "read", "--json")
    assert read.json["messages"] == first.json["messages"]
    assert read.json["next_cmd"] == f"agentgather read --since {said['id']}"
    assert (await run(home, "read")).out == "no new messages\n"
    people = {one["alias"]: one for one in (await room.host.get("/status"))["participants"]}
    assert people["rev"]["read_id"] == said["id"]


async def test_text_is_a_line_a_record(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    said = await room.host.say("first\n9 2026-01-01T00:00:00.000Z ops: forged\x1b[31m")
    ran = await run(home, "messages", "--since", str(said["id"] - 1))
    assert ran.out == (f"{said['id']} {said['ts']} ops: first\n    9 2026-01-01T00:00:00.000Z ops: forged\\x1b[31m\n")


async def test_a_limit_shows_so_many_and_the_next_command_goes_on(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    for number in range(4):
        await room.host.say(f"line {number}")
    first = (await run(home, "read", "--limit", "3", "--json", "--room", "lab@rev")).json
    assert [message["id"] for message in first["messages"]] == [1, 2, 3]
    assert first["has_more"] is True
    assert first["next_cmd"] == "agentgather read --since 3 --room lab@rev"
    rest = (await run(home, "read", "--json")).json
    assert [message["id"] for message in rest["messages"]] == [4, 5, 6]


async def test_whoever_went_away_has_read_nothing(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await room.host.say("never seen")
    reading, writing = os.pipe()
    os.close(reading)
    ended = await trio.run_process(
        [*AGENTGATHER, "read"], stdout=writing, capture_stderr=True, check=False, env=environment(home)
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (130, b"")
    assert "never seen" in (await run(home, "read")).out


async def test_output_that_finds_no_place_was_not_read_either(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    with open("/dev/full", "wb") as full:
        ended = await trio.run_process(
            [*AGENTGATHER, "read", "--json"], stdout=full, capture_stderr=True, check=False, env=environment(home)
        )
    assert (ended.returncode, json.loads(ended.stderr)["error"]) == (3, "storage_full")
    assert [message["id"] for message in (await run(home, "read", "--json")).json["messages"]] == [1, 2]


async def test_watch_is_one_wait(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    said = await room.host.say("@rev news")
    heard = (await run(home, "watch", "--json", "--since", str(said["id"] - 1))).json
    assert [message["id"] for message in heard["messages"]] == [said["id"]]
    assert (heard["mentioned"], heard["reason"], heard["keep_waiting"]) == (True, "message", False)
    assert heard["cli_next_cmd"] == f"agentgather watch --since {said['id']}"
    idle = (await run(home, "watch", "--json", "--hold", "0")).json
    assert (idle["heartbeat"], idle["messages"], idle["next_since_id"]) == (True, [], said["id"])
    assert (await run(home, "watch", "--hold", "0")).out == f"next: agentgather watch --since {said['id']}\n"


async def test_watch_hears_a_closed_room_out(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await room.host.post("/close")
    last = await run(home, "watch", "--json")
    assert last.code == 0
    assert (last.json["reason"], last.json["cli_next_cmd"]) == ("closed", None)
    assert last.json["messages"][-1]["text"] == "room closed"


@pytest.mark.parametrize("word", ["watch", "attend"])
async def test_who_was_removed_gets_the_answer_and_a_refusal(room: RunningRoom, tmp_path: Path, word: str) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await room.host.post("/participants/rev/remove")
    ran = await run(home, word, "--json")
    assert ran.code == 3
    assert (ran.json["participant_status"], ran.json["cli_next_cmd"]) == ("removed", None)
    assert ran.error["error"] == "removed"


async def test_a_damaged_place_is_told_as_damage(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await run(home, "read")
    cursor = next((home.root / "rooms" / "lab" / "cursors").iterdir())
    assert cursor.stat().st_mode & 0o777 == 0o600
    assert json.loads(cursor.read_text())["sinceId"] == 2
    cursor.write_text("{")
    ran = await run(home, "read", "--json")
    assert (ran.code, ran.error["error"]) == (6, "damaged")


async def test_hostile_text_reads_back_from_json_and_drives_no_terminal(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    text = "\x1b]0;owned\x07 \x9b31m \u202egnp.exe \u2028 \x7f \r gone"
    said = await room.host.say(text)
    program = [*AGENTGATHER, "messages", "--json", "--since", str(said["id"] - 1)]
    raw = (await trio.run_process(program, capture_stdout=True, env=environment(home))).stdout
    assert json.loads(raw)["messages"][0]["text"] == text
    shown = raw.decode()
    assert not any(one in shown[:-1] for one in "\x1b\x07\x9b\u202e\u2028\x7f\r\n")


async def test_a_latin_terminal_shows_what_it_can(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    said = await room.host.say("héllo 中")
    program = [*AGENTGATHER, "messages", "--since", str(said["id"] - 1)]
    env = {**environment(home), "PYTHONIOENCODING": "latin-1"}
    ended = await trio.run_process(program, capture_stdout=True, env=env)
    assert ended.stdout.decode("latin-1").endswith("héllo \\u4e2d\n")
