"""Our host at a broker of 0.1: nothing is worse than it was there, and what was broken is not."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from agentgather.tunnel.final import Final
from agentgather.tunnel.keep import keep_tunnel
from agentgather.tunnel.keys import HostKey
from agentgather.tunnel.old_relay import Pace, keep_old_relay
from agentgather.tunnel.origin import Origin
from tests.legacy.broker01 import Broker01, Limits01, serving_app
from tests.rooms import RunningRoom

LIVELY = Pace(heartbeat_seconds=0.05)


@dataclass
class Told:
    """What a tunnel said of itself, in order."""

    said: list[tuple[str, str | None]] = field(default_factory=list)
    stirred: trio.Event = field(default_factory=trio.Event)

    def live(self, public_url: str, route_id: str | None) -> None:
        self._say("live", route_id)

    def lost(self, reason: str) -> None:
        self._say("lost", reason)

    def ended(self, outcome: str, code: str, message: str) -> None:
        self._say("ended", f"{outcome} {code}")

    def _say(self, word: str, what: str | None) -> None:
        self.said.append((word, what))
        self.stirred.set()
        self.stirred = trio.Event()

    @property
    def words(self) -> list[str]:
        return [word for word, _ in self.said]

    async def until(self, *words: str) -> None:
        """Return once exactly these words were said."""
        while self.words != list(words):
            await self.stirred.wait()


@dataclass
class Lab:
    """A broker of 0.1 that can be taken off the network and put back at the same address."""

    nursery: trio.Nursery
    limits: Limits01 = field(default_factory=Limits01)
    news: Told = field(default_factory=Told)
    port: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self.broker = Broker01(self.nursery, limits=self.limits)
        self.app: Any = None

    async def connect(self) -> None:
        self._serving, self._gone = trio.CancelScope(), trio.Event()
        self.url = await self.nursery.start(self._serve)
        self.port = int(self.url.rpartition(":")[2])

    async def disconnect(self) -> None:
        self._serving.cancel()
        await self._gone.wait()

    async def _serve(self, *, task_status: trio.TaskStatus[str]) -> None:
        try:
            with self._serving:
                async with serving_app(self._answer, port=self.port) as url:
                    task_status.started(url)
                    await trio.sleep_forever()
        finally:
            self._gone.set()

    def restart(self) -> None:
        """Another process at the same address: nothing of before is known."""
        self.broker = Broker01(self.nursery, limits=self.limits)

    async def publish(self, target: str, *, pace: Pace = LIVELY) -> trio.CancelScope:
        """Keep a tunnel to `target`, once it is live; cancel what this answers to stop it."""
        scope = trio.CancelScope()

        async def keep() -> None:
            with scope:
                async with Origin(target) as origin:
                    await keep_old_relay(self.url, "lab", origin=origin, news=self.news, pace=pace)

        self.nursery.start_soon(keep)
        await self.news.until("live")
        return scope

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await (self.app or self.broker.app)(scope, receive, send)


@pytest.fixture
def limits() -> Limits01:
    return Limits01(requests_per_minute=10_000, unauthenticated_per_minute=10_000)


@pytest.fixture
async def lab(limits: Limits01, nursery: trio.Nursery) -> AsyncIterator[Lab]:
    lab = Lab(nursery, limits)
    await lab.connect()
    yield lab
    await lab.disconnect()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        yield client


async def asked(call: str, broker: Broker01, *, more: int = 1) -> None:
    """Return once the broker was asked `call` that many times more."""
    count = broker.control_calls.count(call)
    while broker.control_calls.count(call) < count + more:
        await wait_all_tasks_blocked(0.005)


async def test_a_room_is_reached_through_a_broker_of_old(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    alice = await room.invite("alice")
    alice.url = f"{lab.url}/lab"
    posted = await alice.say("through the relay")
    assert (await alice.get("/messages", since_id=posted["id"] - 1))["messages"][0]["text"] == "through the relay"
    own_page = {"Origin": lab.url, "Referer": f"{lab.url}/lab/"}
    assert (await alice.ask("POST", "/messages", json={"text": "x"}, headers=own_page)).status_code == 201
    foreign = await alice.ask("POST", "/messages", json={"text": "x"}, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["error"]) == (403, "bad_origin")
    page = await alice.client.get(f"{lab.url}/lab/")
    assert page.headers["content-type"].startswith("text/html")
    assert lab.broker.registrations == [{"route_slug": "lab"}]


async def test_a_tunnel_finds_out_by_itself_what_broker_it_has(
    room: RunningRoom, lab: Lab, tmp_path: Path, nursery: trio.Nursery
) -> None:
    keep = partial(keep_tunnel, lab.url, "lab", target_url=room.url, key=HostKey.load(tmp_path / "key"), news=lab.news)
    nursery.start_soon(keep)
    await lab.news.until("live")
    alice = await room.invite("alice")
    alice.url = f"{lab.url}/lab"
    await alice.say("through the relay")


async def test_a_tunnel_whose_slug_is_taken_there_ends(lab: Lab, tmp_path: Path) -> None:
    lab.broker._register({"route_slug": "lab"})
    key = HostKey.load(tmp_path / "key")
    await keep_tunnel(lab.url, "lab", target_url="http://127.0.0.1:9", key=key, news=lab.news)
    assert lab.news.said == [("ended", "refused route_slug_taken")]


async def test_32_waits_are_held_and_everything_else_flows(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    guests = [await room.invite(f"agent-{number}") for number in range(4)]
    since_id = (await room.host.say("begin"))["id"]
    heard: list[dict[str, Any]] = []

    async def wait(number: int) -> None:
        guest = guests[number % 4]
        guest.url = f"{lab.url}/lab"
        heard.append(await guest.wait(since_id))

    async with trio.open_nursery() as waits:
        for number in range(32):
            waits.start_soon(wait, number)
        while lab.broker.routes[0].wait_count < 32:
            await wait_all_tasks_blocked(0.005)
        async with trio.open_nursery() as others:
            for number in range(32):
                others.start_soon(guests[number % 4].get, "/status")
        assert not heard
        await guests[0].say("news")
    assert [one["messages"][0]["text"] for one in heard] == ["news"] * 32


async def test_a_poll_follows_a_claim_at_once_and_nothing_spins(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    await asked("poll", lab.broker)
    began, polls = trio.current_time(), lab.broker.control_calls.count("poll")
    await asked("poll", lab.broker, more=10)
    assert trio.current_time() - began > 0.45
    assert lab.broker.control_calls.count("poll") - polls == 10


async def test_a_broken_connection_ends_nothing(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    route_id = lab.broker.routes[0].route_id
    await lab.disconnect()
    await lab.news.until("live", "lost")
    await lab.connect()
    await lab.news.until("live", "lost", "live")
    assert lab.news.said[-1] == ("live", route_id)
    assert len(lab.broker.routes) == 1
    alice = await room.invite("alice")
    alice.url = f"{lab.url}/lab"
    await alice.say("still here")


async def test_a_broker_that_forgot_us_is_asked_for_the_slug_again(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    lab.restart()
    await lab.news.until("live", "lost", "live")
    alice = await room.invite("alice")
    alice.url = f"{lab.url}/lab"
    await alice.say("still here")


@pytest.mark.parametrize("status", ["closed", "expired"])
async def test_a_route_that_is_over_is_registered_again(room: RunningRoom, lab: Lab, status: str) -> None:
    await lab.publish(room.url)
    lab.broker.routes[0].status = status
    await lab.news.until("live", "lost", "live")
    assert [route.status for route in lab.broker.routes][-1] == "active"
    assert len(lab.broker.routes) == 2


async def test_a_slug_that_we_just_had_is_tried_for_until_it_is_free(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    lab.restart()
    taken = {"route_slug": "lab"}
    stranger = lab.broker._register(taken)
    await asked("register", lab.broker, more=3)
    assert lab.news.words == ["live", "lost"]
    next(route for route in lab.broker.routes if route.route_id == stranger["route_id"]).status = "expired"
    await lab.news.until("live", "lost", "live")


async def refusal(lab: Lab, *, target: str = "http://127.0.0.1:9", pace: Pace = LIVELY) -> tuple[str, str]:
    async with Origin(target) as origin:
        with pytest.raises(Final) as final:
            await keep_old_relay(lab.url, "lab", origin=origin, news=lab.news, pace=pace)
    return final.value.outcome, final.value.code


async def test_a_slug_of_somebody_else_is_refused_at_once(lab: Lab) -> None:
    lab.broker._register({"route_slug": "lab"})
    assert await refusal(lab) == ("refused", "route_slug_taken")
    assert lab.news.words == []


async def test_a_slug_that_stays_taken_is_given_up_in_the_end(lab: Lab) -> None:
    done: list[tuple[str, str]] = []

    async def keep() -> None:
        done.append(await refusal(lab, pace=Pace(heartbeat_seconds=0.05, ours_seconds=0.5)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep)
        await lab.news.until("live")
        lab.restart()
        lab.broker._register({"route_slug": "lab"})
    assert done == [("refused", "route_slug_taken")]


def saying(status: int, fields: Any) -> Any:
    """A broker that answers everything alike."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def route(slug: str = "lab", **more: Any) -> dict[str, Any]:
    fields = {"route_slug": slug, "route_id": "rte_1", "host_connection_id": "conn_1", **more}
    return {"ok": True, "route": fields}


