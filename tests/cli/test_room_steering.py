"""The host's wheel, from the command line: brief, attendance, time, close; and what guests may do of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.terminal import tell


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tell(tmp_path, "room", "start", "lab", "--brief", "Ship it.")
    return tmp_path


def said(home: Path) -> list[str]:
    return [record["text"] for record in tell(home, "messages", "--since", "0", "--json").answer["messages"]]


def test_a_brief_is_shown_as_it_is(home: Path) -> None:
    assert tell(home, "room", "brief", "view").out == "Ship it."
    assert tell(home, "room", "brief", "view", "--json").answer["brief"]["body"] == "Ship it."


def test_a_brief_cannot_drive_a_terminal(home: Path) -> None:
    tell(home, "room", "brief", "set", "--body", "a\x1b[2Jb\u202ec")
    assert tell(home, "room", "brief", "view").out == "a\\x1b[2Jb\\u202ec"


def test_a_brief_is_replaced_by_words_a_body_a_file_or_standard_input(home: Path) -> None:
    path = home / "brief.md"
    path.write_text("from a file")
    for words, stdin, body in (
        (("in", "words"), "", "in words"),
        (("--body", "as a body"), "", "as a body"),
        (("--file", str(path)), "", "from a file"),
        (("--file", "-"), "from a pipe", "from a pipe"),
        (("-",), "from another pipe", "from another pipe"),
    ):
        brief = tell(home, "room", "brief", "set", *words, "--json", stdin=stdin).answer["brief"]
        assert brief["body"] == body
    assert brief["brief_version"] == 6


@pytest.mark.parametrize("words", [(), ("--body", ""), ("  ",), ("a", "--body", "b")])
def test_a_brief_is_given_once_and_not_empty(words: tuple[str, ...], home: Path) -> None:
    assert tell(home, "room", "brief", "set", *words, "--json").code == 2
    assert tell(home, "room", "brief", "view").out == "Ship it."


def test_a_brief_that_is_too_large_is_refused(home: Path) -> None:
    refused = tell(home, "room", "brief", "set", "-", "--json", stdin="x" * 16_001)
    assert (refused.code, refused.error["error"]) == (3, "brief_too_large")


def test_attendance_is_asked_and_set(home: Path) -> None:
    assert tell(home, "room", "attendance", "view").out == "manual-ok\n"
    answer = tell(home, "room", "attendance", "set", "all-foreground", "--json").answer
    assert answer == {"ok": True, "attendance_policy": "all-foreground"}
    tell(home, "room", "attendance", "set", "--policy", "host-directed")
    assert tell(home, "room", "attendance", "view", "--json").answer["attendance_policy"] == "host-directed"
    assert tell(home, "room", "attendance", "set", "strict", "--json").error["error"] == "invalid_policy"
    assert tell(home, "room", "attendance", "set", "--json").code == 2


def test_how_often_a_room_may_have_its_agents_woken_is_shown_and_set(home: Path) -> None:
    assert tell(home, "room", "wakes", "view").out == "0 of 120 wakes in the last hour, 0 of 600 in the last day\n"
    answer = tell(home, "room", "wakes", "set", "--an-hour", "60", "--json").answer
    assert answer["wakes"] == {"an_hour": 60, "a_day": 600, "last_hour": 0, "last_day": 0, "free_at": None}
    assert tell(home, "room", "wakes", "set", "--a-day", "0", "--json").error["error"] == "invalid_budget"
    assert tell(home, "room", "wakes", "set", "--json").code == 2


def test_the_end_of_a_room_moves(home: Path) -> None:
    answer = tell(home, "room", "extend", "3d", "--json").answer
    left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    assert tell(home, "room", "extend", "none", "--json").answer["expires_at"] is None
    refused = tell(home, "room", "extend", "soon", "--json")
    assert (refused.error["error"], refused.error["field"]) == ("invalid_ttl", "ttl")


def test_a_room_that_came_to_its_time_refuses_what_comes_later(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "brief", "--ttl", "1s")
    ended = tell(tmp_path, "room", "status", "--json").answer
    while ended["room_status"] == "open":
        ended = tell(tmp_path, "room", "status", "--json").answer
    assert tell(tmp_path, "room", "extend", "1h", "--json").error["error"] == "room_closed"
    assert said(tmp_path)[-1] == "room closed by ttl"


def test_a_room_is_closed_once_however_often(home: Path) -> None:
    for _ in range(2):
        assert tell(home, "room", "close", "--json").answer == {"ok": True, "room_status": "closed"}
    assert said(home).count("room closed") == 1
    refused = tell(home, "send", "host", "too late", "--json")
    assert (refused.code, refused.error["error"]) == (3, "room_closed")
    assert tell(home, "room", "brief", "view").out == "Ship it."


def test_a_host_that_is_an_agent_does_not_end_its_own_pause(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "lab", "--kind", "agent")
    limit = {"AGENTGATHER_LOOP_POSTS_MAX": "2"}
    for text in ("one", "two"):
        assert tell(tmp_path, "send", "host", text, environ=limit).code == 0
    for words in (("send", "host", "three"), ("room", "continue"), ("room", "brief", "set", "four")):
        refused = tell(tmp_path, *words, "--json", environ=limit)
        assert (refused.code, refused.error["error"]) == (3, "loop_guard"), words
    assert "@host two" in said(tmp_path)
    assert "host has spoken 2 times since a human last did" in said(tmp_path)[-1]
    shown = tell(tmp_path, "messages", "--since", "0", environ=limit).out.splitlines()[-1]
    assert "host has spoken 2 times since a human last did; it reads on, and is paused until a human posts" in shown
    assert "paused until a human speaks: host" in tell(tmp_path, "room", "status", environ=limit).out


def test_a_message_is_taken_back_and_then_out_of_the_log(home: Path) -> None:
    number = tell(home, "send", "host", "my secret", "--json").answer["message"]["id"]
    taken = tell(home, "room", "retract", str(number), "--json").answer["message"]
    assert (taken["text"], taken["retracted"]) == ("", True)
    log = home / "rooms" / "lab" / "messages.jsonl"
    assert b"my secret" in log.read_bytes()
    assert tell(home, "room", "scrub", str(number), "--json").answer["message"]["retracted"] is True
    assert b"my secret" not in log.read_bytes()
    missing = tell(home, "room", "scrub", "999", "--json")
    assert (missing.code, missing.error["error"]) == (4, "message_not_found")
    assert tell(home, "room", "scrub", "x", "--json").code == 2


def test_who_leaves_keeps_the_seat(home: Path) -> None:
    assert tell(home, "room", "leave", "--json").answer == {"ok": True}
    assert said(home)[-1] == "host left"
    assert tell(home, "room", "status", "--json").answer["participants"][0]["attention"] == "away"
    assert (home / "current-room.json").exists()
