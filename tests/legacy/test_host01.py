"""The host of 0.1 that our broker is tested against does what the contract's sections 6.5 to 6.8 say."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import trio

from tests.legacy.broker01 import Broker01, serving_app
from tests.legacy.host01 import Host01
from tests.rooms import RunningRoom


@pytest.fixture
async def broker(nursery: trio.Nursery) -> AsyncIterator[tuple[Broker01, str]]:
    broker = Broker01(nursery)
    async with serving_app(broker.app) as url:
        yield broker, url


async def test_a_room_is_reached_through_both(
    room: RunningRoom, broker: tuple[Broker01, str], nursery: trio.Nursery
) -> None:
    host = await nursery.start(Host01(broker[1], "lab", room.url).run)
    alice = await room.invite("alice")
    alice.url = host.public_url
    posted = await alice.say("through the relay")
    assert (await alice.get("/messages", since_id=posted["id"] - 1))["messages"][0]["text"] == "through the relay"
    foreign = {"Origin": "https://elsewhere.example", "Referer": "https://elsewhere.example/a"}
    assert (await alice.ask("POST", "/messages", json={"text": "again"}, headers=foreign)).status_code == 201
    assert broker[0].registrations == [{"route_slug": "lab"}]


async def test_it_handles_sixteen_at_once_and_no_more(
    room: RunningRoom, broker: tuple[Broker01, str], nursery: trio.Nursery
) -> None:
    host = await nursery.start(Host01(broker[1], "lab", room.url).run)
    guests = [await room.invite(f"agent-{number}") for number in range(3)]
    since_id = (await room.host.say("begin"))["id"]
    async with trio.open_nursery() as waits:
        for number in range(20):
            guest = guests[number % 3]
            guest.url = host.public_url
            waits.start_soon(guest.wait, since_id)
        while host.handler_count < 16 or broker[0].routes[0].wait_count < 20:
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert host.handler_count == 16
        await room.host.say("news")
    assert host.handlers_seen_max == 16


async def test_a_room_that_is_away_is_a_502(broker: tuple[Broker01, str], nursery: trio.Nursery) -> None:
    host = await nursery.start(Host01(broker[1], "lab", "http://127.0.0.1:9").run)
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{host.public_url}/status")
    assert (answer.status_code, answer.json()) == (502, {"ok": False, "error": "host_unavailable"})


async def test_a_signal_closes_the_route(broker: tuple[Broker01, str]) -> None:
    async with trio.open_nursery() as nursery:
        host = await nursery.start(Host01(broker[1], "lab", "http://127.0.0.1:9").run)
        nursery.cancel_scope.cancel()
    assert host.reason == "signal"
    assert broker[0].routes[0].status == "closed"


async def test_a_broker_that_is_gone_is_fatal(nursery: trio.Nursery) -> None:
    async with trio.open_nursery() as alone:
        broker = Broker01(nursery)
        async with serving_app(broker.app) as url:
            host = await alone.start(Host01(url, "lab", "http://127.0.0.1:9").run)
    assert host.reason == "route_not_found"


async def test_a_heartbeat_that_fails_is_fatal(broker: tuple[Broker01, str]) -> None:
    async with trio.open_nursery() as alone:
        host = await alone.start(Host01(broker[1], "lab", "http://127.0.0.1:9", heartbeat_seconds=0.05).run)
        while "heartbeat" not in broker[0].control_calls:
            await trio.testing.wait_all_tasks_blocked(0.01)
        broker[0].routes[0].status = "closed"
    assert host.reason == "route_closed"