@pytest.mark.parametrize(
    ("status", "fields", "code"),
    [
        (200, route("$(reboot)"), "not_a_broker"),
        (200, route("other"), "not_a_broker"),
        (200, route(route_id="a b"), "not_a_broker"),
        (200, route(host_connection_id=5), "not_a_broker"),
        (200, {"ok": True}, "not_a_broker"),
        (200, b"<html>", "not_a_broker"),
        (200, b"[" * 100_000, "not_a_broker"),
        (200, b" " * 300_000, "not_a_broker"),
        (302, b"", "not_a_broker"),
        (404, b"<html>", "not_a_broker"),
        (400, {"ok": False, "error": "invalid_registration", "message": "no"}, "invalid_registration"),
        (403, {"ok": False, "error": "registration_closed", "message": "no"}, "registration_closed"),
        (404, {"ok": False, "error": "unsupported_route", "message": "no"}, "unsupported_route"),
    ],
)
async def test_a_broker_that_gives_something_else_is_left(lab: Lab, status: int, fields: Any, code: str) -> None:
    lab.app = saying(status, fields)
    assert await refusal(lab) == ("refused", code)
    assert lab.news.words == []


async def test_a_broker_that_is_away_for_good_is_given_up(lab: Lab) -> None:
    await lab.disconnect()
    assert await refusal(lab, pace=Pace(outage_seconds=0.3)) == ("given_up", "unreachable")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_broker_in_trouble_is_asked_again(room: RunningRoom, lab: Lab, status: int) -> None:
    lab.app = saying(status, b"<html>")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(lab.publish, room.url))
        await wait_all_tasks_blocked(0.05)
        assert lab.news.words == []
        lab.app = None
    lab.app = saying(status, b"<html>")
    await lab.news.until("live", "lost")
    lab.app = None
    await lab.news.until("live", "lost", "live")
    assert len(lab.broker.routes) == 1


