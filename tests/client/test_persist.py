"""Asking again: a lost answer costs nothing, a no is not argued with."""

from __future__ import annotations

import pytest

from agentgather.client.asking import Json, new_http
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.persist import persist
from agentgather.client.room_client import RoomClient
from tests.client.scripted import dropping, http, scripted
from tests.rooms import RunningRoom


async def post(url: str, token: str) -> Json:
    async with new_http(url) as pool:
        return await RoomClient(pool, base_url=url, token=token).post("once", client_msg_id="same")


async def test_a_post_whose_answer_was_lost_is_recorded_once(room: RunningRoom) -> None:
    async with dropping(room.url, first=2) as way:
        answer = await persist(lambda: post(way, room.host.token))
    assert answer["idempotent"] is True
    texts = [message["text"] for message in (await room.host.get("/messages"))["messages"]]
    assert texts.count("once") == 1


async def test_patience_ends() -> None:
    async with scripted(None) as server:
        with pytest.raises(Unreachable):
            await persist(lambda: post(server.url, "agt_x"), patience_seconds=0.5)
        assert len(server.asked) > 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("403 Forbidden", b'{"ok":false,"error":"room_closed","message":"closed"}'),
        ("429 Too Many", b'{"ok":false,"error":"loop_guard","message":"let a human speak"}'),
        ("429 Too Many", b'{"ok":false,"error":"rate_limited","message":"later","retry_after":60}'),
        ("507 Full", b'{"ok":false,"error":"storage_full","message":"full"}'),
    ],
)
async def test_a_no_that_stays_is_told_at_once(status: str, body: bytes) -> None:
    async with scripted(http(status, body)) as server:
        with pytest.raises(Refused):
            await persist(lambda: post(server.url, "agt_x"))
        assert len(server.asked) == 1


async def test_a_room_that_asks_for_a_moment_gets_it() -> None:
    record = b'{"id":2,"room":"lab","ts":"t","from":"x","type":"message","text":"once","mentions":[]}'
    busy = http("503 Busy", b'{"ok":false,"error":"shutting_down","message":"soon","retry_after":0}')
    async with scripted(busy, busy, http("201 Created", b'{"ok":true,"message":' + record + b"}")) as server:
        assert (await persist(lambda: post(server.url, "agt_x")))["message"]["id"] == 2
        assert len(server.asked) == 3
