"""Joining, leaving, names, invitations, removal and rotation over a real daemon."""

from __future__ import annotations

import json

import pytest
import trio

from tests.rooms import Guest, RunningRoom


async def kinds(room: RunningRoom) -> list[str]:
    """The kinds of event in the log so far."""
    return [m["event"]["kind"] for m in (await room.host.get("/messages"))["messages"] if "event" in m]


async def test_a_refusal_that_quotes_a_token_leaves_it_out(room: RunningRoom) -> None:
    answer = await room.host.ask("POST", f"/participants/{room.host.token}/remove", json={})
    assert answer.json()["error"] == "unknown_participant"
    assert "agt_***" in answer.json()["message"]
    assert room.host.token not in answer.text


async def test_joining_is_said_once_until_one_has_left(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    for _ in range(3):
        assert await guest.post("/join") == {"ok": True, "participant": "rev"}
    await guest.post("/leave")
    await guest.post("/leave")
    await guest.post("/join")
    assert (await kinds(room))[2:] == ["participant.joined", "participant.left", "participant.joined"]
    texts = [m["text"] for m in (await guest.get("/messages"))["messages"]]
    assert texts[2:] == ["rev joined", "rev left", "rev joined"]


async def test_the_roster_shows_who_attends_and_how_far_they_are(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    manual = (await room.host.get("/status"))["participants"][1]
    assert (manual["attention"], manual["attendance_state"], manual["delivered_id"]) == ("manual", "manual", 0)
    await guest.post("/join")
    last = (await guest.get("/messages"))["next_since_id"]
    assert (await guest.post("/read", {"through_id": 2}))["read_id"] == 2
    assert (await guest.post("/read", {"through_id": 1}))["read_id"] == 2
    assert (await guest.post("/read", {"through_id": 10**9}))["read_id"] == last
    seat = (await room.host.get("/status"))["participants"][1]
    assert (seat["attention"], seat["has_joined"], seat["delivered_id"], seat["read_id"]) == (
        "attending",
        True,
        last,
        last,
    )
    await guest.post("/leave")
    assert (await room.host.get("/status"))["participants"][1]["attention"] == "away"


async def test_labels_come_with_a_seat_and_are_what_a_message_is_sent_to(room: RunningRoom) -> None:
    rev = await room.invite("rev", labels=["reviewer", "reviewer"])
    doc = await room.invite("doc")
    assert (await doc.post("/join", {"labels": ["writer"]}))["ok"] is True
    named = (await doc.post("/profile", {"labels": ["writer", "reviewer"]}))["participant"]
    assert named["labels"] == ["writer", "reviewer"]
    said = await room.host.say("who looks at it?", to=["role:reviewer", "rev", "all"])
    assert (said["to"], said["mentions"]) == (["role:reviewer", "rev", "all"], ["rev", "doc"])
    assert (await rev.wait(said["id"] - 1))["mentioned"] is True
    shown = await room.host.post("/participants/rev/labels", {"labels": []})
    assert "labels" not in shown["participant"]
    refused = await rev.ask("POST", "/participants/doc/labels", json={"labels": []})
    assert refused.json()["error"] == "host_required"
    nobody = await room.host.ask("POST", "/messages", json={"text": "hello", "to": "role:tester"})
    assert (nobody.status_code, nobody.json()["error"], nobody.json()["field"]) == (400, "invalid_to", "to")


async def test_labels_that_are_none_are_refused(room: RunningRoom) -> None:
    for labels in ("reviewer", [1], ["No"], ["host"], [f"l{number}" for number in range(9)], {}):
        for path in ("/join", "/profile", "/participants/ops/labels"):
            answer = await room.host.ask("POST", path, json={"labels": labels})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_labels"), (path, labels)
    assert (await room.host.ask("POST", "/participants/ops/labels", json={})).json()["error"] == "invalid_labels"


async def test_a_name_is_trimmed_and_taken_once_whatever_its_case(room: RunningRoom) -> None:
    rev, doc = await room.invite("rev"), await room.invite("doc")
    named = await rev.post("/profile", {"display_name": "  The   Reviewer "})
    assert named["participant"]["display_name"] == "The Reviewer"
    assert (await rev.get("/profile"))["participant"]["display_name"] == "The Reviewer"
    for taken in ("the reviewer", "OPS", "rev", "System", "everyone"):
        refused = await doc.ask("POST", "/profile", json={"display_name": taken})
        assert (refused.status_code, refused.json()["error"]) == (409, "display_name_taken"), taken
    for bad in ("", "   ", "x" * 61, "a\u202eb", "a\x07b", "zero\u200bwidth", 7, None):
        refused = await doc.ask("POST", "/profile", json={"display_name": bad})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_display_name"), bad


async def test_an_invitation_hands_out_a_token_a_card_and_a_link(room: RunningRoom) -> None:
    answer = await room.host.ask(
        "POST", "/invites", json={"alias": "rev", "kind": "human", "role": "observer", "ttl": "2h"}
    )
    assert answer.status_code == 201
    issued = answer.json()
    assert issued["token"].startswith("agt_")
    assert len(issued["token"]) == 4 + 43
    assert (issued["kind"], issued["role"]) == ("human", "observer")
    assert issued["expires_at"].endswith("Z")
    assert issued["browser_url"] == f"{room.url}/#token={issued['token']}"
    assert "?" not in issued["card_command"]
    everything = (await room.host.ask("GET", "/log")).text
    assert issued["token"] not in everything


async def test_an_observer_reads_and_never_posts(room: RunningRoom) -> None:
    observer = await room.invite("eye", role="observer")
    await observer.post("/join")
    assert (await observer.get("/messages"))["messages"]
    refused = await observer.ask("POST", "/messages", json={"text": "x"})
    assert (refused.status_code, refused.json()["error"]) == (403, "read_only")


@pytest.mark.parametrize("alias", ["system", "all", "here", "everyone", "room", "broker"])
async def test_the_rooms_own_names_are_nobodys(room: RunningRoom, alias: str) -> None:
    refused = await room.host.ask("POST", "/invites", json={"alias": alias})
    assert (refused.status_code, refused.json()["error"]) == (400, "alias_reserved")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_alias"),
        ({"alias": "Rev"}, 400, "invalid_alias"),
        ({"alias": "rev\n"}, 400, "invalid_alias"),
        ({"alias": "a/b"}, 400, "invalid_alias"),
        ({"alias": "x" * 65}, 400, "invalid_alias"),
        ({"alias": ""}, 400, "invalid_alias"),
        ({"alias": 7}, 400, "invalid_alias"),
        ({"alias": "rev", "kind": "robot"}, 400, "invalid_kind"),
        ({"alias": "rev", "kind": []}, 400, "invalid_kind"),
        ({"alias": "rev", "role": "host"}, 400, "invalid_role"),
        ({"alias": "rev", "role": "king"}, 400, "invalid_role"),
        ({"alias": "rev", "ttl": "soon"}, 400, "invalid_ttl"),
        ({"alias": "rev", "ttl": 5}, 400, "invalid_ttl"),
        ({"alias": "ops"}, 403, "host_seat"),
        ({"alias": "ops", "rotate": True}, 403, "host_seat"),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(
    room: RunningRoom, body: dict[str, object], status: int, code: str
) -> None:
    refused = await room.host.ask("POST", "/invites", json=body)
    assert (refused.status_code, refused.json()["error"]) == (status, code)


async def test_inviting_somebody_again_needs_rotation_and_ends_the_old_token(room: RunningRoom) -> None:
    old = await room.invite("rev")
    refused = await room.host.ask("POST", "/invites", json={"alias": "rev"})
    assert (refused.status_code, refused.json()["error"]) == (409, "alias_taken")
    assert (await old.ask("GET", "/status")).status_code == 200
    new = await room.invite("rev", rotate=True)
    assert (await old.ask("GET", "/status")).status_code == 401
    assert (await new.get("/status"))["me"] == "rev"


async def test_rotation_survives_a_race_with_everything_the_participant_does(room: RunningRoom) -> None:
    """An older token never comes back, however the participant's own writes fall."""
    guest = await room.invite("rev")
    tokens = [guest.token]

    async def busy() -> None:
        for number in range(10):
            await guest.ask("POST", "/messages", json={"text": f"n{number}"})
            await guest.ask("POST", "/join")
            await guest.ask("POST", "/leave")

    async def rotate() -> None:
        for _ in range(5):
            tokens.append((await room.host.post("/participants/rev/rotate"))["token"])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(busy)
        nursery.start_soon(rotate)
    for token in tokens[:-1]:
        stale = Guest(room.url, "rev", token, room.client)
        assert (await stale.ask("GET", "/status")).status_code == 401
    assert (await Guest(room.url, "rev", tokens[-1], room.client).get("/status"))["me"] == "rev"


async def test_two_racing_invitations_of_one_alias_give_one_seat(room: RunningRoom) -> None:
    answers = []

    async def invite() -> None:
        answers.append(await room.host.ask("POST", "/invites", json={"alias": "rev"}))

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(invite)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    (issued,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert (await Guest(room.url, "rev", issued["token"], room.client).get("/status"))["me"] == "rev"


async def test_the_hosts_own_seat_can_be_neither_removed_nor_given_away(room: RunningRoom) -> None:
    refused = await room.host.ask("POST", "/participants/ops/remove")
    assert (refused.status_code, refused.json()["error"]) == (403, "host_seat")
    for path in ("/participants/nobody/remove", "/participants/nobody/rotate", "/participants/%2e%2e/remove"):
        refused = await room.host.ask("POST", path)
        assert (refused.status_code, refused.json()["error"]) == (404, "unknown_participant"), path


async def test_the_host_may_replace_its_own_token(room: RunningRoom) -> None:
    issued = await room.host.post("/participants/ops/rotate")
    assert (await room.host.ask("GET", "/status")).status_code == 401
    room.host.token = issued["token"]
    assert (await room.host.get("/status"))["is_host"] is True


async def test_a_removed_participant_comes_back_only_by_a_new_invitation(room: RunningRoom) -> None:
    old = await room.invite("rev")
    await room.host.post("/participants/rev/remove")
    await room.host.post("/participants/rev/remove")
    assert (await kinds(room)).count("participant.removed") == 1
    assert (await room.host.ask("POST", "/participants/rev/rotate")).json()["error"] == "removed"
    assert (await room.host.ask("POST", "/invites", json={"alias": "rev"})).json()["error"] == "alias_taken"
    new = await room.invite("rev", rotate=True)
    await new.say("back again")
    assert (await old.ask("GET", "/status")).status_code == 401


async def test_digests_are_on_disk_before_a_token_is_handed_out(room: RunningRoom) -> None:
    import hashlib

    guest = await room.invite("rev")
    roster = json.loads((room.root / "rooms" / "lab" / "participants.json").read_text())
    (seat,) = [seat for seat in roster["participants"] if seat["alias"] == "rev"]
    assert seat["token_hash"] == hashlib.sha256(guest.token.encode()).hexdigest()
    assert guest.token not in json.dumps(roster)
