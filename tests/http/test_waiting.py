"""GET /wait over a real daemon: what ends a wait, and what its answer says."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import trio

from agentgather.live.live_room import LiveRoom
from tests.rooms import RunningRoom


async def test_a_wait_answers_at_once_when_there_is_news(room: RunningRoom) -> None:
    said = await room.host.say("@ops hello")
    answer = await room.host.wait(said["id"] - 1)
    assert [message["id"] for message in answer["messages"]] == [said["id"]]
    assert answer["reason"] == "message"
    assert answer["mentioned"] is True
    assert answer["keep_waiting"] is False
    assert answer["next_since_id"] == said["id"]
    assert f"since_id={said['id']}" in answer["next_cmd"]


async def test_a_held_wait_hears_of_a_post_at_once(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    status = await room.host.get("/status")
    heard = []

    async def wait() -> None:
        heard.append(await reviewer.wait(status["last_id"]))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await until_waiting(room, "rev")
            said = await room.host.say("news")
    assert [message["id"] for message in heard[0]["messages"]] == [said["id"]]


async def test_a_wait_that_hears_nothing_ends_with_a_heartbeat(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    answer = await room.host.wait(last, hold=0.05)
    assert (answer["heartbeat"], answer["keep_waiting"], answer["reason"]) == (True, True, "heartbeat")
    assert answer["messages"] == []
    assert answer["next_since_id"] == last
    assert answer["next_cmd"].startswith("printf 'Authorization: Bearer %s\\n' \"$TOKEN\" | curl -sS ")
    assert room.host.token not in answer["next_cmd"]


async def test_a_closed_room_hands_over_what_was_not_heard_and_then_ends(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    last = (await room.host.get("/status"))["last_id"]
    await room.host.say("one last thing")
    await room.host.post("/close")
    answer = await reviewer.wait(last)
    assert [message["text"] for message in answer["messages"]] == ["one last thing", "room closed"]
    assert (answer["reason"], answer["room_status"], answer["next_cmd"]) == ("closed", "closed", None)
    again = await reviewer.wait(answer["next_since_id"])
    assert (again["messages"], again["reason"], again["heartbeat"]) == ([], "closed", False)


async def test_closing_ends_every_held_wait(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    answers = []

    async def wait() -> None:
        answers.append(await room.host.wait(last))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(wait)
            await until_waiting(room, "ops")
            await room.host.post("/close")
    assert [answer["reason"] for answer in answers] == ["closed"] * 5


async def test_a_removed_participant_is_told_while_it_waits_and_ever_after(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    last = (await room.host.get("/status"))["last_id"]
    answers = []

    async def wait() -> None:
        answers.append(await reviewer.wait(last))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await until_waiting(room, "rev")
            await room.host.post("/participants/rev/remove")
    assert answers[0]["reason"] == "removed"
    assert answers[0]["participant_status"] == "removed"
    assert answers[0]["messages"] == []
    assert answers[0]["next_cmd"] is None
    assert (await reviewer.wait(0))["reason"] == "removed"
    assert (await reviewer.ask("GET", "/status")).status_code == 410


async def test_a_rotated_token_ends_the_wait_it_opened(room: RunningRoom) -> None:
    reviewer = await room.invite("rev")
    last = (await room.host.get("/status"))["last_id"]
    answers = []

    async def wait() -> None:
        answers.append(await reviewer.ask("GET", "/wait", params={"since_id": last + 1, "hold": 10}))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await until_waiting(room, "rev")
            await room.host.post("/participants/rev/rotate")
    assert answers[0].status_code == 401
    assert answers[0].json()["error"] == "unauthorized"


async def test_an_invitation_that_runs_out_while_its_wait_is_held_is_told_as_such(room: RunningRoom) -> None:
    reviewer = await room.invite("rev", ttl="1h")
    last = (await room.host.get("/status"))["last_id"]
    answers = []

    async def wait() -> None:
        answers.append(await reviewer.ask("GET", "/wait", params={"since_id": last + 1, "hold": 30}))

    live = open_room(room)
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await until_waiting(room, "rev")
            clock = live.clock
            live.clock = lambda: clock() + timedelta(hours=2)
            live.announce()
    assert (answers[0].status_code, answers[0].json()["error"]) == (401, "token_expired")


async def test_a_participant_holds_eight_waits_and_no_more(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    params = {"since_id": last, "hold": 30}
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            for _ in range(8):
                nursery.start_soon(room.host.wait, last)
            while held(room, "ops") < 8:
                await trio.lowlevel.checkpoint()
            refused = await room.host.ask("GET", "/wait", params=params)
            assert refused.status_code == 429
            assert refused.json()["error"] == "wait_limit"
            assert refused.headers["retry-after"] == "1"
            await room.host.say("that is all")


async def test_a_client_that_leaves_frees_its_wait_at_once(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(room.host.wait, last)
            await until_waiting(room, "ops")
            nursery.cancel_scope.cancel()
        while held(room, "ops"):
            await trio.sleep(0.005)


async def test_a_stopping_daemon_answers_held_waits_first(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    answers = []

    async def wait() -> None:
        answers.append(await room.host.wait(last))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await until_waiting(room, "ops")
            await room.stop()
    assert answers[0]["reason"] == "shutdown"
    assert answers[0]["keep_waiting"] is True
    assert answers[0]["next_cmd"]


async def test_only_its_own_alias_may_be_waited_for(room: RunningRoom) -> None:
    refused = await room.host.ask("GET", "/wait", params={"participant": "rev"})
    assert (refused.status_code, refused.json()["error"]) == (403, "participant_mismatch")


def held(room: RunningRoom, alias: str) -> int:
    """How many waits the daemon holds for `alias`."""
    return open_room(room).held_count(alias)


async def until_waiting(room: RunningRoom, alias: str) -> None:
    while not held(room, alias):
        await trio.sleep(0.002)


async def test_a_peek_is_answered_as_any_wait_and_nobody_is_seen_for_it(room: RunningRoom) -> None:
    rev = await room.invite("rev")
    before = await marks(room, "rev")
    assert (await rev.get("/wait", since_id=0, peek=1))["messages"]
    answers = []

    async def peek(last: int) -> None:
        answers.append(await rev.get("/wait", since_id=last, hold=30, peek=1))

    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peek, (await room.host.get("/status"))["last_id"])
            while not open_room(room).peek_count("rev"):
                await trio.sleep(0.002)
            assert held(room, "rev") == 0
            await room.host.say("@rev look")
    assert answers[0]["mentioned"] is True
    assert await marks(room, "rev") == before


async def test_peeks_count_towards_the_waits_a_participant_holds(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            for peek in (0, 1) * 4:
                nursery.start_soon(partial(room.host.get, "/wait", since_id=last, hold=30, peek=peek))
            while held(room, "ops") + open_room(room).peek_count("ops") < 8:
                await trio.lowlevel.checkpoint()
            refused = await room.host.ask("GET", "/wait", params={"since_id": last, "peek": 1})
            assert (refused.status_code, refused.json()["error"]) == (429, "wait_limit")
            await room.host.say("that is all")


@pytest.mark.parametrize("peek", ["", "2", "true", "1 ", "01"])
async def test_a_peek_is_one_or_zero(room: RunningRoom, peek: str) -> None:
    refused = await room.host.ask("GET", "/wait", params={"peek": peek})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_peek")


async def marks(room: RunningRoom, alias: str) -> tuple[str, int]:
    """How `alias` attends, and what of the room it was handed."""
    seats = (await room.host.get("/status"))["participants"]
    return next((seat["attention"], seat["delivered_id"]) for seat in seats if seat["alias"] == alias)


def open_room(room: RunningRoom) -> LiveRoom:
    (only,) = room.daemon.house
    return only.room
