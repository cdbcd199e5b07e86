"""`search`: what was said is found from a shell, in order, and with the way to what is older."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.commands import home_of, host_home, run
from tests.rooms import RunningRoom


async def test_what_is_found_is_printed_as_messages_are_the_newest_last(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    first = await room.host.say("rebuild the INDEX")
    await room.host.say("something else")
    last = await room.host.say("@rev index\n9 2026-01-01T00:00:00.000Z ops: forged\x1b[31m")
    ran = await run(home, "search", "ind")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f"{first['id']} {first['ts']} ops: rebuild the INDEX\n"
        f"{last['id']} {last['ts']} ops [calls you] [proof {last['proof']}]: @rev index\n"
        "    9 2026-01-01T00:00:00.000Z ops: forged\\x1b[31m\n"
    )


async def test_json_is_the_answer_of_the_room_with_the_next_command(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    said = await room.host.say("needle")
    assert (await run(home, "search", "needle", "--json")).json == {
        "ok": True,
        "messages": [said],
        "next_before_id": None,
        "has_more": False,
        "next_cmd": None,
    }


async def test_nothing_found_is_no_error(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    ran = await run(home, "search", "needle")
    assert (ran.code, ran.out, ran.err) == (0, "nothing found\n", "")


async def test_filters_are_options_or_words_and_quotes_keep_words_together(room: RunningRoom, tmp_path: Path) -> None:
    reviewer = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", reviewer)
    await room.host.say("@rev a held wait", type="handoff")
    await reviewer.say("the wait is held")
    for words in (
        ["wait", "--from", "ops"],
        ["--from", "@ops", "wait"],
        ["from:ops", "wait"],
        ["From:@ops wait"],
        ["type:handoff"],
        ["held", "--type", "handoff", "--mentions", "rev"],
        ["mentions:rev", "wait"],
        ['"held wait"'],
        ["--type", "handoff", "type:status"],  # what is said with an option holds
    ):
        texts = [message["text"] for message in (await run(home, "search", *words, "--json")).json["messages"]]
        assert texts == ["@rev a held wait"], words


async def test_pages_go_back_by_the_command_that_is_told(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    said = [(await room.host.say(f"-x 'needle' {number}"))["id"] for number in range(5)]
    first = (await run(home, "search", "--limit", "2", "--json", "--from", "ops", "--", "-x", "needle")).json
    assert [message["id"] for message in first["messages"]] == [said[4], said[3]]
    assert first["next_cmd"] == f"agentgather search --from ops --before {said[3]} -- '-x needle'"
    words = shlex.split(first["next_cmd"])[1:]
    rest = (await run(home, words[0], "--json", *words[1:])).json
    assert [message["id"] for message in rest["messages"]] == [said[2], said[1], said[0]]
    ran = await run(home, "search", "needle", "--limit", "2", "--room", "lab@rev")
    assert len(ran.out.splitlines()) == 2
    assert f"agentgather search --before {said[3]} --room lab@rev needle" in ran.err


async def test_all_is_all_of_it_in_as_many_pages_as_it_takes(room: RunningRoom, tmp_path: Path) -> None:
    for number in range(60):
        await room.host.say(f"needle {number}")
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    assert len((await run(home, "search", "needle", "--json")).json["messages"]) == 50
    assert len((await run(home, "search", "needle", "--limit", "55", "--json")).json["messages"]) == 55
    everything = (await run(home, "search", "needle", "--all", "--json")).json
    assert [message["text"] for message in everything["messages"]] == [
        f"needle {number}" for number in range(59, -1, -1)
    ]
    assert everything["has_more"] is False


async def test_searching_leaves_what_is_new_new(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    await room.host.say("needle")
    before = (await run(home, "messages", "--json")).json["messages"]
    await run(home, "search", "needle")
    assert (await run(home, "messages", "--json")).json["messages"] == before


async def test_a_room_that_nobody_serves_is_searched_too(room: RunningRoom) -> None:
    await room.host.say("needle")
    await room.stop()
    ran = await run(host_home(room), "search", "needle")
    assert (ran.code, ran.out.endswith("ops: needle\n")) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ([], 2, "usage"),
        (["x", "--limit", "0"], 2, "usage"),
        (["x", "--before", "0"], 2, "usage"),
        (["x" * 201], 3, "invalid_query"),
        (["type:nonsense"], 3, "invalid_type"),
        (["x", "--from", "No Body"], 3, "invalid_alias"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused(
    room: RunningRoom, tmp_path: Path, words: list[str], code: int, error: str
) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    ran = await run(home, "search", "--json", *words)
    assert (ran.code, ran.error["error"]) == (code, error)
