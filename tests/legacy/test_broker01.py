"""The broker of 0.1 that ours are tested against does what the contract's section 6 says."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.legacy.broker01 import Broker01, Limits01, serving_app

KEYS = {"route_slug", "route_id", "host_connection_id", "created_at", "last_seen_at", "expires_at", "status"}


@dataclass
class Peer:
    """A broker, its clock, and somebody who speaks to it as a host and as a participant."""

    broker: Broker01
    url: str
    http: httpx.AsyncClient
    now: float = 1_000_000.0

    async def call(self, action: str, **fields: Any) -> httpx.Response:
        return await self.http.post(f"{self.url}/_host/{action}", json=fields)

    async def register(self, slug: str = "lab") -> dict[str, Any]:
        route = (await self.call("register", route_slug=slug)).json()["route"]
        return {name: route[name] for name in ("route_id", "host_connection_id")}

    async def claim(self, ids: dict[str, Any]) -> dict[str, Any]:
        """The next request of the route of `ids`, once there is one."""
        while True:
            request = (await self.call("poll", **ids)).json()["request"]
            if request is not None:
                return dict(request)
            await wait_all_tasks_blocked()


@pytest.fixture
def limits() -> Limits01:
    return Limits01()


@pytest.fixture
async def peer(limits: Limits01, nursery: trio.Nursery) -> AsyncIterator[Peer]:
    broker = Broker01(nursery, limits=limits)
    async with serving_app(broker.app) as url, httpx.AsyncClient(timeout=30, trust_env=False) as http:
        peer = Peer(broker, url, http)
        broker.clock = lambda: peer.now
        yield peer


def error(answer: httpx.Response) -> tuple[int, str]:
    fields = answer.json()
    assert set(fields) == {"ok", "error", "message"}
    return answer.status_code, fields["error"]


async def test_a_registration_answers_the_seven_keys(peer: Peer) -> None:
    answer = await peer.call("register", route_slug="lab")
    assert answer.status_code == 200
    assert not answer.content.endswith(b"\n")
    route = answer.json()["route"]
    assert set(route) == KEYS
    assert route["route_id"].startswith("rte_")
    assert route["host_connection_id"].startswith("conn_")
    assert route["status"] == "active"


async def test_what_is_no_registration_is_refused_by_name(peer: Peer) -> None:
    for slug in ("", "-a", "A", "a" * 64, None, 7):
        assert error(await peer.call("register", route_slug=slug)) == (400, "invalid_registration")
    assert error(await peer.call("register", route_slug="lab", target="http://10.0.0.1/")) == (
        400,
        "invalid_registration",
    )
    assert error(await peer.http.post(f"{peer.url}/_host/register", content=b"no json")) == (
        400,
        "invalid_registration",
    )
    assert error(await peer.call("register", route_slug="x" * 16_001)) == (413, "invalid_registration")
    assert error(await peer.http.get(f"{peer.url}/_host/register")) == (405, "unsupported_route")
    assert error(await peer.http.get(f"{peer.url}/_host/link")) == (405, "unsupported_route")
    assert error(await peer.call("link")) == (404, "unsupported_route")
    await peer.register()
    assert error(await peer.call("register", route_slug="lab")) == (409, "route_slug_taken")


async def test_a_route_lives_by_its_traffic_and_no_longer_than_eight_hours(peer: Peer) -> None:
    ids = await peer.register()
    for _ in range(32):
        peer.now += 899
        assert (await peer.call("heartbeat", **ids)).status_code == 200
    peer.now += 33
    assert error(await peer.call("heartbeat", **ids)) == (410, "route_expired")
    again = await peer.register()
    assert again != ids
    peer.now += 900
    assert error(await peer.call("poll", **again)) == (410, "route_expired")
    assert error(await peer.http.get(f"{peer.url}/lab/status")) == (410, "route_expired")


async def test_ids_are_looked_at(peer: Peer) -> None:
    ids = await peer.register()
    assert error(await peer.call("heartbeat")) == (400, "invalid_heartbeat")
    assert error(await peer.call("poll", **{**ids, "route_id": "rte_other"})) == (404, "route_not_found")
    assert error(await peer.call("respond", **ids, request_id="req_none", response={})) == (404, "unknown_request")
    for _ in range(2):
        closed = await peer.call("close", **ids)
        assert closed.json() == {"ok": True, "route_slug": "lab", "status": "closed"}
    assert error(await peer.call("poll", **ids)) == (410, "route_closed")


async def test_the_bare_slug_is_a_probe(peer: Peer) -> None:
    await peer.register()
    assert (await peer.http.delete(f"{peer.url}/lab")).json() == {"ok": True, "route_slug": "lab", "status": "active"}
    assert error(await peer.http.get(peer.url)) == (404, "unsupported_route")
    assert error(await peer.http.get(f"{peer.url}/other")) == (404, "route_not_found")


async def test_a_request_crosses_first_come_first_served_and_only_once(peer: Peer) -> None:
    ids = await peer.register()
    answers: list[httpx.Response] = []

    async def visit() -> None:
        headers = {"Authorization": "Bearer t", "Cookie": "no", "Origin": "https://x", "Accept": "a/b"}
        answers.append(await peer.http.post(f"{peer.url}/lab/messages?x=%2F", headers=headers, content=b"hello"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        request = await peer.claim(ids)
        assert (await peer.call("poll", **ids)).json() == {"ok": True, "request": None}
        assert request["request_id"].startswith("req_")
        assert (request["route_slug"], request["method"], request["path"]) == ("lab", "POST", "/messages?x=%2F")
        assert request["headers"] == {"authorization": "Bearer t", "accept": "a/b", "origin": "https://x"}
        assert b64decode(request["body_base64"]) == b"hello"
        response = {"status": 201, "headers": {"content-type": "x/y", "set-cookie": "a=b"}, "body_base64": "aGk="}
        answered = {**ids, "request_id": request["request_id"], "response": response}
        assert (await peer.call("respond", **answered)).json() == {"ok": True}
        assert error(await peer.call("respond", **answered)) == (404, "unknown_request")
    assert (answers[0].status_code, answers[0].headers["content-type"], answers[0].content) == (201, "x/y", b"hi")
    assert "set-cookie" not in answers[0].headers


async def test_close_fails_what_waits(peer: Peer) -> None:
    ids = await peer.register()

    async def visit() -> None:
        assert error(await peer.http.get(f"{peer.url}/lab/status")) == (410, "route_closed")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        await peer.claim(ids)
        await peer.call("close", **ids)


async def test_answers_and_bodies_have_their_caps(peer: Peer) -> None:
    ids = await peer.register()
    large = await peer.http.post(f"{peer.url}/lab/messages", content=b"x" * 65_537)
    assert error(large) == (413, "request_too_large")

    async def visit() -> None:
        assert error(await peer.http.get(f"{peer.url}/lab/messages")) == (502, "response_too_large")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        request = await peer.claim(ids)
        body = b64encode(b"x" * 1_048_577).decode()
        response = {"status": 200, "headers": {}, "body_base64": body}
        refused = await peer.call("respond", **ids, request_id=request["request_id"], response=response)
        assert error(refused) == (502, "response_too_large")


class TestWithShortPatience:
    @pytest.fixture
    def limits(self) -> Limits01:
        return Limits01(claim_seconds=0.05, response_seconds=0.2)

    async def test_what_nobody_claims_or_answers_ends_with_504(self, peer: Peer) -> None:
        ids = await peer.register()
        assert error(await peer.http.get(f"{peer.url}/lab/status")) == (504, "host_unavailable")
        assert (await peer.call("poll", **ids)).json()["request"] is None

        async def visit() -> None:
            assert error(await peer.http.get(f"{peer.url}/lab/status")) == (504, "host_unavailable")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(visit)
            request = await peer.claim(ids)
        response = {"status": 200, "headers": {}}
        late = await peer.call("respond", **ids, request_id=request["request_id"], response=response)
        assert error(late) == (404, "unknown_request")


class TestWithSmallLimits:
    @pytest.fixture
    def limits(self) -> Limits01:
        return Limits01(requests_per_minute=9, unauthenticated_per_minute=3, requests_max=3, waits_max=1)

    async def test_the_guards_say_no_in_their_order(self, peer: Peer) -> None:
        ids = await peer.register()
        known = {"Authorization": "Bearer t"}

        async def visit(path: str) -> None:
            assert error(await peer.http.get(f"{peer.url}/lab/{path}", headers=known)) == (410, "route_closed")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(visit, "wait")
            await peer.claim(ids)
            assert error(await peer.http.get(f"{peer.url}/lab/wait", headers=known)) == (429, "wait_limit")
            nursery.start_soon(visit, "status")
            nursery.start_soon(visit, "status")
            await peer.claim(ids)
            await peer.claim(ids)
            for code in ("route_request_limit",) * 3 + ("rate_limited",):
                assert error(await peer.http.get(f"{peer.url}/lab/status")) == (429, code)
            assert error(await peer.http.get(f"{peer.url}/lab/status", headers=known)) == (429, "route_request_limit")
            assert error(await peer.http.get(f"{peer.url}/lab/status", headers=known)) == (429, "rate_limited")
            await peer.call("close", **ids)


async def test_a_refusal_is_json_without_a_newline(peer: Peer) -> None:
    answer = await peer.http.get(peer.url)
    assert answer.content == json.dumps(answer.json(), separators=(",", ":")).encode()
