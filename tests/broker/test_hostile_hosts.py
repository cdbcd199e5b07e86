"""A host that lies hurts its own route, and nothing beside it."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable

import httpx
import pytest
import trio

from agentgather.tunnel.dial import DialFailed
from agentgather.wire.codec import DATA_BYTES_MAX, LINK_CREDIT_BYTES, encode
from agentgather.wire.frames import Answer, Bye, Credit, Data, End, Hello, Open, Ping, Registered, Reset
from agentgather_broker.shape import RelayLimits
from tests.broker.brokers import (
    PATIENCE_SECONDS,
    HandHost,
    RunningBroker,
    hand_host,
    honest_host,
    keep_running,
    quick_settings,
)

TYPE = ((b"content-type", b"text/plain"),)
Lie = Callable[[HandHost, Open], Awaitable[None]]


async def answer_twice(host: HandHost, opened: Open) -> None:
    await host.say(encode(Answer(opened.stream, 200, TYPE)) * 2)


async def answer_a_stream_that_was_never_opened(host: HandHost, opened: Open) -> None:
    await host.say(encode(Answer(opened.stream + 1_000, 200, TYPE)))


async def go_on_after_the_end(host: HandHost, opened: Open) -> None:
    await host.say(encode(Answer(opened.stream, 200, TYPE)) + encode(End(opened.stream)) * 2)


async def send_a_body_without_a_head(host: HandHost, opened: Open) -> None:
    await host.say(encode(Data(opened.stream, b"body")))


async def send_more_than_there_is_credit_for(host: HandHost, opened: Open) -> None:
    piece = encode(Data(opened.stream, b"x" * DATA_BYTES_MAX))
    pieces = LINK_CREDIT_BYTES // DATA_BYTES_MAX + 1
    await host.say(encode(Answer(opened.stream, 200, ((b"content-type", b"text/event-stream"),))) + piece * pieces)


async def give_credit_without_end(host: HandHost, opened: Open) -> None:
    await host.say(encode(Credit(opened.stream, 2**31 - 1)) * 2)


async def open_a_stream_itself(host: HandHost, opened: Open) -> None:
    await host.say(encode(Open(opened.stream + 1, "GET", b"/", (), False)))


async def greet_again(host: HandHost, opened: Open) -> None:
    await host.say(encode(Hello(1, "victim", b"k" * 32, "liar")))


async def send_garbage(host: HandHost, opened: Open) -> None:
    await host.say(b"\xff" * 4_096)


async def announce_a_frame_that_is_too_long(host: HandHost, opened: Open) -> None:
    await host.say(struct.pack(">BII", 0x07, opened.stream, 2**31))


async def put_a_line_break_into_a_header(host: HandHost, opened: Open) -> None:
    payload = b'{"status":200,"headers":[["x-a","b\\r\\nset-cookie: c=d"]]}'
    await host.say(struct.pack(">BII", 0x07, opened.stream, len(payload)) + payload)


async def answer_before_the_answer(host: HandHost, opened: Open) -> None:
    payload = b'{"status":101,"headers":[]}'
    await host.say(struct.pack(">BII", 0x07, opened.stream, len(payload)) + payload)


async def speak_after_the_goodbye(host: HandHost, opened: Open) -> None:
    await host.say(encode(Bye("leaving", "bye")) + encode(Ping(b"12345678")))


BROKEN_RULES: list[Lie] = [
    answer_twice,
    answer_a_stream_that_was_never_opened,
    go_on_after_the_end,
    send_a_body_without_a_head,
    send_more_than_there_is_credit_for,
    give_credit_without_end,
    open_a_stream_itself,
    greet_again,
    send_garbage,
    announce_a_frame_that_is_too_long,
    put_a_line_break_into_a_header,
    answer_before_the_answer,
    speak_after_the_goodbye,
]


@pytest.mark.parametrize("lie", BROKEN_RULES, ids=lambda lie: lie.__name__)
async def test_a_broken_rule_ends_the_link_of_who_broke_it_and_no_other(lie: Lie, broker: RunningBroker) -> None:
    async with honest_host(broker.url, "honest"), hand_host(broker.url, "liar") as liar:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_visit, broker, "/liar/x")
            opened = await liar.next(Open)
            await lie(liar, opened)
            answer = await broker.ask("GET", "/honest/x?y")
            assert (answer.status_code, answer.text) == (200, "/x?y")
            assert await liar.is_dropped()
            nursery.cancel_scope.cancel()
        answer = await broker.ask("GET", "/honest/after")
        assert (answer.status_code, answer.text) == (200, "/after")


async def test_what_a_liar_had_begun_is_cut_and_never_passes_for_whole(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "liar") as liar, trio.open_nursery() as nursery:

        async def visit() -> None:
            with pytest.raises(httpx.TransportError):
                await broker.ask("GET", "/liar/x")
            nursery.cancel_scope.cancel()

        nursery.start_soon(visit)
        opened = await liar.next(Open)
        liar.end.answer(opened.stream, 200, TYPE)
        liar.end.send_data(opened.stream, b"the first half")
        await liar.flush()
        await liar.say(b"\xff" * 9)
        await trio.sleep_forever()


@pytest.mark.parametrize("body", [b"short", b"much longer than it said"], ids=["too short", "too long"])
async def test_a_body_of_another_length_than_its_head_says_is_cut(body: bytes, broker: RunningBroker) -> None:
    async with honest_host(broker.url, "honest"), hand_host(broker.url, "liar") as liar, trio.open_nursery() as nursery:

        async def visit() -> None:
            with pytest.raises(httpx.TransportError):
                await broker.ask("GET", "/liar/x")
            nursery.cancel_scope.cancel()

        nursery.start_soon(visit)
        opened = await liar.next(Open)
        liar.end.answer(opened.stream, 200, (*TYPE, (b"content-length", b"10")))
        liar.end.send_data(opened.stream, body)
        liar.end.end(opened.stream)
        await liar.flush()
        assert (await broker.ask("GET", "/honest/x")).status_code == 200
        await trio.sleep_forever()


async def test_an_answer_that_is_too_large_is_refused_and_the_host_told(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "large") as host, trio.open_nursery() as nursery:

        async def visit() -> None:
            answer = await broker.ask("GET", "/large/x")
            assert (answer.status_code, answer.json()["error"]) == (502, "response_too_large")

        nursery.start_soon(visit)
        opened = await host.next(Open)
        host.end.answer(opened.stream, 200, (*TYPE, (b"content-length", b"1048577")))
        await host.flush()
        assert (await host.next(Reset)).reason == "too_large"


async def test_headers_that_a_room_has_no_use_for_do_not_reach_a_visitor(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "liar") as liar, trio.open_nursery() as nursery:

        async def visit() -> None:
            answer = await broker.ask("GET", "/liar/x")
            assert answer.text == "hello"
            for name in (
                "set-cookie",
                "clear-site-data",
                "access-control-allow-origin",
                "refresh",
                "link",
                "x-made-up",
            ):
                assert name not in answer.headers
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
            assert "allow-same-origin" not in answer.headers["content-security-policy"]

        nursery.start_soon(visit)
        opened = await liar.next(Open)
        extra = (
            (b"set-cookie", b"a=b"),
            (b"clear-site-data", b'"*"'),
            (b"access-control-allow-origin", b"*"),
            (b"refresh", b"0;url=https://evil.example"),
            (b"link", b"</x>; rel=preload"),
            (b"x-made-up", b"1"),
            (b"content-security-policy", b"sandbox allow-scripts allow-same-origin"[:21]),
        )
        liar.end.answer(opened.stream, 200, (*TYPE, *extra))
        liar.end.send_data(opened.stream, b"hello")
        liar.end.end(opened.stream)
        await liar.flush()


async def test_a_host_that_answers_nothing_keeps_its_visitors_no_longer_than_it_may(nursery: trio.Nursery) -> None:
    broker = await nursery.start(keep_running, quick_settings(relay=RelayLimits(response_seconds=0.3)))
    async with hand_host(broker.url, "mute") as mute, trio.open_nursery() as visiting:

        async def visit() -> None:
            answer = await broker.ask("GET", "/mute/x")
            assert (answer.status_code, answer.json()["error"]) == (504, "host_unavailable")

        visiting.start_soon(visit)
        await mute.next(Open)
        assert (await mute.next(Reset)).reason == "too_slow"
    await broker.stop()


async def test_a_flood_for_one_visitor_waits_for_that_visitor_and_for_nobody_else(broker: RunningBroker) -> None:
    """A host sends as much as it may to a visitor who does not read; another visitor of the same room is answered."""
    async with hand_host(broker.url, "busy") as host, trio.open_nursery() as nursery:
        port = httpx.URL(broker.url).port
        slow = await trio.open_tcp_stream("127.0.0.1", port or 0)
        nursery.start_soon(_close_at_the_end, slow)
        await slow.send_all(b"GET /busy/flood HTTP/1.1\r\nHost: b\r\n\r\n")
        flooded = await host.next(Open)
        host.end.answer(flooded.stream, 200, ((b"content-type", b"text/event-stream"),))
        while count := host.end.sendable(flooded.stream):
            host.end.send_data(flooded.stream, b"x" * count)
        await host.flush()

        async def visit() -> None:
            assert (await broker.ask("GET", "/busy/quick")).text == "/quick"
            nursery.cancel_scope.cancel()

        nursery.start_soon(visit)
        quick = await host.next(Open)
        await host.answer(quick.stream, quick.target)
        await trio.sleep_forever()


async def test_pings_of_somebody_who_reads_nothing_come_to_an_end(broker: RunningBroker) -> None:
    async with honest_host(broker.url, "honest"), hand_host(broker.url, "pinger") as pinger:
        assert isinstance(pinger.registered, Registered)
        with pytest.raises(DialFailed), trio.fail_after(PATIENCE_SECONDS):  # noqa: PT012
            while True:
                await pinger.say(encode(Ping(b"12345678")) * 1_000)
        assert (await broker.ask("GET", "/honest/x")).status_code == 200


async def _close_at_the_end(stream: trio.SocketStream) -> None:
    async with stream:
        await trio.sleep_forever()


async def _visit(broker: RunningBroker, path: str) -> None:
    try:
        await broker.ask("GET", path)
    except httpx.HTTPError:
        pass
