"""Leases over a real daemon: who gets one, what the others are told, and that they outlive a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import trio

from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.store.home import Seat
from tests.rooms import HOST, ROOM, Guest, RunningRoom, keep_room


async def test_a_lease_from_its_taking_to_its_end(room: RunningRoom, nursery: trio.Nursery) -> None:
    rev, doc = await room.invite("rev"), await room.invite("doc")
    taken = await rev.ask("POST", "/leases", json={"globs": ["src/http/"], "minutes": 30, "note": "the door"})
    assert taken.status_code == 201
    lease = taken.json()["lease"]
    assert (lease["id"], lease["holder"], lease["globs"], lease["note"]) == (1, "rev", ["src/http/**"], "the door")
    left = datetime.fromisoformat(lease["until"]) - datetime.now(UTC)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    assert lease["seconds_left"] <= 1800

    refused = await doc.ask("POST", "/leases", json={"globs": "src/**/door.py"})
    assert refused.status_code == 409
    told = refused.json()
    assert (told["error"], told["field"], told["holder"], told["lease"]) == ("lease_held", "globs", "rev", 1)
    assert told["until"] == lease["until"]

    again = await rev.ask("POST", "/leases", json={"globs": ["src/http/"], "minutes": 90})
    assert (again.status_code, again.json()["extended"]) == (200, True)
    assert again.json()["lease"]["until"] > lease["until"]

    await room.stop()  # the log alone brings them back
    seat = Seat(ROOM, HOST, "", room.host.token)
    served: RunningRoom = await nursery.start(
        keep_room, room.root, seat, Settings(daemon=DaemonSettings(port=0, drain_seconds=3))
    )
    doc.url = rev.url = served.url
    doc.client = rev.client = served.client
    (held,) = (await doc.get("/leases"))["leases"]
    assert held["until"] == again.json()["lease"]["until"]

    refused = await doc.ask("POST", "/leases/1/release")
    assert (refused.status_code, refused.json()["error"]) == (403, "not_holder")
    for _ in range(2):
        assert await rev.post("/leases/1/release") == {"ok": True, "lease_id": 1}
    assert (await doc.get("/leases"))["leases"] == []
    assert (await doc.post("/leases", {"globs": ["**"]}))["lease"]["id"] == 2
    await served.host.post("/participants/doc/remove")
    assert (await rev.get("/leases"))["leases"] == []
    kinds = [record.get("event", {}).get("kind") for record in (await rev.get("/messages"))["messages"]]
    assert kinds[-3:] == ["lease.taken", "lease.ended", "participant.removed"]
    await served.stop()


async def test_of_many_who_ask_at_once_one_gets_it(room: RunningRoom) -> None:
    statuses: list[int] = []

    async def ask(guest: Guest) -> None:
        statuses.append((await guest.ask("POST", "/leases", json={"globs": ["src/**"]})).status_code)

    guests = [await room.invite(f"agent-{number}") for number in range(8)]
    async with trio.open_nursery() as asking:
        for guest in guests:
            asking.start_soon(ask, guest)
    assert sorted(statuses) == [201] + [409] * 7


async def test_whoever_takes_or_lets_go_is_alive(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    (open_room,) = room.daemon.house
    real, later = open_room.room.clock, 0
    open_room.room.clock = lambda: real() + timedelta(minutes=later)
    for path, body in (("/leases", {"globs": ["src"], "minutes": 480}), ("/leases/1/release", {})):
        later += 20
        await rev.post(path, body)
        seen = (await room.host.get("/status"))["participants"][1]
        assert (seen["alias"], seen["last_seen_age_ms"] < 60_000) == ("rev", True)


NO_LEASES: tuple[tuple[str, dict[str, object], int, str], ...] = (
    ("/leases", {}, 400, "invalid_glob"),
    ("/leases", {"globs": [1]}, 400, "invalid_glob"),
    ("/leases", {"globs": ["/etc"]}, 400, "invalid_glob"),
    ("/leases", {"globs": ["a"], "minutes": 1.5}, 400, "invalid_lease"),
    ("/leases", {"globs": ["a"], "minutes": True}, 400, "invalid_lease"),
    ("/leases", {"globs": ["a"], "minutes": 481}, 400, "invalid_lease"),
    ("/leases", {"globs": ["a"], "note": 7}, 400, "invalid_lease"),
    ("/leases/1/release", {}, 404, "lease_not_found"),
    ("/leases/x/release", {}, 404, "lease_not_found"),
    ("/leases/99999999999/release", {}, 404, "lease_not_found"),
)


async def test_what_is_no_lease_is_refused(room: RunningRoom) -> None:
    for path, body, status, code in NO_LEASES:
        refused = await room.host.ask("POST", path, json=body)
        assert (refused.status_code, refused.json()["error"]) == (status, code), (path, body)
    refused = await room.host.ask("POST", "/leases", content=rb'{"globs": "\ud800"}')
    assert refused.status_code == 400  # it is named, although no UTF-8 could be written of it
    assert r"\ud800" in refused.json()["message"]
    assert (await room.host.get("/leases"))["leases"] == []
