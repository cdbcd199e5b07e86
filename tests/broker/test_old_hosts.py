"""Hosts of 0.1 at our broker: they are served as they know it, and can do less harm than they could at their own."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from agentgather_broker.admission import Admission
from agentgather_broker.crossing import Crossing
from agentgather_broker.host_requests import Headers, Request
from agentgather_broker.keys import KeyList
from agentgather_broker.limits import Limits
from agentgather_broker.old_hosts import OldHosts
from agentgather_broker.places import Places
from agentgather_broker.polled_host import HELD_MAX, SILENT_SECONDS
from agentgather_broker.registry import Registry
from agentgather_broker.routes import Routes
from agentgather_broker.shape import BrokerSettings, RelayLimits
from tests.broker.brokers import RunningBroker, honest_host, keep_running, quick_settings
from tests.legacy.host01 import Host01
from tests.rooms import RunningRoom

KEYS = {"route_slug", "route_id", "host_connection_id", "created_at", "last_seen_at", "expires_at", "status"}
OK = {"status": 200, "headers": {"content-type": "text/plain"}, "body_base64": "aGk="}


@pytest.fixture
def broker_settings(tmp_path: Path) -> BrokerSettings:
    return quick_settings(state_file=str(tmp_path / "leases.json"), allow_unkeyed=True)


@dataclass
class Peer:
    """A host of 0.1 whose calls a test makes."""

    broker: RunningBroker
    ids: dict[str, Any] = field(default_factory=dict)

    async def call(self, action: str, **fields: Any) -> httpx.Response:
        return await self.broker.ask("POST", f"/_host/{action}", json={**self.ids, **fields})

    async def register(self, slug: str = "lab") -> Peer:
        route = (await self.call("register", route_slug=slug)).json()["route"]
        self.ids = {name: route[name] for name in ("route_id", "host_connection_id")}
        return self

    async def claim(self) -> dict[str, Any]:
        """The next request, once there is one."""
        request = (await self.call("poll")).json()["request"]
        assert request is not None
        return dict(request)

    async def respond(self, request: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.call("respond", request_id=request["request_id"], response={**OK, **more})


@dataclass
class Visitor:
    """A visitor who asks in the background. `answer` is there once `done` is."""

    broker: RunningBroker
    answer: httpx.Response | None = None
    done: trio.Event = field(default_factory=trio.Event)

    async def ask(self, method: str, path: str, **options: Any) -> None:
        self.answer = await self.broker.ask(method, path, **options)
        self.done.set()

    async def outcome(self) -> tuple[int, str]:
        await self.done.wait()
        assert self.answer is not None
        return self.answer.status_code, self.answer.text

    async def error(self) -> tuple[int, str]:
        await self.done.wait()
        assert self.answer is not None
        return error(self.answer)


def error(answer: httpx.Response) -> tuple[int, str]:
    fields = answer.json()
    assert set(fields) - {"retry_after"} == {"ok", "error", "message"}
    return answer.status_code, fields["error"]


async def visit(
    nursery: trio.Nursery, broker: RunningBroker, path: str = "/lab/status", method: str = "GET"
) -> Visitor:
    visitor = Visitor(broker)
    nursery.start_soon(visitor.ask, method, path)
    return visitor


async def test_a_host_of_old_serves_its_room(broker: RunningBroker, room: RunningRoom, nursery: trio.Nursery) -> None:
    host = await nursery.start(Host01(broker.url, "lab", room.url).run)
    alice = await room.invite("alice")
    alice.url = host.public_url
    posted = await alice.say("through the relay")
    assert (await alice.get("/messages", since_id=posted["id"] - 1))["messages"][0]["text"] == "through the relay"
    page = await alice.client.get(f"{host.public_url}/")
    assert page.headers["content-type"].startswith("text/html")
    assert "sandbox" in page.headers["content-security-policy"]


async def test_as_many_waits_as_it_can_hold_leave_room_for_the_others(
    broker: RunningBroker, room: RunningRoom, nursery: trio.Nursery
) -> None:
    host = await nursery.start(Host01(broker.url, "lab", room.url).run)
    guests = [await room.invite(f"agent-{number}") for number in range(4)]
    since_id = (await room.host.say("begin"))["id"]
    heard: list[int] = []

    async def wait(number: int) -> None:
        guest = guests[number % 4]
        guest.url = host.public_url
        query = {"since_id": str(since_id)}
        heard.append((await guest.ask("GET", "/wait", params=query)).status_code)

    async with trio.open_nursery() as waits:
        for number in range(20):
            waits.start_soon(wait, number)
        while len(heard) < 20 - HELD_MAX or host.handler_count < HELD_MAX:
            await wait_all_tasks_blocked(0.005)
        assert heard == [429] * (20 - HELD_MAX)
        async with trio.open_nursery() as others:
            for number in range(20):
                others.start_soon(guests[number % 4].get, "/status")
        await guests[0].say("news")
    assert heard.count(200) == HELD_MAX


async def test_a_registration_answers_the_seven_keys(broker: RunningBroker) -> None:
    answer = await Peer(broker).call("register", route_slug="lab")
    assert answer.status_code == 200
    assert set(answer.json()) == {"ok", "route"}
    route = answer.json()["route"]
    assert set(route) == KEYS
    assert (route["route_slug"], route["status"]) == ("lab", "active")
    assert route["route_id"].startswith("rte_")
    assert route["host_connection_id"].startswith("conn_")
    assert datetime.fromisoformat(route["expires_at"]) > datetime.now(UTC)


@pytest.mark.parametrize("target", ["http://127.0.0.1:22", "http://[::1]/", "", 5, {}, ["x"], False])
async def test_a_target_is_refused_whatever_it_is(broker: RunningBroker, target: Any) -> None:
    assert error(await Peer(broker).call("register", route_slug="lab", target=target)) == (400, "invalid_registration")
    assert error(await broker.ask("GET", "/lab/status")) == (404, "route_not_found")


async def test_what_is_no_registration_is_refused_by_name(broker: RunningBroker) -> None:
    peer = Peer(broker)
    for slug in ("", "A", "a/b", "www", "_host", None, 7):
        assert error(await peer.call("register", route_slug=slug)) == (400, "invalid_registration")
    for body in (b"", b"no json", b"[]", b"null", b"[" * 15_000):
        answer = await broker.ask("POST", "/_host/register", content=body)
        assert error(answer) == (400, "invalid_registration")
    assert error(await peer.call("register", route_slug="x" * 16_001)) == (413, "invalid_registration")
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        answer = await broker.ask(method, "/_host/register")
        assert error(answer) == (405, "unsupported_route")
        assert answer.headers["allow"] == "POST"
    assert error(await peer.call("elsewhere")) == (404, "unsupported_route")


async def test_a_slug_belongs_to_who_has_it(broker: RunningBroker) -> None:
    await Peer(broker).register()
    assert error(await Peer(broker).call("register", route_slug="lab")) == (409, "route_slug_taken")


async def test_a_slug_of_a_key_is_never_given_to_who_has_none(broker: RunningBroker) -> None:
    async with honest_host(broker.url, "lab"):
        assert error(await Peer(broker).call("register", route_slug="lab")) == (409, "route_slug_taken")
        assert (await broker.ask("GET", "/lab/x")).text == "/x"
    assert error(await Peer(broker).call("register", route_slug="lab")) == (409, "route_slug_taken")


@pytest.mark.parametrize(
    "policy", [{"registration": "keys", "allow_unkeyed": True}, {"registration": "closed"}, {"allow_unkeyed": False}]
)
async def test_who_has_no_key_needs_an_open_broker_that_takes_them(
    broker_settings: BrokerSettings, nursery: trio.Nursery, policy: dict[str, Any]
) -> None:
    broker = await nursery.start(keep_running, replace(broker_settings, **policy))
    assert error(await Peer(broker).call("register", route_slug="lab")) == (403, "registration_closed")
    huge = await broker.ask("POST", "/_host/respond", content=b" " * 1_000_000)
    assert error(huge) == (404, "route_not_found")
    await broker.stop()


async def test_one_address_has_so_many_rooms(broker: RunningBroker) -> None:
    for number in range(8):
        await Peer(broker).register(f"lab-{number}")
    assert error(await Peer(broker).call("register", route_slug="lab-8")) == (429, "link_limit")


async def test_one_address_tries_so_often(broker_settings: BrokerSettings, nursery: trio.Nursery) -> None:
    relay = RelayLimits(link_attempts_per_minute=3)
    broker = await nursery.start(keep_running, replace(broker_settings, relay=relay))
    await Peer(broker).register()
    for _ in range(2):
        assert error(await Peer(broker).call("register", route_slug="lab")) == (409, "route_slug_taken")
    limited = await Peer(broker).call("register", route_slug="lab")
    assert error(limited) == (429, "link_limit")
    assert int(limited.headers["retry-after"]) <= 61
    await broker.stop()


async def test_ids_are_looked_at(broker: RunningBroker) -> None:
    peer = await Peer(broker).register()
    assert error(await Peer(broker).call("heartbeat")) == (400, "invalid_heartbeat")
    assert error(await peer.call("heartbeat", route_id=5)) == (400, "invalid_heartbeat")
    for wrong in ({"route_id": "rte_other"}, {"host_connection_id": "conn_other"}, {"host_connection_id": "\ud800"}):
        for action in ("heartbeat", "poll", "respond", "close"):
            content = json.dumps({**peer.ids, **wrong}).encode()
            answer = await broker.ask("POST", f"/_host/{action}", content=content)
            assert error(answer) == (404, "route_not_found")
    heartbeat = (await peer.call("heartbeat")).json()
    assert set(heartbeat["route"]) == KEYS


async def test_a_closed_route_can_be_closed_again_and_nothing_else(
    broker: RunningBroker, nursery: trio.Nursery
) -> None:
    peer = await Peer(broker).register()
    claimed = await visit(nursery, broker)
    request = await peer.claim()
    queued = await visit(nursery, broker)
    await wait_all_tasks_blocked(0.01)
    for _ in range(2):
        assert (await peer.call("close")).json() == {"ok": True, "route_slug": "lab", "status": "closed"}
    assert await claimed.error() == await queued.error() == (410, "route_closed")
    assert error(await peer.respond(request)) == (404, "unknown_request")
    for action in ("heartbeat", "poll"):
        assert error(await peer.call(action)) == (410, "route_closed")
    assert error(await broker.ask("GET", "/lab/status")) == (410, "route_closed")
    await Peer(broker).register()


async def test_a_held_poll_has_the_request_as_soon_as_it_is_there(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer = await Peer(broker).register()
    polled: list[dict[str, Any]] = []

    async def poll() -> None:
        polled.append(await peer.claim())

    async with trio.open_nursery() as polls:
        polls.start_soon(poll)
        await wait_all_tasks_blocked(0.05)
        assert not polled
        began = trio.current_time()
        visitor = await visit(nursery, broker, "/lab/a%2Fb?x=%20", "DELETE")
    assert trio.current_time() - began < 1
    assert (polled[0]["method"], polled[0]["path"]) == ("DELETE", "/a%2Fb?x=%20")
    await peer.respond(polled[0], status=207)
    assert await visitor.outcome() == (207, "hi")


async def test_a_request_is_one_hosts_alone(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer, stranger = await Peer(broker).register(), await Peer(broker).register("other")
    visitor = await visit(nursery, broker)
    request = await peer.claim()
    assert error(await stranger.respond(request, body_base64="bGll")) == (404, "unknown_request")
    assert (await peer.respond(request)).json() == {"ok": True}
    assert error(await peer.respond(request, status=500)) == (404, "unknown_request")
    assert await visitor.outcome() == (200, "hi")


@pytest.mark.parametrize("response", [None, "no", {}, {"status": "200"}, {"status": 200, "body_base64": "!"}])
async def test_what_is_no_response_is_a_400_for_the_host_and_a_502_for_the_visitor(
    broker: RunningBroker, nursery: trio.Nursery, response: Any
) -> None:
    peer = await Peer(broker).register()
    visitor = await visit(nursery, broker)
    request = await peer.claim()
    answer = await peer.call("respond", request_id=request["request_id"], response=response)
    assert error(answer) == (400, "invalid_request")
    assert await visitor.error() == (502, "host_unavailable")


async def test_a_mebibyte_crosses_and_not_a_byte_more(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer = await Peer(broker).register()
    for count, expected in ((1_048_576, 200), (1_048_577, 502)):
        visitor = await visit(nursery, broker)
        request = await peer.claim()
        answer = await peer.respond(request, body_base64=b64encode(b"x" * count).decode())
        assert answer.status_code == expected
        await visitor.done.wait()
        assert visitor.answer is not None
        assert visitor.answer.status_code == expected
        assert expected != 200 or len(visitor.answer.content) == count
    assert error(await peer.call("respond", request_id="x" * 1_420_000)) == (413, "invalid_registration")


async def test_headers_of_a_host_do_not_get_around_the_broker(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer = await Peer(broker).register()
    visitor = await visit(nursery, broker)
    request = await peer.claim()
    headers = {
        "content-type": "text/html",
        "Content-Length": "1",
        "Set-Cookie": "a=b",
        "Transfer-Encoding": "chunked",
        "Connection": "upgrade",
        "Access-Control-Allow-Origin": "*",
    }
    await peer.respond(request, headers=headers)
    assert await visitor.outcome() == (200, "hi")
    assert visitor.answer is not None
    assert "set-cookie" not in visitor.answer.headers
    assert "access-control-allow-origin" not in visitor.answer.headers
    assert "sandbox" in visitor.answer.headers["content-security-policy"]


async def test_a_visitors_cookies_and_addresses_stay_outside(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer = await Peer(broker).register()
    visitor = Visitor(broker)
    sent = {"Cookie": "a=b", "X-Forwarded-For": "192.0.2.9", "Authorization": "Bearer t", "Accept": "a/b"}

    async def ask() -> None:
        await visitor.ask("POST", "/lab/messages", content=b"{}", headers=sent)

    nursery.start_soon(ask)
    request = await peer.claim()
    assert request["headers"] == {"authorization": "Bearer t", "accept": "a/b"}
    assert request["body_base64"] == "e30="
    await peer.respond(request)
    await visitor.done.wait()


async def test_a_poller_who_leaves_does_not_take_a_read_along(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer = await Peer(broker).register()
    with trio.move_on_after(0.1):
        await peer.call("poll")
    visitor = await visit(nursery, broker)
    await peer.respond(await peer.claim())
    assert await visitor.outcome() == (200, "hi")


async def test_nobody_fetches_what_the_visitor_has_left(broker: RunningBroker, nursery: trio.Nursery) -> None:
    peer = await Peer(broker).register()
    with trio.move_on_after(0.1):
        await broker.ask("GET", "/lab/left")
    visitor = await visit(nursery, broker, "/lab/stays")
    request = await peer.claim()
    assert request["path"] == "/stays"
    await peer.respond(request)
    await visitor.done.wait()


async def test_a_route_that_ran_out_is_told_to_its_host(broker_settings: BrokerSettings, nursery: trio.Nursery) -> None:
    routes = replace(broker_settings.routes, idle_minutes=0.3 / 60)
    broker = await nursery.start(keep_running, replace(broker_settings, routes=routes))
    peer = await Peer(broker).register()
    assert error(await peer.call("poll")) == (410, "route_expired")
    assert error(await peer.call("heartbeat")) == (410, "route_expired")
    assert error(await broker.ask("GET", "/lab/status")) == (410, "route_expired")
    await Peer(broker).register()
    await broker.stop()


IDS = {"route_id": "rte_", "host_connection_id": "conn_"}


def doors(crossing: Crossing) -> OldHosts:
    """The doors without a server before them, and without chance: every route has the ids IDS."""
    settings = BrokerSettings(registration="open", allow_unkeyed=True)
    return OldHosts(
        settings,
        places=Places("http://broker.example", wildcard_domain=None, trusted=(), secret=b"s"),
        admission=Admission("open", KeyList(), allow_unkeyed=True),
        registry=Registry(Routes(settings.routes, mint=str), state_file=None, on_over=lambda route: None),
        crossing=crossing,
        limits=Limits(settings.routes, settings.relay),
    )


async def test_a_host_that_was_away_finds_its_visitors_waiting(autojump_clock: MockClock) -> None:
    crossing = Crossing(park_seconds=20, park_max=9, park_bytes_max=999)
    hosts = doors(crossing)
    assert (await call(hosts, "register", {"route_slug": "lab"}))[0] == 200
    await trio.sleep(SILENT_SECONDS + 1)
    visitor = DirectVisitor(Request("GET", b"/status", (), b""))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crossing.relay, "lab", visitor.request, visitor)
        await wait_all_tasks_blocked()
        assert crossing.parked_count == 1
        _, polled = await call(hosts, "poll", IDS)
        assert polled["request"]["path"] == "/status"
        await call(hosts, "respond", {**IDS, "request_id": polled["request"]["request_id"], "response": OK})
    assert (visitor.status, visitor.body) == (200, b"hi")


async def test_a_poll_whose_answer_broke_leaves_the_read_for_the_next(autojump_clock: MockClock) -> None:
    crossing = Crossing(park_seconds=20, park_max=9, park_bytes_max=999)
    hosts = doors(crossing)
    await call(hosts, "register", {"route_slug": "lab"})
    visitor = DirectVisitor(Request("GET", b"/status", (), b""))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crossing.relay, "lab", visitor.request, visitor)
        await wait_all_tasks_blocked()
        with pytest.raises(trio.BrokenResourceError):
            await call(hosts, "poll", IDS, breaks=True)
        _, polled = await call(hosts, "poll", IDS)
        await call(hosts, "respond", {**IDS, "request_id": polled["request"]["request_id"], "response": OK})
    assert (visitor.status, visitor.body) == (200, b"hi")


async def test_a_registration_that_was_never_heard_keeps_no_slug(autojump_clock: MockClock) -> None:
    crossing = Crossing(park_seconds=20, park_max=9, park_bytes_max=999)
    hosts = doors(crossing)
    with pytest.raises(trio.BrokenResourceError):
        await call(hosts, "register", {"route_slug": "lab"}, breaks=True)
    assert crossing.host_of("lab") is None
    assert (await call(hosts, "register", {"route_slug": "lab"}))[0] == 200


async def call(
    hosts: OldHosts, action: str, fields: dict[str, Any], *, breaks: bool = False
) -> tuple[int, dict[str, Any]]:
    """A call of a host without a socket under it: time is virtual. `breaks`: while it is answered."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(fields).encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if breaks:
            raise trio.BrokenResourceError
        sent.append(message)

    path = f"/_host/{action}".encode()
    scope = {"type": "http", "method": "POST", "raw_path": path, "headers": [], "client": ("192.0.2.1", 9)}
    await hosts(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


@dataclass
class DirectVisitor:
    """The sink of a visitor without a socket."""

    request: Request
    status: int = 0
    body: bytes = b""

    @property
    def has_begun(self) -> bool:
        return self.status != 0

    async def begin(self, status: int, headers: Headers) -> None:
        self.status = status

    async def write(self, piece: bytes) -> None:
        self.body += piece

    async def end(self) -> None: ...


async def test_a_broker_that_leaves_lets_nobody_wait(broker_settings: BrokerSettings, nursery: trio.Nursery) -> None:
    broker = await nursery.start(keep_running, broker_settings)
    peer = await Peer(broker).register()
    visitor = await visit(nursery, broker)
    await peer.claim()
    polled: list[httpx.Response] = []

    async def poll() -> None:
        polled.append(await peer.call("poll"))

    nursery.start_soon(poll)
    await wait_all_tasks_blocked(0.05)
    began = trio.current_time()
    await broker.stop()
    assert trio.current_time() - began < 1.5
    assert await visitor.error() == (503, "host_unavailable")
    assert error(polled[0]) == (503, "host_unavailable")
