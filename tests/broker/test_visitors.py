"""The public side of a broker: what visitors may ask, what they get, and what is written down of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import trio

from agentgather.wire.frames import Data, End, Open
from agentgather_broker.shape import RelayLimits, RouteLimits
from tests.broker.brokers import (
    PATIENCE_SECONDS,
    HandHost,
    RunningBroker,
    hand_host,
    honest_host,
    keep_running,
    quick_settings,
)


@pytest.fixture
async def host(broker: RunningBroker) -> AsyncIterator[HandHost]:
    async with honest_host(broker.url, "lab") as host:
        yield host


@pytest.mark.parametrize(
    "below",
    ["/x", "/messages?since_id=3&limit=5", "/a%2eb/%C3%A4?q=%2F%2E", "/a/b/c//d?x=1?y=2", "/?", "/%00"],
)
async def test_a_target_arrives_byte_for_byte(below: str, broker: RunningBroker, host: HandHost) -> None:
    port = httpx.URL(broker.url).port
    async with await trio.open_tcp_stream("127.0.0.1", port or 0) as stream:
        await stream.send_all(f"GET /lab{below} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join([piece async for piece in stream])
    assert answer.endswith(b"\r\n\r\n" + below.encode())


@pytest.mark.parametrize(
    "target",
    ["/lab/../other/x", "/lab/%2e%2e/other", "/lab/..%2fother", "/lab/\\..\\other", "//lab/x", "/lab/\x7f"],
)
async def test_a_target_that_could_be_read_in_two_ways_is_refused(
    target: str, broker: RunningBroker, host: HandHost
) -> None:
    port = httpx.URL(broker.url).port
    async with await trio.open_tcp_stream("127.0.0.1", port or 0) as stream:
        await stream.send_all(f"GET {target} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join([piece async for piece in stream])
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))
    assert b"/x" not in answer.partition(b"\r\n\r\n")[2]


async def test_only_headers_that_a_room_needs_reach_it(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as nursery:
        headers = {
            "authorization": "Bearer t",
            "cookie": "a=b",
            "x-forwarded-for": "1.2.3.4",
            "forwarded": "for=1.2.3.4",
            "proxy-authorization": "Basic x",
            "x-made-up": "1",
            "te": "trailers",
            "user-agent": "u" * 1_000,
            "if-none-match": '"e"',
        }
        nursery.start_soon(lambda: broker.ask("GET", "/lab/x", headers=headers))
        opened = await host.next(Open)
        names = {name for name, _ in opened.headers}
        assert names == {b"authorization", b"accept", b"accept-encoding", b"user-agent", b"if-none-match"}
        assert dict(opened.headers)[b"user-agent"] == b"u" * 256
        await host.answer(opened.stream, b"")


async def test_a_body_is_handed_over_whole_and_no_larger_than_it_may_be(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as nursery:
        body = bytes(range(256)) * 256

        async def write() -> None:
            assert (await broker.ask("POST", "/lab/x", content=body)).status_code == 200

        nursery.start_soon(write)
        opened = await host.next(Open)
        received = b""
        while isinstance(frame := await host.next(), Data):
            received += frame.content
        assert isinstance(frame, End)
        assert received == body
        await host.answer(opened.stream, b"")
    answer = await broker.ask("POST", "/lab/x", content=body + b"x")
    assert (answer.status_code, answer.json()["error"]) == (413, "request_too_large")

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield body

    answer = await broker.ask("POST", "/lab/x", content=unannounced())
    assert answer.status_code == 413


async def test_each_event_is_there_as_soon_as_its_host_wrote_it(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as nursery:
        heard = trio.Event()
        events: list[bytes] = []

        async def listen() -> None:
            nonlocal heard
            async with broker.client.stream("GET", broker.url + "/lab/events") as answer:
                async for piece in answer.aiter_raw():
                    events.append(piece)
                    heard.set()

        nursery.start_soon(listen)
        opened = await host.next(Open)
        host.end.answer(opened.stream, 200, ((b"content-type", b"text/event-stream; charset=utf-8"),))
        for number in range(20):
            heard = trio.Event()
            host.end.send_data(opened.stream, b"data: %d\n\n" % number)
            await host.flush()
            with trio.fail_after(PATIENCE_SECONDS):
                await heard.wait()
            assert events[-1] == b"data: %d\n\n" % number
        nursery.cancel_scope.cancel()


async def test_an_event_stream_ends_when_its_time_is_over_and_goes_no_faster_than_it_may(
    nursery: trio.Nursery,
) -> None:
    relay = RelayLimits(stream_seconds_max=1, stream_bytes_per_second=20_000)
    broker = await nursery.start(keep_running, quick_settings(relay=relay))
    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as listening:
        listening.start_soon(_flood, host)
        answer = await broker.ask("GET", "/lab/events")
        assert answer.status_code == 200
        assert len(answer.content) <= 20_000 * (4 + 2) + 32_768  # what it may be ahead, its second, and a piece
        listening.cancel_scope.cancel()
    await broker.stop()


async def _flood(host: HandHost) -> None:
    opened = await host.next(Open)
    host.end.answer(opened.stream, 200, ((b"content-type", b"text/event-stream"),))
    while True:
        while count := host.end.sendable(opened.stream):
            host.end.send_data(opened.stream, b"x" * count)
        await host.flush()
        await host.next()


async def test_routes_that_are_not_there_say_why(broker: RunningBroker) -> None:
    for path, status, code in [
        ("/", 404, "unsupported_route"),
        ("/nobody", 404, "route_not_found"),
        ("/nobody/x", 404, "route_not_found"),
        ("/forum/x", 404, "route_not_found"),
        ("/_host/nothing", 404, "unsupported_route"),
        ("/_host/link", 426, "unsupported_route"),
    ]:
        answer = await broker.ask("GET" if "link" in path else "POST", path)
        assert (answer.status_code, answer.json()["error"], answer.json()["ok"]) == (status, code, False)
    assert (await broker.ask("GET", "/healthz")).json() == {"ok": True}
    assert (await broker.ask("GET", "/readyz")).json() == {"ok": True, "hosts": 0}


async def test_the_slug_alone_is_a_probe_and_leads_a_browser_to_the_page(broker: RunningBroker, host: HandHost) -> None:
    for method in ("GET", "POST"):
        assert (await broker.ask(method, "/lab")).json() == {"ok": True, "route_slug": "lab", "status": "active"}
    page = await broker.ask("GET", "/lab", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (308, "/lab/")


async def test_the_guards_stand_in_order_and_say_when_to_come_again(nursery: trio.Nursery) -> None:
    routes = RouteLimits(requests_per_minute=6, strangers_per_minute=2, requests_max=2, waits_max=1)
    broker = await nursery.start(keep_running, quick_settings(routes=routes))
    token = {"authorization": "Bearer t"}

    async def refused(path: str, **headers: str) -> tuple[int, str]:
        answer = await broker.ask("GET", path, headers=headers)
        assert int(answer.headers["retry-after"]) == answer.json()["retry_after"] >= 1
        return answer.status_code, answer.json()["error"]

    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as holding:
        holding.start_soon(lambda: broker.ask("GET", "/lab/wait", headers=token))
        await host.next(Open)
        assert await refused("/lab/wait", **token) == (429, "wait_limit")
        holding.start_soon(lambda: broker.ask("GET", "/lab/status", headers=token))
        await host.next(Open)
        assert await refused("/lab/status", **token) == (429, "route_request_limit")
        holding.cancel_scope.cancel()
    async with honest_host(broker.url, "other"):
        for _ in range(2):
            assert (await broker.ask("GET", "/other/status")).status_code == 200
        assert await refused("/other/status") == (429, "rate_limited")  # a stranger
        for _ in range(4):
            assert (await broker.ask("GET", "/other/status", headers=token)).status_code == 200
        assert await refused("/other/status", **token) == (429, "rate_limited")  # the room
    await broker.stop()


async def test_a_line_of_the_log_has_the_contracts_fields_and_nothing_of_a_visitors(
    broker: RunningBroker, host: HandHost
) -> None:
    secret = "canary7f3a"
    await broker.ask("GET", f"/lab/wait?token={secret}", headers={"authorization": f"Bearer {secret}"})
    await broker.ask("POST", f"/lab/{secret}", content=secret, headers={"user-agent": secret})
    await broker.client.request(f"X{secret.upper()}", broker.url + "/lab/messages")
    lines = [json.loads(line) for line in broker.lines]
    assert [line["path_class"] for line in lines] == ["wait", "other", "messages"]
    assert [line["method"] for line in lines] == ["GET", "POST", "other"]
    fields = {"event", "route_hash", "method", "path_class", "status", "duration_ms", "bytes_in", "bytes_out"}
    for line in lines:
        assert set(line) - {"wait_held_ms", "error"} == fields
    assert "wait_held_ms" in lines[0]
    assert secret not in "".join(broker.lines).lower()
    assert "lab" not in "".join(broker.lines)


async def test_a_sandboxed_page_is_let_through_on_the_shared_origin_only(nursery: trio.Nursery) -> None:
    for wildcard, is_shared in ((None, True), ("rooms.example", False)):
        broker = await nursery.start(keep_running, quick_settings(wildcard_domain=wildcard))
        name = {} if is_shared else {"host": "lab.rooms.example"}
        below = "/lab" if is_shared else ""
        async with honest_host(broker.url, "lab"):
            asking = {"origin": "null", "access-control-request-method": "POST", **name}
            allowed = await broker.ask("OPTIONS", below + "/messages", headers=asking)
            read = await broker.ask("GET", below + "/status", headers={"origin": "null", **name})
        assert read.text == "/status"
        if is_shared:
            assert allowed.status_code == 204
            assert allowed.headers["access-control-allow-origin"] == "null"
            assert "access-control-allow-credentials" not in allowed.headers
            assert read.headers["access-control-allow-origin"] == "null"
        else:
            assert allowed.text == "/messages"  # the room's to answer
            assert "access-control-allow-origin" not in read.headers
            assert "sandbox" not in read.headers.get("content-security-policy", "")
        await broker.stop()


async def test_the_own_pages_origin_arrives_as_the_public_one(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host:
        public = httpx.URL(broker.url)
        for said, arrives in (("null", f"http://{public.netloc.decode()}"), ("https://evil.example",) * 2):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lambda said=said: broker.ask("POST", "/lab/x", headers={"origin": said}))
                opened = await host.next(Open)
                assert dict(opened.headers)[b"origin"].decode() == arrives
                await host.answer(opened.stream, b"")


async def test_a_redirect_leads_to_somewhere_in_the_room_or_nowhere(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host:
        for location in (b"/lab/x", b"x", host.base_url.encode() + b"/y", b"/other/", b"https://evil.example/"):
            async with trio.open_nursery() as nursery:
                answers: list[httpx.Response] = []

                async def visit(answers: list[httpx.Response] = answers) -> None:
                    answers.append(await broker.ask("GET", "/lab/", follow_redirects=False))

                nursery.start_soon(visit)
                opened = await host.next(Open)
                host.end.answer(opened.stream, 303, ((b"location", location), (b"content-length", b"0")))
                host.end.end(opened.stream)
                await host.flush()
            passed = answers[0].headers.get("location", "").encode()
            assert passed == (b"" if b"other" in location or b"evil" in location else location)


async def test_no_path_of_a_rooms_own_origin_is_the_brokers(nursery: trio.Nursery) -> None:
    broker = await nursery.start(keep_running, quick_settings(wildcard_domain="rooms.example"))
    async with honest_host(broker.url, "lab"):
        for path in ("/healthz", "/readyz", "/_host/register"):
            answer = await broker.ask("GET", path, headers={"host": "lab.rooms.example"})
            assert answer.text == path
    assert (await broker.ask("GET", "/healthz", headers={"host": "rooms.example"})).json() == {"ok": True}
    await broker.stop()


async def test_the_files_of_a_page_that_are_asked_for_all_at_once_wait_in_line(broker: RunningBroker) -> None:
    files_max = RouteLimits().files_max
    count = 3 * files_max
    answers: list[int] = []

    async def fetch(path: str) -> None:
        answers.append((await broker.ask("GET", f"/lab{path}")).status_code)

    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(fetch, f"/assets/bundle/{number}.js")
        opened = [await host.next(Open) for _ in range(files_max)]
        nursery.start_soon(fetch, "/status")  # what people ask meanwhile does not stand behind them
        spoken = await host.next(Open)
        assert spoken.target == b"/status"
        await host.answer(spoken.stream, b"")
        while opened:
            await host.answer(opened.pop().stream, b"")
            count -= 1
            if count >= files_max:
                opened.append(await host.next(Open))
    assert answers == [200] * (3 * files_max + 1)