@pytest.mark.parametrize("code", ["registration_closed", "unsupported_route"])
async def test_a_broker_that_became_a_newer_one_is_dialled_anew(lab: Lab, code: str) -> None:
    async with trio.open_nursery() as nursery, Origin("http://127.0.0.1:9") as origin:
        nursery.start_soon(partial(keep_old_relay, lab.url, "lab", origin=origin, news=lab.news, pace=LIVELY))
        await lab.news.until("live")

        async def newer(scope: Any, receive: Any, send: Any) -> None:
            said = code if scope["path"] == "/_host/register" else "route_not_found"
            await saying(403, {"ok": False, "error": said, "message": "no"})(scope, receive, send)

        lab.app = newer
    assert lab.news.words == ["live", "lost"]


async def test_the_route_is_closed_when_the_host_leaves(lab: Lab) -> None:
    tunnel = await lab.publish("http://127.0.0.1:9")
    tunnel.cancel()
    while lab.broker.routes[0].status != "closed":
        await wait_all_tasks_blocked(0.005)


async def test_a_room_that_is_away_is_a_502(lab: Lab, http: httpx.AsyncClient) -> None:
    await lab.publish("http://127.0.0.1:9")
    answer = await http.get(f"{lab.url}/lab/status")
    assert (answer.status_code, answer.json()["error"]) == (502, "host_unavailable")


async def test_a_room_that_restarts_under_the_relay_is_found_again(
    room: RunningRoom, lab: Lab, http: httpx.AsyncClient
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await saying(200, b"back")(scope, receive, send)

    async with serving_app(app) as target:
        await lab.publish(target)
        assert (await http.get(f"{lab.url}/lab/x")).text == "back"
    async with trio.open_nursery() as nursery:

        async def ask() -> None:
            assert (await http.get(f"{lab.url}/lab/x")).text == "back"

        nursery.start_soon(ask)
        await asked("poll", lab.broker)
        async with serving_app(app, port=int(target.rpartition(":")[2])):
            while nursery.child_tasks:
                await wait_all_tasks_blocked(0.005)


async def test_a_stream_of_events_is_refused_at_once(room: RunningRoom, lab: Lab) -> None:
    await lab.publish(room.url)
    alice = await room.invite("alice")
    alice.url = f"{lab.url}/lab"
    answer = await alice.ask("GET", "/events", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["error"]) == (502, "events_not_relayed")
    assert "/wait" in answer.json()["message"]


@pytest.mark.parametrize("is_declared", [True, False])
async def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    lab: Lab, http: httpx.AsyncClient, is_declared: bool
) -> None:
    sent = 0
    left = trio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        headers = [(b"content-length", b"1000000000")] if is_declared else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            while True:
                await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
                sent += 100_000
        finally:
            left.set()

    async with serving_app(app) as target:
        tunnel = await lab.publish(target)
        answer = await http.get(f"{lab.url}/lab/messages")
        assert (answer.status_code, answer.json()["error"]) == (502, "response_too_large")
        await left.wait()
        assert sent < 16_000_000
        tunnel.cancel()


