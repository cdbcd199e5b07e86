"""The brief, the policy, the room's time and its end over a real daemon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.rooms import RunningRoom


async def test_a_session_is_called_shown_and_ended(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    assert (await guest.get("/status"))["session"] is None
    last = (await room.host.get("/status"))["last_id"]
    started = (await room.host.post("/session", {"action": "start", "expected_minutes": 30}))["session"]
    assert (started["by"], started["expected_minutes"], started["policy"]) == ("ops", 30, None)
    assert (await guest.get("/status"))["session"] == started
    heard = await guest.wait(last)
    assert heard["concerns"] == [{"id": last + 1, "by": "ops", "reasons": ["session"]}]
    assert (await room.host.wait(last))["concerns"] == []
    again = await room.host.ask("POST", "/session", json={"action": "start"})
    assert (again.status_code, again.json()["error"]) == (409, "session_active")
    assert (await room.host.post("/session", {"action": "end"}))["session"] is None
    again = await room.host.ask("POST", "/session", json={"action": "end"})
    assert (again.status_code, again.json()["error"]) == (409, "no_active_session")
    for body, code in (
        ({}, "invalid_session"),
        ({"action": "pause"}, "invalid_session"),
        ({"action": "start", "expected_minutes": "30"}, "invalid_session"),
        ({"action": "start", "expected_minutes": True}, "invalid_session"),
        ({"action": "start", "expected_minutes": 0}, "invalid_session"),
        ({"action": "start", "policy": "never"}, "invalid_policy"),
        ({"action": "start", "policy": 1}, "invalid_policy"),
    ):
        assert (await room.host.ask("POST", "/session", json=body)).json()["error"] == code, body


async def test_a_new_brief_gets_the_next_version_and_a_line_in_the_log(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    assert (await guest.get("/brief"))["brief"]["body"] == "Ship it."
    brief = (await room.host.post("/brief", {"body": "Ship it on Monday."}))["brief"]
    assert (brief["brief_version"], brief["brief_updated_by"]) == (2, "ops")
    last = (await guest.get("/messages"))["messages"][-1]
    assert (last["type"], last["from"], last["text"]) == ("system", "system", "Room brief updated to v2")
    assert last["event"] == {"kind": "brief.changed", "by": "ops", "version": 2, "body": "Ship it on Monday."}
    assert (await room.host.post("/brief", {"body": ""}))["brief"]["body"] == ""


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_body"),
        ({"body": None}, 400, "invalid_body"),
        ({"body": "a\0"}, 400, "invalid_body"),
        ({"body": "x" * 16_001}, 413, "brief_too_large"),
    ],
)
async def test_a_brief_that_cannot_be_is_refused(
    room: RunningRoom, body: dict[str, object], status: int, code: str
) -> None:
    refused = await room.host.ask("POST", "/brief", json=body)
    assert (refused.status_code, refused.json()["error"]) == (status, code)


async def test_the_policy_is_set_and_derives_who_is_missing(room: RunningRoom) -> None:
    await room.invite("rev")
    assert await room.host.post("/attendance", {"policy": "agents-foreground"}) == {
        "ok": True,
        "attendance_policy": "agents-foreground",
    }
    status = await room.host.get("/status")
    ops, rev = status["participants"]
    assert (ops["attendance_required"], rev["attendance_required"]) == (False, True)
    assert rev["attendance_state"] == "not_attending"
    last = (await room.host.get("/messages"))["messages"][-1]["text"]
    assert last == "Attendance policy set to agents-foreground"
    refused = await room.host.ask("POST", "/attendance", json={"policy": "be-nice"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_policy")


async def test_somebody_not_seen_for_long_is_stale(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await guest.post("/join")
    (open_room,) = room.daemon.house
    real = open_room.room.clock
    open_room.room.clock = lambda: real() + timedelta(seconds=120)
    rev = (await room.host.get("/status"))["participants"][1]
    assert rev["attendance_state"] == "stale"
    assert 120_000 <= rev["last_seen_age_ms"] < 125_000
    assert rev["stale_after_ms"] == 90_000


async def test_the_end_is_moved_and_taken_away(room: RunningRoom) -> None:
    moved = await room.host.post("/extend", {"ttl": "1h30m"})
    end = datetime.fromisoformat(moved["expires_at"])
    assert abs(end - datetime.now(UTC) - timedelta(minutes=90)) < timedelta(seconds=10)
    assert (await room.host.get("/status"))["expires_at"] == moved["expires_at"]
    assert await room.host.post("/extend", {"ttl": "none"}) == {"ok": True, "expires_at": None}
    for bad in ({}, {"ttl": "0s"}, {"ttl": "-1h"}, {"ttl": 3}, {"ttl": "1w"}):
        refused = await room.host.ask("POST", "/extend", json=bad)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_ttl"), bad


async def test_a_closed_room_refuses_every_write_but_closing_again(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    said = await room.host.say("before", client_msg_id="b-1")
    assert await room.host.post("/close") == {"ok": True, "room_status": "closed"}
    last = (await room.host.get("/messages"))["next_since_id"]
    for who, path, body in [
        (guest, "/messages", {"text": "late"}),
        (guest, "/join", {}),
        (guest, "/leave", {}),
        (guest, "/profile", {"display_name": "Late"}),
        (room.host, "/brief", {"body": "late"}),
        (room.host, "/attendance", {"policy": "manual-ok"}),
        (room.host, "/invites", {"alias": "late"}),
        (room.host, "/participants/rev/remove", {}),
        (room.host, "/participants/rev/rotate", {}),
        (room.host, "/extend", {"ttl": "1h"}),
        (room.host, "/continue", {}),
        (room.host, f"/messages/{said['id']}/retract", {}),
    ]:
        refused = await who.ask("POST", path, json=body)
        assert (refused.status_code, refused.json()["error"]) == (403, "room_closed"), path
    assert await room.host.post("/close") == {"ok": True, "room_status": "closed"}
    page = await guest.get("/messages")
    assert (page["next_since_id"], page["room_status"]) == (last, "closed")
    for path in ("/status", "/brief", "/profile", "/card", "/"):
        assert (await guest.ask("GET", path)).status_code == 200
    again = await room.host.ask("POST", "/messages", json={"text": "before", "client_msg_id": "b-1"})
    assert (again.status_code, again.json()["message"]["id"]) == (200, said["id"])
