from __future__ import annotations

import json
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentgather.cli.output import Output
from agentgather.cli.qr_lines import qr_lines
from tests.cli.terminal import tell
from tests.qr_codes import seen


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose room nobody serves."""
    tell(tmp_path, "room", "start", "lab", "--brief", "Ship it.")
    return tmp_path


def seats(home: Path) -> dict[str, dict[str, object]]:
    return {seat["alias"]: seat for seat in tell(home, "room", "status", "--json").answer["participants"]}


def test_an_agent_is_handed_one_command(home: Path) -> None:
    answer = tell(home, "room", "invite", "bob", "--json").answer
    assert (answer["room"], answer["alias"], answer["kind"], answer["role"]) == ("lab", "bob", "agent", "guest")
    assert answer["expires_at"] is None
    shown = tell(home, "room", "invite", "amy").out
    commands = [line for line in shown.splitlines() if "curl" in line]
    assert len(commands) == 1
    assert "http://127.0.0.1:8787/card" in shlex.split(commands[0])


def test_a_person_is_handed_a_link(home: Path) -> None:
    shown = tell(home, "room", "invite", "eve", "--kind", "human").out
    assert "curl" not in shown
    assert any(line.startswith("http://127.0.0.1:8787/#token=agt_") for line in shown.splitlines())


def test_an_observer_is_one_and_an_invitation_may_end(home: Path) -> None:
    answer = tell(home, "room", "invite", "eve", "--role", "observer", "--ttl", "2h", "--json").answer
    assert answer["role"] == "observer"
    left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=119) < left <= timedelta(hours=2)


def test_an_alias_is_not_given_twice_by_accident(home: Path) -> None:
    first = tell(home, "room", "invite", "bob", "--kind", "human", "--role", "observer", "--json").answer
    again = tell(home, "room", "invite", "bob", "--json")
    assert (again.code, again.error["error"]) == (3, "alias_taken")
    assert "--rotate" in again.error["hint"]
    rotated = tell(home, "room", "invite", "bob", "--rotate", "--json").answer
    assert rotated["token"] != first["token"]
    assert (rotated["kind"], rotated["role"]) == ("human", "observer"), "what is not said stays as it was"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("host",), 3, "host_seat"),
        (("host", "--rotate"), 3, "host_seat"),
        (("system",), 3, "alias_reserved"),
        (("Bob",), 3, "invalid_alias"),
        (("bob", "--role", "host"), 2, "usage"),
        (("bob", "--kind", "system"), 2, "usage"),
        (("bob", "--ttl", "later"), 3, "invalid_ttl"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(words: tuple[str, ...], code: int, error: str, home: Path) -> None:
    refused = tell(home, "room", "invite", *words, "--json")
    assert (refused.code, refused.error["error"]) == (code, error)
    assert set(seats(home)) == {"host"}


def test_only_the_host_invites(home: Path) -> None:
    token = tell(home, "room", "invite", "bob", "--json").answer["token"]
    seat = {"roomId": "lab", "alias": "bob", "token": token, "baseUrl": "http://127.0.0.1:8787"}
    (home / "seats" / "lab@bob.json").write_text(json.dumps(seat))
    refused = tell(home, "room", "invite", "eve", "--json", "--room", "lab@bob")
    assert (refused.code, refused.error["error"]) == (3, "host_required")


def test_a_card_is_shown_with_a_new_token_only_when_that_is_meant(home: Path) -> None:
    tell(home, "room", "invite", "bob")
    refused = tell(home, "room", "invite-card", "bob", "--json")
    assert (refused.code, refused.error["error"]) == (3, "token_unknown")
    assert "--rotate" in refused.error["hint"]
    card = tell(home, "room", "invite-card", "bob", "--rotate", "--json").answer["card"]
    assert "Ship it." in card
    assert "agt_" in card
    shown = tell(home, "room", "invite-card", "amy", "--rotate")
    assert shown.out.startswith("ATTEND CARD")
    assert set(seats(home)) == {"host", "bob", "amy"}


def test_a_token_that_the_first_version_remembered_still_makes_a_card(home: Path) -> None:
    token = tell(home, "room", "invite", "bob", "--json").answer["token"]
    kept = home / "rooms" / "lab" / "tokens.json"
    kept.write_text(json.dumps({"tokens": {"bob": token}}))
    assert token in tell(home, "room", "invite-card", "bob", "--json").answer["card"]
    tell(home, "room", "rotate", "bob")
    assert tell(home, "room", "invite-card", "bob", "--json").error["error"] == "token_unknown"
    assert json.loads(kept.read_text()) == {"tokens": {"bob": token}}, "it is read, never written"


def test_a_removed_seat_comes_back_only_by_an_invitation_that_says_so(home: Path) -> None:
    tell(home, "room", "invite", "bob")
    assert tell(home, "room", "remove", "bob", "--json").answer == {"ok": True, "alias": "bob"}
    assert seats(home)["bob"]["removed_at"]
    assert tell(home, "room", "rotate", "bob", "--json").error["error"] == "removed"
    assert tell(home, "room", "invite-card", "bob", "--rotate", "--json").error["error"] == "removed"
    assert tell(home, "room", "invite", "bob", "--rotate").code == 0
    assert "removed_at" not in seats(home)["bob"]


def test_nobody_removes_the_host_or_somebody_who_is_not_there(home: Path) -> None:
    assert tell(home, "room", "remove", "host", "--json").error["error"] == "host_seat"
    missing = tell(home, "room", "remove", "nobody", "--json")
    assert (missing.code, missing.error["error"]) == (4, "unknown_participant")


def test_a_host_who_rotates_its_own_token_goes_on_with_the_new_one(home: Path) -> None:
    before = json.loads((home / "current-room.json").read_text())["token"]
    answer = tell(home, "room", "rotate", "host", "--json").answer
    after = json.loads((home / "current-room.json").read_text())["token"]
    assert after == answer["token"] != before
    assert json.loads((home / "seats" / "lab@host.json").read_text())["token"] == after
    assert tell(home, "room", "status", "--json").answer["is_host"] is True


def test_a_host_whose_home_cannot_keep_its_new_token_is_shown_it_at_least(home: Path) -> None:
    """The one before it stopped working: shown nowhere, it would have locked the host out."""
    shutil.rmtree(home / "seats")
    (home / "seats").write_text("in the way")
    rotated = tell(home, "room", "rotate", "host", "--json")
    assert rotated.code != 0
    assert json.loads(rotated.err)["error"] == "file_refused"
    said = {"AGENTGATHER_TOKEN": json.loads(rotated.out)["token"]}
    assert tell(home, "room", "status", "--json", environ=said).answer["is_host"] is True


def test_what_is_handed_out_while_nobody_serves_names_where_the_room_was_last_reached(home: Path) -> None:
    tell(home, "room", "start", "den", "--url", "http://localhost:9123")
    assert (
        tell(home, "room", "invite", "bob", "--json").answer["browser_url"].startswith("http://localhost:9123/#token=")
    )
    said = {"AGENTGATHER_PORT": "9200"}
    answer = tell(home, "room", "invite", "amy", "--json", environ=said).answer
    assert answer["browser_url"].startswith("http://127.0.0.1:9200/#token=")


def seen_on_a_terminal(lines: list[str]) -> str:
    """What a camera reads in half blocks on a dark screen."""
    upper = {"█": "0", "▀": "0", "▄": "1", " ": "1"}
    lower = {"█": "0", "▀": "1", "▄": "0", " ": "1"}
    return seen(["".join(half[one] for one in line) for line in lines for half in (upper, lower)])


def test_an_invitation_is_drawn_for_a_phone_when_asked_for(home: Path) -> None:
    plain = tell(home, "room", "invite", "eve", "--kind", "human")
    assert "█" not in plain.out
    for words in (("eve", "--kind", "human", "--rotate"), ("bob",)):
        shown = tell(home, "room", "invite", *words, "--qr")
        (link,) = [line for line in shown.out.splitlines() if line.startswith("http://127.0.0.1:8787/#token=agt_")]
        drawn = [line for line in shown.out.splitlines() if "█" in line or "▄" in line]
        assert seen_on_a_terminal(drawn) == link
        assert "this machine" in shown.err, "a phone would look for the room on itself"


def test_a_room_that_is_published_is_drawn_without_a_warning(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "lab", "--url", "https://rooms.example.org/lab")
    shown = tell(tmp_path, "room", "invite", "eve", "--qr")
    assert "https://rooms.example.org/lab/?" in shown.out
    assert "this machine" not in shown.err


@pytest.mark.parametrize("rows", [None, [], "101", ["10", "2x"], ["101", "010"], [101, 1, 1], ["\x1b[", "11"]])
def test_what_is_no_code_is_not_drawn(rows: object) -> None:
    assert qr_lines(rows, output=Output(is_json=False)) == []
