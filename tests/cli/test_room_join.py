from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Ran, tell, tell_beside
from tests.rooms import RunningRoom


@pytest.fixture
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody on another machine."""
    return tmp_path_factory.mktemp("away")


async def invitation(room: RunningRoom, alias: str = "amy", **more: Any) -> dict[str, Any]:
    return await room.host.post("/invites", {"alias": alias, **more})


async def test_a_link_on_standard_input_takes_the_seat(room: RunningRoom, away: Path) -> None:
    link = (await invitation(room))["browser_url"]
    joined = await tell_beside(away, "room", "join", "-", "--json", stdin=link)
    assert joined.answer == {"ok": True, "room": "lab", "alias": "amy", "baseUrl": room.url, "room_status": "open"}
    seat = json.loads((away / "current-room.json").read_text())
    assert (seat["roomId"], seat["alias"], seat["baseUrl"]) == ("lab", "amy", room.url)
    assert f"#token={seat['token']}" in link
    for path in (away / "current-room.json", away / "seats" / "lab@amy.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    page = await room.host.get("/messages")
    assert page["messages"][-1]["event"] == {"kind": "participant.joined", "alias": "amy"}


async def test_the_token_is_not_printed(room: RunningRoom, away: Path) -> None:
    invited = await invitation(room)
    joined = await tell_beside(away, "room", "join", invited["browser_url"])
    assert joined.code == 0
    assert invited["token"] not in joined.out + joined.err


async def test_a_card_in_a_file_takes_the_seat(room: RunningRoom, away: Path) -> None:
    amy = await room.invite("amy")
    await room.host.post("/brief", {"body": f"see {room.url}/#token=agt_somebody_elses_token_in_the_brief"})
    card = away / "card.txt"
    card.write_text((await amy.ask("GET", "/card", headers={"Accept": "text/plain"})).text)
    joined = await tell_beside(away, "room", "join", str(card), "--json")
    assert joined.answer["alias"] == "amy"


async def test_a_name_a_token_file_and_a_url_take_the_seat(room: RunningRoom, away: Path) -> None:
    token = away / "token"
    token.write_text((await invitation(room))["token"] + "\n")
    words = ("room", "join", "lab", "--alias", "amy", "--token-file", str(token), "--url", f"{room.url}/", "--json")
    assert (await tell_beside(away, *words)).answer["baseUrl"] == room.url


async def test_the_first_versions_words_still_work(room: RunningRoom, away: Path) -> None:
    token = (await invitation(room))["token"]
    words = ("--room", "lab", "--alias", "amy", "--token", token, "--url", room.url, "--json")
    assert (await tell_beside(away, "room", "join", *words)).answer["alias"] == "amy"


async def test_a_url_and_a_token_in_the_environment_take_the_seat(room: RunningRoom, away: Path) -> None:
    environ = {"AGENTGATHER_TOKEN": (await invitation(room))["token"]}
    joined = await tell_beside(away, "room", "join", room.url, "--json", environ=environ)
    assert joined.answer["alias"] == "amy"


async def test_joining_again_says_nothing_twice(room: RunningRoom, away: Path) -> None:
    link = (await invitation(room))["browser_url"]
    for _ in range(2):
        assert (await tell_beside(away, "room", "join", "-", stdin=link)).code == 0
    texts = [record["text"] for record in (await room.host.get("/messages"))["messages"]]
    assert texts.count("amy joined") == 1


async def refused(room: RunningRoom, away: Path, *words: str, **more: Any) -> Ran:
    ran = await tell_beside(away, "room", "join", *words, "--json", **more)
    assert ran.code != 0
    assert not list(away.glob("*.json")), "nothing is kept of a seat that was not taken"
    assert room.url
    return ran


async def test_a_seat_that_is_not_the_expected_one_is_not_taken(room: RunningRoom, away: Path) -> None:
    link = (await invitation(room))["browser_url"]
    other_alias = await refused(room, away, "-", "--alias", "bob", stdin=link)
    assert (other_alias.code, other_alias.error["error"]) == (3, "participant_mismatch")
    other_room = await refused(room, away, "-", "--room", "den", stdin=link)
    assert (other_room.code, other_room.error["error"]) == (4, "room_not_found")


async def test_a_token_that_opens_nothing_is_refused(room: RunningRoom, away: Path) -> None:
    stranger = await refused(room, away, "-", stdin=f"{room.url}/#token=agt_nobody_knows_this_token")
    assert (stranger.code, stranger.error["error"]) == (3, "unauthorized")
    amy = await room.invite("amy")
    await room.host.post("/participants/amy/remove")
    gone = await refused(room, away, "-", stdin=f"{room.url}/#token={amy.token}")
    assert gone.error["error"] == "removed"


async def test_a_closed_room_can_be_joined_to_be_read(room: RunningRoom, away: Path) -> None:
    link = (await invitation(room))["browser_url"]
    await room.host.post("/close")
    assert (await tell_beside(away, "room", "join", "-", "--json", stdin=link)).answer["room_status"] == "closed"
    read = await tell_beside(away, "messages", "--json")
    assert read.answer["messages"][-1]["text"] == "room closed"


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        ((), ""),
        (("-",), "no invitation at all"),
        (("-",), "\0\0"),
        (("lab",), ""),
        (("http://127.0.0.1:8787",), ""),
        (("lab", "--token", "two words"), ""),
        (("ftp://a/#token=agt_12345678",), ""),
    ],
)
def test_a_command_that_names_no_seat_is_misused(words: tuple[str, ...], stdin: str, away: Path) -> None:
    misused = tell(away, "room", "join", *words, "--json", stdin=stdin)
    assert (misused.code, misused.error["error"]) == (2, "usage")
    assert not list(away.iterdir())


def test_a_file_that_is_not_there_is_not_found(away: Path) -> None:
    missing = tell(away, "room", "join", "./card.txt", "--json")
    assert (missing.code, missing.error["error"]) == (4, "file_not_found")