async def test_an_answer_of_a_whole_mebibyte_passes(lab: Lab, http: httpx.AsyncClient) -> None:
    async with serving_app(saying(200, b"x" * 1_048_576)) as target:
        tunnel = await lab.publish(target)
        assert (await http.get(f"{lab.url}/lab/messages")).content == b"x" * 1_048_576
        tunnel.cancel()


async def test_what_a_broker_makes_up_never_reaches_the_room(lab: Lab) -> None:
    seen: list[tuple[str, bytes, dict[bytes, bytes]]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["method"], scope["raw_path"], dict(scope["headers"])))
        await saying(200, b"ok")(scope, receive, send)

    proper = {"request_id": "req_9", "method": "GET", "path": "/status", "headers": {}}
    lies: list[Any] = [
        "a lie",
        {},
        {**proper, "request_id": 5},
        {**proper, "request_id": "req_0", "path": "http://127.0.0.1:1/"},
        {**proper, "request_id": "req_1", "path": "/a b"},
        {**proper, "request_id": "req_2", "path": "/\r\nHost: x"},
        {**proper, "request_id": "req_3", "path": None},
        {**proper, "request_id": "req_4", "method": "CONNECT"},
        {**proper, "request_id": "req_5", "headers": ["a"]},
        {**proper, "request_id": "req_6", "body_base64": "!"},
        {**proper, "request_id": "req_7", "body_base64": b64encode(bytes(65_537)).decode()},
        {
            **proper,
            "headers": {
                "Host": "evil.example",
                "Content-Length": "99",
                "Transfer-Encoding": "chunked",
                "Cookie": "a=b",
                "X-Real-Ip": "127.0.0.1",
                "X-Forwarded-For": "1.2.3.4",
                "Authorization": "Bearer t\r\nX: y",
                "Accept": "a/b",
            },
        },
    ]
    queue = deque(lies)
    responded: dict[str, int] = {}
    done = trio.Event()

    async def liar(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        fields = json.loads(body)
        if scope["path"] == "/_host/poll":
            await saying(200, {"ok": True, "request": queue.popleft() if queue else None})(scope, receive, send)
        elif scope["path"] == "/_host/respond":
            responded[fields["request_id"]] = fields["response"]["status"]
            if len(responded) == 9:
                done.set()
            await saying(200, {"ok": True})(scope, receive, send)
        else:
            await saying(200, route())(scope, receive, send)

    async with serving_app(app) as target:
        lab.app = liar
        tunnel = await lab.publish(target)
        await done.wait()
        tunnel.cancel()
    assert responded == {f"req_{number}": 400 for number in range(8)} | {"req_9": 200}
    ((method, path, headers),) = seen
    assert (method, path) == ("GET", b"/status")
    assert headers == {b"host": target.removeprefix("http://").encode(), b"accept": b"a/b"}


async def test_an_answer_is_brought_again_until_the_broker_has_it(lab: Lab, http: httpx.AsyncClient) -> None:
    failures = 2

    async def flaky(scope: Any, receive: Any, send: Any) -> None:
        nonlocal failures
        if scope["path"] == "/_host/respond" and failures:
            failures -= 1
            await saying(503, b"")(scope, receive, send)
        else:
            await lab.broker.app(scope, receive, send)

    async with serving_app(saying(200, b"once")) as target:
        lab.app = flaky
        tunnel = await lab.publish(target)
        assert (await http.get(f"{lab.url}/lab/x")).text == "once"
        assert failures == 0
        tunnel.cancel()


async def test_a_poll_that_is_held_is_followed_by_the_next(lab: Lab) -> None:
    polls: list[bool] = []

    async def holding(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/_host/poll":
            polls.append(True)
            await trio.sleep(1.1)
            await saying(200, {"ok": True, "request": None})(scope, receive, send)
        else:
            await saying(200, route())(scope, receive, send)

    lab.app = holding
    tunnel = await lab.publish("http://127.0.0.1:9", pace=Pace(poll_seconds=3600))  # a pause would not be over in time
    while len(polls) < 3:
        await wait_all_tasks_blocked(0.005)
    tunnel.cancel()
