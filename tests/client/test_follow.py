"""Following a room: nothing is lost, nothing comes twice, and every end says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from agentgather.client.asking import new_http
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.follow import Ended, Follower
from agentgather.client.room_client import RoomClient
from tests.client.rooms_beside import client_of
from tests.client.scripted import dropping, http, scripted
from tests.rooms import Guest, RunningRoom

HEARTBEAT = (
    b'{"ok":true,"room":"lab","room_status":"open","participant":"rev","heartbeat":true,"messages":[],'
    b'"mentioned":false,"next_since_id":4,"keep_waiting":true,"next_cmd":"x","reason":"heartbeat"}'
)


def following(guest: Guest, *, since_id: int = 0, url: str | None = None, hold: float = 5) -> Follower:
    return Follower(lambda: client_of(guest, base_url=url), since_id=since_id, hold_seconds=hold)


def following_script(url: str, *, patience_seconds: float = 5, hold: float | None = None) -> Follower:
    @asynccontextmanager
    async def reach() -> AsyncIterator[RoomClient]:
        async with new_http(url) as pool:
            yield RoomClient(pool, base_url=url, token="agt_x")

    return Follower(reach, since_id=4, hold_seconds=hold, patience_seconds=patience_seconds)


async def ids(follower: Follower, *, through_id: int) -> list[int]:
    heard: list[int] = []
    with trio.fail_after(20):
        while follower.since_id < through_id:
            heard += [record.id for record in (await follower.next()).records]
    return heard


async def test_everything_is_heard_once_and_in_order(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    async with following(guest) as follower:
        for number in range(5):
            last = await room.host.say(f"news {number}")
        assert await ids(follower, through_id=last["id"]) == list(range(1, last["id"] + 1))


async def test_broken_connections_cost_nothing(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    async with dropping(room.url, first=3) as way, following(guest, url=way) as follower:
        last = await room.host.say("through a bad line")
        assert await ids(follower, through_id=last["id"]) == list(range(1, last["id"] + 1))


async def test_a_cancelled_turn_loses_nothing(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    start = (await room.host.get("/status"))["last_id"]
    async with following(guest, since_id=start) as follower:
        with trio.move_on_after(0.2):
            await follower.next()
        said = await room.host.say("after the interruption")
        assert await ids(follower, through_id=said["id"]) == [said["id"]]


async def test_a_room_that_closes_is_heard_to_its_last_word(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    start = (await room.host.get("/status"))["last_id"]
    await room.host.say("last words")
    await room.host.post("/close")
    async with following(guest, since_id=start) as follower:
        last = await follower.next()
        assert [record.text for record in last.records] == ["last words", "room closed"]
        assert last.is_last
        with pytest.raises(Ended, match="closed"):
            await follower.next()


async def test_who_is_removed_is_told(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await room.host.post("/participants/rev/remove")
    async with following(guest) as follower:
        assert (await follower.next()).reason == "removed"
        with pytest.raises(Ended, match="removed"):
            await follower.next()


async def test_a_replaced_token_ends_it(room: RunningRoom) -> None:
    guest = await room.invite("rev")
    await room.host.post("/participants/rev/rotate")
    async with following(guest) as follower:
        with pytest.raises(Ended, match="unauthorized"):
            await follower.next()


async def test_what_a_faulty_server_repeats_is_not_handed_out_again() -> None:
    old = b'{"id":4,"room":"lab","ts":"t","from":"ops","type":"message","text":"old","mentions":[]}'
    concerns = b'],"concerns":[{"id":4,"by":"ops","reasons":["mention"]}]'
    repeated = HEARTBEAT.replace(b'"messages":[]', b'"messages":[' + old + concerns)
    async with scripted(http("200 OK", repeated)) as server, following_script(server.url) as follower:
        waited = await follower.next()
        assert (waited.records, waited.concerns) == ((), ())
        assert (waited.raw["messages"], waited.raw["concerns"]) == ([], [])
        assert follower.since_id == 4


async def test_a_busy_room_is_left_alone_for_as_long_as_it_asks() -> None:
    busy = http("429 Too Many", b'{"ok":false,"error":"wait_limit","message":"too many waits","retry_after":1}')
    pauses: list[float] = []
    async with scripted(busy, http("200 OK", HEARTBEAT)) as server:
        follower = following_script(server.url)
        follower._on_pause = lambda error, seconds: pauses.append(seconds)
        async with follower:
            assert (await follower.next()).reason == "heartbeat"
    assert len(pauses) == 1
    assert 1 <= pauses[0] <= 1.1


async def test_a_room_that_holds_shorter_is_asked_its_own_way() -> None:
    refused = http("400 Bad Request", b'{"ok":false,"error":"invalid_hold","message":"at most 5"}')
    async with scripted(refused, http("200 OK", HEARTBEAT)) as server, following_script(server.url) as follower:
        assert (await follower.next()).reason == "heartbeat"
    assert b"hold=25" in server.asked[0]
    assert b"hold=" not in server.asked[1]


async def test_a_hold_that_was_asked_for_and_is_refused_is_an_error() -> None:
    refused = http("400 Bad Request", b'{"ok":false,"error":"invalid_hold","message":"at most 5"}')
    async with scripted(refused) as server, following_script(server.url, hold=50) as follower:
        with pytest.raises(Refused, match="invalid_hold"):
            await follower.next()


async def test_a_room_that_never_answered_is_given_up() -> None:
    async with scripted(None) as server, following_script(server.url, patience_seconds=0.5) as follower:
        with pytest.raises(Unreachable):
            await follower.next()
        assert len(server.asked) > 1


async def test_once_it_answered_even_a_strange_silence_is_waited_out() -> None:
    page = http("200 OK", b"<html>sign in to this network</html>")
    gone = http("404 Not Found", b'{"ok":false,"error":"route_not_found","message":"gone"}')
    answers = [http("200 OK", HEARTBEAT), page, gone, None, http("502 Bad Gateway"), http("200 OK", HEARTBEAT)]
    async with scripted(*answers) as server, following_script(server.url, patience_seconds=0) as follower:
        await follower.next()
        with trio.fail_after(10):
            assert (await follower.next()).reason == "heartbeat"
    assert len(server.asked) == len(answers)


async def test_a_route_that_has_run_out_is_waited_for_once_it_answered() -> None:
    """Found by `python -m proofs.simulation 1 1`: a route ends after eight hours, and its host opens it again at once."""
    expired = http("410 Gone", b'{"ok":false,"error":"route_expired","message":"it has run out"}')
    closed = http("410 Gone", b'{"ok":false,"error":"route_closed","message":"it was closed"}')
    answers = [http("200 OK", HEARTBEAT), expired, http("200 OK", HEARTBEAT), closed]
    async with scripted(*answers) as server, following_script(server.url, patience_seconds=0) as follower:
        for _ in range(2):
            assert (await follower.next()).reason == "heartbeat"
        with pytest.raises(Refused, match="closed"):
            await follower.next()
    assert len(server.asked) == len(answers)


async def test_a_shutdown_is_waited_out() -> None:
    leaving = HEARTBEAT.replace(b'"reason":"heartbeat"', b'"reason":"shutdown"')
    async with (
        scripted(http("200 OK", leaving), http("200 OK", HEARTBEAT)) as server,
        following_script(server.url) as follower,
    ):
        assert (await follower.next()).reason == "heartbeat"
    assert len(server.asked) == 2


@pytest.mark.parametrize("no", [b"insecure_remote", b"participant_mismatch"])
async def test_a_no_that_no_waiting_changes_is_told(no: bytes) -> None:
    refused = http("403 Forbidden", b'{"ok":false,"error":"%s","message":"no"}' % no)
    async with scripted(refused) as server, following_script(server.url) as follower:
        with pytest.raises(Refused):
            await follower.next()


async def test_a_room_that_takes_no_hold_at_all_is_asked_no_third_time() -> None:
    no = http("400 Bad Request", b'{"ok":false,"error":"invalid_hold","message":"no hold is short enough"}')
    async with scripted(no) as server, following_script(server.url) as follower:
        with trio.fail_after(5), pytest.raises(Refused, match="no hold"):
            await follower.next()
        assert len(server.asked) == 2
