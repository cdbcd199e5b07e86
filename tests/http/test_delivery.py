"""What became of a message, over a real daemon: five states, each only when it was seen, and told to those whom it concerns."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import trio

from agentgather.room.limits import RoomLimits
from agentgather.room.names import RoomId
from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.store.delivery_reading import load_deliveries
from agentgather.store.home import Home
from tests.http.test_stream import stream
from tests.rooms import Guest, RunningRoom, create, keep_room


async def state_of(room: RunningRoom, message: dict[str, Any], by: Guest | None = None) -> dict[str, Any]:
    """The one recipient of `message`, as its sender is told."""
    told = await (by or room.host).get(f"/messages/{message['id']}/delivery")
    (only,) = told["recipients"]
    return dict(only)


async def ack(guest: Guest, message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return await guest.post(f"/messages/{message['id']}/ack", {"proof": message["proof"], **more})


async def test_a_message_goes_through_five_states_and_each_has_its_moment(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    asked = await room.host.say("@rev please check ids", need_reply=True)
    assert (await state_of(room, asked)) == {
        "participant": "rev",
        "state": "recorded",
        "fetched_at": None,
        "in_context_at": None,
        "answered_at": None,
        "answer_id": None,
        "done_at": None,
        "wakes": [],
    }
    await rev.wait(asked["id"] - 1)
    fetched = await state_of(room, asked)
    assert (fetched["state"], fetched["fetched_at"] is None, fetched["in_context_at"]) == ("fetched", False, None)
    said = await ack(rev, asked)
    assert (said["message_id"], said["delivery"]["state"]) == (asked["id"], "in_context")
    answer = await rev.say("ids are right", reply_to=asked["id"])
    answered = await state_of(room, asked)
    assert (answered["state"], answered["answer_id"], answered["answered_at"]) == (
        "answered",
        answer["id"],
        answer["ts"],
    )
    await ack(rev, asked, done=True)
    done = await state_of(room, asked)
    moments = [done[name] for name in ("fetched_at", "in_context_at", "answered_at", "done_at")]
    assert (done["state"], None in moments, sorted(moments)) == ("done", False, moments)


async def test_what_was_skipped_by_a_cursor_was_not_fetched(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    skipped = await room.host.say("@rev one")
    read = await room.host.say("@rev two")
    await rev.get("/messages", since_id=skipped["id"])
    assert (await state_of(room, read))["state"] == "fetched"
    assert (await state_of(room, skipped))["state"] == "recorded"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # httpcore, when a stream is left early
async def test_every_way_of_being_handed_it_counts_and_no_other(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    asked = [await room.host.say(f"@rev look {number}") for number in range(4)]
    await rev.ask("HEAD", "/messages")
    await rev.get("/search", q="look")
    await rev.get("/wait", since_id=asked[0]["id"] - 1, peek=1)
    assert {(await state_of(room, one))["state"] for one in asked} == {"recorded"}
    await rev.get("/messages", before_id=asked[1]["id"], limit=1)
    await rev.get(f"/messages/{asked[1]['id']}")
    assert [(await state_of(room, one))["state"] for one in asked] == ["fetched", "fetched", "recorded", "recorded"]
    async with aclosing(stream(rev, path=f"/events?since_id={asked[1]['id']}")) as events:
        async for block in events:
            if block[0].startswith("id: "):
                break
    assert (await state_of(room, asked[2]))["state"] == "fetched"


async def test_a_wrong_proof_changes_nothing_and_a_repeat_neither(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    asked, other = await room.host.say("@rev one"), await room.host.say("@rev one")
    for body, status, code in (
        ({"proof": other["proof"]}, 409, "wrong_proof"),
        ({"proof": ""}, 409, "wrong_proof"),
        ({}, 400, "invalid_proof"),
        ({"proof": asked["proof"], "done": "yes"}, 400, "invalid_proof"),
    ):
        refused = await rev.ask("POST", f"/messages/{asked['id']}/ack", json=body)
        assert (refused.status_code, refused.json()["error"]) == (status, code)
    assert (await state_of(room, asked))["state"] == "recorded"
    first = await ack(rev, asked)
    again = await rev.post(f"/messages/{asked['id']}/ack", {"proof": f" {asked['proof'].upper()} "})
    assert again == {**first, "idempotent": True}
    assert "idempotent" not in await ack(rev, asked, done=True)
    assert (await ack(rev, asked))["delivery"]["state"] == "done"


async def test_only_a_recipient_acknowledges_and_only_the_sender_and_the_host_see(room: RunningRoom) -> None:
    rev, eva = await room.invite("rev"), await room.invite("eva")
    asked = await rev.say("@ops @rev look")
    for guest in (rev, eva):
        refused = await guest.ask("POST", f"/messages/{asked['id']}/ack", json={"proof": asked["proof"]})
        assert (refused.status_code, refused.json()["error"]) == (403, "not_recipient")
    await ack(room.host, asked)
    for guest in (rev, room.host):
        assert (await state_of(room, asked, guest))["participant"] == "ops"
    refused = await eva.ask("GET", f"/messages/{asked['id']}/delivery")
    assert (refused.status_code, refused.json()["error"]) == (403, "not_author")
    assert [one["message_id"] for one in (await rev.get("/deliveries"))["deliveries"]] == [asked["id"]]
    assert (await eva.get("/deliveries"))["deliveries"] == []


async def test_whom_a_message_addresses_are_its_recipients_each_once(room: RunningRoom) -> None:
    rev, eva = await room.invite("rev"), await room.invite("eva")
    asked = await room.host.say("@rev @ops look", to=["eva", "rev"])
    told = await room.host.get(f"/messages/{asked['id']}/delivery")
    assert [one["participant"] for one in told["recipients"]] == ["rev", "eva"]
    await ack(eva, asked)
    await rev.say("yes", reply_to=asked["id"])
    told = await room.host.get(f"/messages/{asked['id']}/delivery")
    assert [one["state"] for one in told["recipients"]] == ["answered", "in_context"]


async def test_what_was_taken_back_answers_nothing_and_what_was_scrubbed_can_still_be_acknowledged(
    room: RunningRoom,
) -> None:
    rev = await room.invite("rev")
    asked = await room.host.say("@rev the key is 1234", need_reply=True)
    answer = await rev.say("got it", reply_to=asked["id"], done=True)
    assert (await state_of(room, asked))["state"] == "done"
    await rev.post(f"/messages/{answer['id']}/retract")
    assert (await state_of(room, asked))["state"] == "recorded"
    assert [one["message_id"] for one in (await rev.get("/requests"))["requests"]] == [asked["id"]]
    gone = await room.host.post(f"/messages/{asked['id']}/scrub")
    assert "proof" not in gone["message"]
    assert (await ack(rev, asked))["delivery"]["state"] == "in_context"
    assert (await room.host.get(f"/messages/{asked['id']}/delivery"))["retracted"] is True
    assert (await rev.get("/requests"))["requests"] == []


async def test_a_sender_waits_for_an_answer_and_nobody_else_is_woken_by_an_acknowledgement(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    asked = await room.host.say("@rev ready?", need_reply=True)
    told: list[dict[str, Any]] = []

    async def wait_for(state: str) -> None:
        path = f"/messages/{asked['id']}/delivery"
        told.append(await room.host.get(path, state=state, hold=50))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for, "in_context")
        nursery.start_soon(wait_for, "answered")
        while room.daemon.house.find("lab").room.peek_count("ops") < 2:  # type: ignore[union-attr]
            await trio.sleep(0.01)
        states = {seat["alias"]: seat["live_state"] for seat in (await rev.get("/status"))["participants"]}
        assert states["ops"] == "idle", "who waits for a delivery hears nothing of what is said"
        before = (await room.host.get("/status"))["last_id"]
        await ack(rev, asked)
        while len(told) < 1:
            await trio.sleep(0.01)
        assert (await room.host.get("/status"))["last_id"] == before
        quiet = await rev.wait(before, hold=0)
        assert quiet["reason"] == "heartbeat"
        await rev.say("ready", reply_to=asked["id"])
    assert [(one["reached"], one["recipients"][0]["state"]) for one in told] == [
        (True, "in_context"),
        (True, "answered"),
    ]
    late = await room.host.get(f"/messages/{asked['id']}/delivery", state="done", hold=0)
    assert late["reached"] is False
    odd = await room.host.ask("GET", f"/messages/{asked['id']}/delivery?state=delivered")
    assert (odd.status_code, odd.json()["error"]) == (400, "invalid_state")


async def test_who_is_removed_while_they_wait_for_a_delivery_hears_so(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    asked = await rev.say("@ops ready?")
    told: list[tuple[int, str]] = []

    async def wait() -> None:
        answer = await rev.ask("GET", f"/messages/{asked['id']}/delivery?state=answered&hold=50")
        told.append((answer.status_code, answer.json()["error"]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        while not room.daemon.house.find("lab").room.peek_count("rev"):  # type: ignore[union-attr]
            await trio.sleep(0.01)
        await room.host.post("/participants/rev/remove")
    assert told == [(410, "removed")]


async def test_a_wake_is_told_beside_the_state_and_moves_none(room: RunningRoom) -> None:
    rev, eva = await room.invite("rev"), await room.invite("eva")
    asked = await room.host.say("@rev look")
    path = f"/messages/{asked['id']}/wakes"
    await rev.post(path, {"via": "tmux", "outcome": "deferred", "trouble": "working"})
    await rev.post(path, {"via": "tmux", "outcome": "submitted", "wake_id": "w1"})
    await rev.post(path, {"via": "tmux", "outcome": "confirmed", "wake_id": "w1"})
    told = await state_of(room, asked)
    assert told["state"] == "recorded"
    assert [(one["outcome"], one.get("trouble")) for one in told["wakes"]] == [
        ("deferred", "working"),
        ("confirmed", None),
    ]
    for _ in range(12):
        await rev.post(path, {"via": "tmux", "outcome": "failed", "trouble": "no pane"})
    assert len((await state_of(room, asked))["wakes"]) == 10
    for guest, body, code in (
        (eva, {"via": "tmux", "outcome": "failed"}, "not_recipient"),
        (rev, {"via": "tmux", "outcome": "delivered"}, "invalid_wake"),
        (rev, {"via": "", "outcome": "failed"}, "invalid_wake"),
        (rev, {"via": "tmux", "outcome": "failed", "trouble": "a\nb"}, "invalid_wake"),
        (rev, {"via": "tmux", "outcome": "failed", "trouble": "x" * 201}, "invalid_wake"),
        (rev, {"via": "tmux", "outcome": "failed", "wake_id": "a b"}, "invalid_wake"),
        (rev, {"via": "tmux", "outcome": 7}, "invalid_wake"),
    ):
        assert (await guest.ask("POST", path, json=body)).json()["error"] == code


async def test_open_requests_are_told_to_who_owes_and_to_who_asked(room: RunningRoom) -> None:
    rev, eva = await room.invite("rev"), await room.invite("eva")
    first = await room.host.say("@rev @eva which branch?", need_reply=True)
    await room.host.say("@rev by the way")
    second = await rev.say("@eva and you?", need_reply=True)

    async def open_to(guest: Guest, **asked: str) -> list[tuple[int, list[str]]]:
        told = await guest.get("/requests", **asked)
        return [(one["message_id"], one["waiting_for"]) for one in told["requests"]]

    both = [(first["id"], ["rev", "eva"]), (second["id"], ["eva"])]
    assert await open_to(eva) == both
    assert await open_to(room.host, of="all") == both
    assert await open_to(rev, of="me") == both[:1]
    assert await open_to(rev, by="me") == both[1:]
    await rev.say("main", reply_to=first["id"])
    await ack(eva, second, done=True)
    assert await open_to(eva) == [(first["id"], ["eva"])]
    await room.host.post("/participants/eva/remove")
    assert await open_to(room.host) == []
    odd = await rev.ask("GET", "/requests?of=eva")
    assert (odd.status_code, odd.json()["error"]) == (400, "invalid_of")


async def test_what_is_for_many_is_listed_in_fewer(room: RunningRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentgather.http.delivery.PEOPLE_MAX", 5)
    for alias in ("rev", "eva", "ann"):
        await room.invite(alias)
    ids = [(await room.host.say("ready?", to=["all"], need_reply=True))["id"] for _ in range(2)]
    ids += [(await room.host.say("@rev you?", need_reply=True))["id"] for _ in range(2)]

    async def listed(limit: int) -> list[int]:
        return [one["message_id"] for one in (await room.host.get("/deliveries", limit=limit))["deliveries"]]

    assert (await listed(20), await listed(2)) == ([*ids[:0:-1]], ids[:1:-1])
    told = await room.host.get("/requests")
    assert ([one["message_id"] for one in told["requests"]], told["has_more"]) == (ids[:1], True)
    monkeypatch.setattr("agentgather.http.delivery.PEOPLE_MAX", 2)
    assert [one["message_id"] for one in (await room.host.get("/requests"))["requests"]] == ids[:1], "one at least"


async def test_what_the_file_has_lost_is_told_when_the_room_opens_again(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    seat = create(home.root)
    async with trio.open_nursery() as nursery:
        room: RunningRoom = await nursery.start(keep_room, home.root, seat, Settings(daemon=DaemonSettings(port=0)))
        rev = await room.invite("rev")
        await ack(rev, await room.host.say("@rev one"))
        await room.host.say("@rev two")
        await rev.get("/messages")
        await room.stop()
    path = home.deliveries_file(RoomId("lab"))
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert any("ends at mark 2, and had come to 3" in note for note in load_deliveries(home, RoomId("lab")).notes())
    path.write_bytes(whole)
    assert load_deliveries(home, RoomId("lab")).is_sound


async def test_notes_are_limited_in_number(tmp_path: Any) -> None:
    settings = Settings(daemon=DaemonSettings(port=0), room=RoomLimits(acks_per_minute=3))
    seat = create(tmp_path / "home")
    async with trio.open_nursery() as nursery:
        room: RunningRoom = await nursery.start(keep_room, tmp_path / "home", seat, settings)
        rev = await room.invite("rev")
        asked = await room.host.say("@rev look")
        path = f"/messages/{asked['id']}/wakes"
        for _ in range(3):
            await rev.post(path, {"via": "tmux", "outcome": "failed"})
        refused = await rev.ask("POST", path, json={"via": "tmux", "outcome": "failed"})
        assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
        eva = await room.invite("eva")
        message = (await room.host.say("@eva look"))["id"]
        guesses = [await eva.ask("POST", f"/messages/{message}/ack", json={"proof": f"aaaaaaa{n}"}) for n in "2345"]
        assert [guess.status_code for guess in guesses] == [409, 409, 409, 429]
        await room.stop()
