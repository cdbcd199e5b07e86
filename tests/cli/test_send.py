"""`send` and `reply`, as processes speaking to a real daemon."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from agentgather.store.home import Home
from tests.cli.commands import home_of, host_home, run
from tests.client.scripted import dropping
from tests.rooms import RunningRoom


async def last(room: RunningRoom) -> dict[str, object]:
    return dict((await room.host.get("/messages", before_id=10**6, limit=1))["messages"][0])


async def test_the_first_word_is_called_and_the_others_are_the_text(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    ran = await run(home, "send", "ops", "the", "build", "is", "green")
    said = await last(room)
    assert (ran.code, ran.out, ran.err) == (0, f"sent #{said['id']} to ops\n", "")
    assert (said["from"], said["text"], said["mentions"]) == ("rev", "@ops the build is green", ["ops"])
    assert str(said["client_msg_id"]).startswith("cli-")


@pytest.mark.parametrize(
    ("words", "stdin", "text"),
    [
        (["send", "--json", "@ops", "hi"], "", "@ops hi"),
        (["send", "ops", "--json", "--", "--force", "-x", "--json"], "", "@ops --force -x --json"),
        (["send", "--text=--all of it", "ops", "--json"], "", "@ops --all of it"),
        (["send", "ops", "-", "--json"], "two\nlines", "@ops two\nlines"),
        (["send", "ops", "--file", "-", "--json"], "from stdin", "@ops from stdin"),
        (["send", "--to", "ops", "hello", "there", "--json"], "", "hello there"),
        (["reply", "1", "yes", "indeed", "--json"], "", "yes indeed"),
        (["reply", "1", "-", "--json"], "quoted 'text' \"here\" $(id)", "quoted 'text' \"here\" $(id)"),
    ],
)
async def test_text_is_given_as_words_file_or_standard_input(
    room: RunningRoom, tmp_path: Path, words: list[str], stdin: str, text: str
) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    ran = await run(home, *words, stdin=stdin)
    assert ran.code == 0, ran.err
    assert ran.json["message"]["text"] == text
    assert ran.json["message"]["id"] == (await last(room))["id"]


async def test_a_message_is_addressed_typed_and_repeatable(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    words = ["send", "--to", "ops", "--type", "question", "--client-msg-id", "q1", "--json", "ready?"]
    first, again = await run(home, *words), await run(home, *words)
    message = first.json["message"]
    assert (message["type"], message["to"], message["mentions"]) == ("question", ["ops"], ["ops"])
    assert again.json == {"ok": True, "message": message, "idempotent": True}


async def test_an_answer_is_asked_for(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    asked = await run(home, "send", "ops", "--need-reply", "--json", "which", "branch?")
    assert (asked.json["message"]["need_reply"], asked.json["message"]["text"]) == (True, "@ops which branch?")
    shown = await run(home, "messages", "--since", str(asked.json["message"]["id"] - 1))
    assert "wants an answer" in shown.out


async def test_calling_nobody_is_noted_and_said_all_the_same(room: RunningRoom, tmp_path: Path) -> None:
    ran = await run(home_of(room, tmp_path / "ops"), "send", "nobody", "hello")
    assert ran.code == 0
    assert "nobody called nobody is in the room" in ran.err
    assert (await last(room))["text"] == "@nobody hello"


async def test_an_answer_lost_on_the_way_does_not_say_it_twice(room: RunningRoom, tmp_path: Path) -> None:
    async with dropping(room.url, first=1) as way:
        ran = await run(home_of(room, tmp_path / "ops", base_url=way), "send", "ops", "once", "--json")
    assert ran.json["idempotent"] is True
    texts = [message["text"] for message in (await room.host.get("/messages"))["messages"]]
    assert texts.count("@ops once") == 1


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["send", "OPS", "hi"], 3, "invalid_alias"),
        (["send", "ops", "x" * 24_001], 3, "text_too_long"),
        (["send", "ops", "--file", "/nowhere/at/all"], 4, "file_not_found"),
        (["reply", "1", "  "], 3, "invalid_text"),
        (["send", "ops", "hi", "--client-msg-id", "no blanks"], 3, "invalid_client_msg_id"),
        (["send", "ops", "hi", "--room", "loft"], 4, "seat_not_found"),
    ],
)
async def test_a_no_is_one_json_object_with_the_rooms_code(
    room: RunningRoom, tmp_path: Path, words: list[str], code: int, error: str
) -> None:
    ran = await run(home_of(room, tmp_path / "ops"), *words, "--json")
    assert (ran.code, ran.out) == (code, "")
    assert (ran.error["ok"], ran.error["error"]) == (False, error)


async def test_a_token_in_the_environment_or_a_file_is_enough(room: RunningRoom, tmp_path: Path) -> None:
    guest = await room.invite("rev")
    nowhere = home_of(room, tmp_path / "unused")
    env = {"AGENTGATHER_HOME": str(tmp_path / "empty"), "AGENTGATHER_TOKEN": guest.token, "AGENTGATHER_URL": room.url}
    ran = await run(nowhere, "send", "ops", "by environment", "--json", env=env)
    assert ran.json["message"]["from"] == "rev"
    (tmp_path / "token").write_text(guest.token + "\n")
    words = ["send", "ops", "by file", "--json", "--token-file", str(tmp_path / "token"), "--url", room.url + "/"]
    ran = await run(nowhere, *words, "--home", str(tmp_path / "empty"))
    assert ran.json["message"]["from"] == "rev"
    assert guest.token not in ran.out + ran.err


async def test_the_host_speaks_through_the_daemon_wherever_it_listens(room: RunningRoom) -> None:
    ran = await run(host_home(room), "send", "ops", "through the daemon", "--json")
    assert ran.json["message"]["id"] == (await last(room))["id"]


async def test_many_at_once_find_their_turn_in_a_room_nobody_serves(tmp_path: Path) -> None:
    home = Home(tmp_path)
    await run(home, "room", "start", "lab")
    ends: list[int] = []

    async def say(number: int) -> None:
        ends.append((await run(home, "send", "host", f"number {number}")).code)

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(say, number)
    assert ends == [0] * 4
    said = (await run(home, "messages", "--json")).json["messages"]
    assert sorted(message["text"] for message in said[1:]) == [f"@host number {number}" for number in range(4)]


async def test_a_room_nobody_serves_takes_the_hosts_word_and_a_guest_hears_that_nobody_answers(
    room: RunningRoom, tmp_path: Path
) -> None:
    guest = home_of(room, tmp_path / "rev", await room.invite("rev"))
    host = host_home(room)
    await room.stop()
    ran = await run(host, "send", "ops", "into the log", "--json")
    assert ran.json["message"]["text"] == "@ops into the log"
    refused = await run(guest, "messages", "--json")
    assert (refused.code, refused.error["error"]) == (5, "unreachable")
