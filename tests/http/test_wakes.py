"""The room's budget of wakes over a real daemon: asked for, ended, said once, and not forgotten by a restart."""

from __future__ import annotations

from typing import Any

import trio

from agentgather.room.names import room_id
from agentgather.settings.shape import Settings
from agentgather.store.home import Seat
from tests.rooms import HOST, Guest, RunningRoom, keep_room


async def ask(guest: Guest, wake_id: object) -> tuple[int, dict[str, Any]]:
    answer = await guest.ask("POST", "/wakes", json={"wake_id": wake_id})
    return answer.status_code, answer.json()


async def test_a_budget_ends_for_everybody_is_said_once_and_outlives_the_daemon(
    room: RunningRoom, room_settings: Settings, nursery: trio.Nursery
) -> None:
    rev, eva = await room.invite("rev"), await room.invite("eva", role="observer")
    asked = await room.host.say("@rev @eva look")
    held = await room.host.post("/wakes/budget", {"an_hour": 2})
    assert held["wakes"] == {"an_hour": 2, "a_day": 600, "last_hour": 0, "last_day": 0, "free_at": None}
    assert (await ask(rev, "w1"))[1]["wakes"]["last_hour"] == 1
    status, again = await ask(rev, "w1")
    assert (status, again["idempotent"], again["wakes"]["last_hour"]) == (200, True, 1)
    assert (await ask(rev, "gone"))[0] == 200
    failed = {"via": "tmux", "outcome": "failed", "wake_id": "gone"}
    await rev.post(f"/messages/{asked['id']}/wakes", failed)
    assert (await ask(eva, "w1"))[0] == 200
    for guest, wake in ((rev, "w1"), (eva, "w1")):
        told = {"via": "tmux", "outcome": "submitted", "wake_id": wake}
        await guest.post(f"/messages/{asked['id']}/wakes", told)
    before = (await rev.get("/status"))["last_id"]
    for guest in (rev, eva, rev):
        status, refused = await ask(guest, "w9")
        assert (status, refused["error"]) == (429, "wake_budget_spent")
        assert 3500 < refused["retry_after"] <= 3600
    (note,) = (await rev.get("/messages", since_id=before))["messages"]
    assert (note["event"]["kind"], note["event"]["span"], note["event"]["wakes"]) == (
        "wakes.budget_ended",
        "hour",
        2,
    )
    assert note["event"]["free_at"] == refused["free_at"] == (await rev.get("/status"))["wakes"]["free_at"]
    await room.stop()
    seat = Seat(room_id("lab"), HOST, room.url, room.host.token)
    room = await nursery.start(keep_room, room.root, seat, room_settings)
    rev = Guest(room.url, "rev", rev.token, room.client)
    status, refused = await ask(rev, "w10")
    assert (status, refused["error"]) == (429, "wake_budget_spent")
    assert (await rev.get("/status"))["last_id"] == note["id"]
    await room.host.post("/wakes/budget", {"an_hour": 3})
    assert (await ask(rev, "w10"))[0] == 200
    for odd in ("", "a b", "x" * 65, 7, None):
        assert (await ask(rev, odd))[1]["error"] == "invalid_wake"
    for body in ({}, {"an_hour": 0}, {"a_day": "9"}, {"a_day": True}):
        assert (await room.host.ask("POST", "/wakes/budget", json=body)).json()["error"] == "invalid_budget"
    assert (await rev.ask("POST", "/wakes/budget", json={"a_day": 9})).json()["error"] == "host_required"
    await room.host.post("/close")
    assert (await ask(rev, "w11"))[1]["error"] == "room_closed"
    await room.stop()
