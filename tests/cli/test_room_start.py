from __future__ import annotations

import json
import re
import shlex
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.terminal import tell


def ends_in(answer: dict[str, object]) -> timedelta:
    return datetime.fromisoformat(str(answer["expires_at"])) - datetime.now(UTC)


def test_a_room_starts_with_one_command(tmp_path: Path) -> None:
    answer = tell(tmp_path, "room", "start", "lab", "--json").answer
    assert answer["ok"] is True
    assert (answer["room"], answer["alias"], answer["baseUrl"]) == ("lab", "host", "http://127.0.0.1:8787")
    assert timedelta(hours=23, minutes=59) < ends_in(answer) <= timedelta(hours=24)


def test_the_hosts_token_is_shown_only_when_asked_for(tmp_path: Path) -> None:
    shown = tell(tmp_path, "room", "start", "lab")
    token = json.loads((tmp_path / "current-room.json").read_text())["token"]
    assert re.fullmatch(r"agt_[A-Za-z0-9_-]{43}", token)
    assert token not in shown.out + shown.err
    assert token not in tell(tmp_path, "room", "start", "hut", "--json").out
    assert tell(tmp_path, "room", "start", "den", "--json", "--show-token").answer["token"].startswith("agt_")


def test_the_room_keeps_a_digest_and_the_home_keeps_the_token(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "lab", "--alias", "ops")
    seat = json.loads((tmp_path / "current-room.json").read_text())
    assert (seat["roomId"], seat["alias"]) == ("lab", "ops")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "rooms").rglob("*") if path.is_file())
    assert seat["token"].encode() not in kept
    assert sha256(seat["token"].encode()).hexdigest().encode() in kept
    for path in (tmp_path / "current-room.json", tmp_path / "seats" / "lab@ops.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_room_that_is_there_already_is_refused(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "lab")
    before = (tmp_path / "current-room.json").read_text()
    refused = tell(tmp_path, "room", "start", "lab", "--json")
    assert (refused.code, refused.error["error"]) == (3, "room_exists")
    assert (tmp_path / "current-room.json").read_text() == before


def test_a_room_whose_token_cannot_be_kept_is_not_made(tmp_path: Path) -> None:
    """Nobody could ever open it, and its name would be taken."""
    (tmp_path / "seats").write_text("in the way")
    refused = tell(tmp_path, "room", "start", "lab", "--json")
    assert refused.code != 0
    assert not (tmp_path / "rooms" / "lab").exists()
    (tmp_path / "seats").unlink()
    assert tell(tmp_path, "room", "start", "lab", "--json").answer["room"] == "lab"


@pytest.mark.parametrize("name", ["Lab", "a b", "lab\n", "", "x" * 65, "../up", "ä"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    refused = tell(tmp_path, "room", "start", "--json", "--", name)
    assert refused.error["error"] == "invalid_room"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("alias", ["system", "all", "room", "Ops", ""])
def test_a_host_cannot_be_called_what_the_room_itself_is(alias: str, tmp_path: Path) -> None:
    refused = tell(tmp_path, "room", "start", "lab", f"--alias={alias}", "--json")
    assert refused.error["error"] in ("alias_reserved", "invalid_alias")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("ttl", "seconds"), [("45s", 45), ("1h30m", 5_400), ("2d", 172_800)])
def test_a_room_lives_as_long_as_it_was_given(ttl: str, seconds: int, tmp_path: Path) -> None:
    answer = tell(tmp_path, "room", "start", "lab", "--ttl", ttl, "--json").answer
    assert timedelta(seconds=seconds - 5) < ends_in(answer) <= timedelta(seconds=seconds)


def test_a_room_may_have_no_end(tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "lab", "--ttl", "none", "--json").answer["expires_at"] is None


def test_the_home_says_how_long_a_room_lives_unless_the_host_does(tmp_path: Path) -> None:
    (tmp_path / "agentgather.toml").write_text('[start]\nttl = "none"\n')
    assert tell(tmp_path, "room", "start", "one", "--json").answer["expires_at"] is None
    said = tell(tmp_path, "room", "start", "two", "--ttl", "1h", "--json").answer
    assert ends_in(said) <= timedelta(hours=1)


def test_a_lifetime_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    refused = tell(tmp_path, "room", "start", "lab", "--ttl", "soon", "--json")
    assert refused.code == 2
    assert refused.error["field"] == "ttl"
    assert "--ttl" in refused.error["message"]


def test_an_end_can_be_a_moment_to_come_and_nothing_else(tmp_path: Path) -> None:
    answer = tell(tmp_path, "room", "start", "lab", "--expires-at", "2099-01-05T09:30:00Z", "--json").answer
    assert answer["expires_at"] == "2099-01-05T09:30:00.000Z"
    for moment in ("2001-01-01T00:00:00Z", "tomorrow"):
        refused = tell(tmp_path, "room", "start", "hut", "--expires-at", moment, "--json")
        assert refused.error["error"] == "invalid_ttl"
    both = tell(tmp_path, "room", "start", "hut", "--expires-at", "2099-01-05T09:30:00Z", "--ttl", "1h", "--json")
    assert both.code == 2


def test_a_brief_comes_as_words_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "brief.md"
    path.write_text("from a file\nwith two lines")
    tell(tmp_path, "room", "start", "one", "--brief", "in words")
    assert tell(tmp_path, "room", "brief", "view").out == "in words"
    tell(tmp_path, "room", "start", "two", "--brief-file", str(path))
    assert tell(tmp_path, "room", "brief", "view").out == "from a file\nwith two lines"
    tell(tmp_path, "room", "start", "three", "--brief-file", "-", stdin="from standard input ✓")
    assert tell(tmp_path, "room", "brief", "view").out == "from standard input ✓"


def test_a_brief_that_cannot_be_one_starts_no_room(tmp_path: Path) -> None:
    too_long = tell(tmp_path, "room", "start", "lab", "--brief-file", "-", "--json", stdin="x" * 16_001)
    assert too_long.error["error"] == "brief_too_large"
    no_text = tell(tmp_path, "room", "start", "lab", "--brief-file", "-", "--json", stdin=b"\xff\xfe")
    assert no_text.code == 2
    missing = tell(tmp_path, "room", "start", "lab", "--brief-file", str(tmp_path / "none"), "--json")
    assert (missing.code, missing.error["error"]) == (4, "file_not_found")
    twice = tell(tmp_path, "room", "start", "lab", "--brief-file", "-", "--brief", "x", "--json")
    assert twice.code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://Rooms.example.org/lab/", "https://rooms.example.org/lab"),
        ("http://localhost:9000/", "http://localhost:9000"),
    ],
)
def test_a_url_is_kept_without_what_it_does_not_need(url: str, kept: str, tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "lab", "--url", url, "--json").answer["baseUrl"] == kept


@pytest.mark.parametrize(
    "url", ["http://rooms.example.org", "rooms.example.org", "https://a/$(id)", "https://u:p@a", ""]
)
def test_a_url_that_would_carry_tokens_in_the_clear_or_mislead_is_refused(url: str, tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "lab", f"--url={url}", "--json").code == 2
    assert not list(tmp_path.iterdir())


def test_what_comes_next_is_said_for_the_home_that_was_meant(tmp_path: Path) -> None:
    there = tmp_path / "it's here"
    shown = tell(tmp_path, "room", "start", "lab", "--home", str(there))
    assert f"agentgather room serve --home {shlex.quote(str(there))}" in shown.out
    assert (there / "current-room.json").exists()
