"""One link and its visitors: the room's server is a real one, the broker's frames are the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest
import trio
import trio.testing

from agentgather.tunnel.dial import dial
from agentgather.tunnel.host_link import HostLink
from agentgather.tunnel.origin import Origin
from agentgather.wire.codec import LINK_CREDIT_BYTES, STREAM_CREDIT_BYTES, encode
from agentgather.wire.faults import LEAVING, ROOM_UNREACHABLE, VISITOR_GONE
from agentgather.wire.frames import Answer, Bye, Challenge, Credit, Data, Drain, End, Hello, Pong, Proof, Reset
from agentgather.wire.link import HostEnd
from tests.serving.apps import Everything
from tests.serving.process import serving_here
from tests.tunnel.broker import SLUG, Link, scripted_broker

OK = b'{"ok":true}\n'


@dataclass
class Linked:
    """A live link: the broker's side of it is `broker`, the host's is `host`."""

    broker: Link
    host: HostLink
    room_port: int
    ended: trio.Event = field(default_factory=trio.Event)
    drained: trio.Event = field(default_factory=trio.Event)
    keeping: trio.CancelScope = field(default_factory=trio.CancelScope)

    async def ask_directly(self, target: str) -> None:
        """Ask the room without the tunnel; it has to answer."""
        async with httpx.AsyncClient() as client:
            (await client.get(f"http://127.0.0.1:{self.room_port}{target}")).raise_for_status()

    async def end(self) -> None:
        """Return once the host has given the link up by itself."""
        with trio.fail_after(10):
            await self.ended.wait()


async def greeted(end: HostEnd, socket: object) -> None:
    """The host's half of the handshake, with a proof that this broker does not look at."""
    send, receive = socket.send, socket.receive  # type: ignore[attr-defined]
    end.hello(Hello(1, SLUG, bytes(32), "test"))
    await send(end.outgoing())
    frames: list[object] = []
    while not frames:
        frames = list(end.receive(await receive()))
    assert isinstance(frames[0], Challenge)
    end.prove(bytes(64))
    await send(end.outgoing())
    while not end.is_live:
        end.receive(await receive())


async def challenge(link: Link, *, heartbeat_seconds: float) -> None:
    await link.hear(Hello)
    link.end.challenge(bytes(32))
    await link.flush()
    await link.hear(Proof)
    link.end.register(link.broker.registered(SLUG, heartbeat_seconds=heartbeat_seconds))
    await link.flush()


@asynccontextmanager
async def linked(*, heartbeat_seconds: float = 15.0, room_port: int | None = None) -> AsyncIterator[Linked]:
    async with (
        serving_here(Everything()) as port,
        scripted_broker() as broker,
        Origin(f"http://127.0.0.1:{room_port or port}") as origin,
        dial(broker.url) as socket,
        trio.open_nursery() as nursery,
    ):
        end = HostEnd()
        link = await broker.next_link()
        async with trio.open_nursery() as both:
            both.start_soon(greeted, end, socket)
            await challenge(link, heartbeat_seconds=heartbeat_seconds)

        drained = trio.Event()
        host = HostLink(end, socket, origin, heartbeat_seconds=heartbeat_seconds, on_drain=drained.set)
        live = Linked(link, host, port, drained=drained)

        async def keep() -> None:
            with live.keeping:
                await host.keep(goodbye=LEAVING)
            live.ended.set()

        nursery.start_soon(keep)
        yield live
        link.close()
        nursery.cancel_scope.cancel()


async def test_a_request_is_answered_by_the_room() -> None:
    async with linked() as live:
        stream = await live.broker.ask("GET", b"/scope?a=%2f")
        assert await live.broker.answer(stream) == (200, b'["GET", "/scope", "/scope", "a=%2f"]')
        stream = await live.broker.ask("POST", b"/echo", body=b"x" * 60_000)
        assert await live.broker.answer(stream) == (200, b"x" * 60_000)
        stream = await live.broker.ask("POST", b"/measure", body=b"")
        assert await live.broker.answer(stream) == (200, b"0")
        stream = await live.broker.ask("HEAD", b"/large?100")
        assert await live.broker.answer(stream) == (200, b"")


async def test_a_body_larger_than_its_credit_arrives_whole() -> None:
    async with linked() as live:
        size = 3 * STREAM_CREDIT_BYTES
        end = live.broker.end
        stream = end.open("POST", b"/measure", (), has_body=True)
        sent = 0
        with trio.fail_after(10):
            while sent < size:
                if count := min(end.sendable(stream), size - sent):
                    end.send_data(stream, b"x" * count)
                    sent += count
                    await live.broker.flush()
                else:
                    await live.broker.hear(Credit)
        end.end(stream)
        await live.broker.flush()
        assert await live.broker.answer(stream) == (200, b"%d" % size)


async def test_an_answer_waits_for_credit_and_delays_no_other() -> None:
    async with linked() as live:
        broker = live.broker
        slow = await broker.ask("GET", b"/large?%d" % LINK_CREDIT_BYTES)
        received = 0
        while received < STREAM_CREDIT_BYTES:
            received += len((await broker.hear(Data)).content)
        assert received == STREAM_CREDIT_BYTES
        quick = await broker.ask("GET", b"/")
        assert await broker.answer(quick) == (200, OK)
        broker.end.consumed(slow, received)
        await broker.flush()
        while received < LINK_CREDIT_BYTES:
            piece = await broker.hear(Data)
            assert piece.stream == slow
            received += len(piece.content)
            broker.end.consumed(slow, len(piece.content))
            await broker.flush()
        assert (await broker.hear(End)).stream == slow


async def test_the_head_of_a_held_stream_does_not_wait_for_its_first_piece() -> None:
    gate = trio.Event()

    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 3\r\n\r\n")
        await gate.wait()
        await stream.send_all(b": \n")

    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
        async with linked(room_port=listener.socket.getsockname()[1]) as live:
            stream = await live.broker.ask("GET", b"/events")
            head = await live.broker.hear(Answer)
            assert (head.stream, head.status) == (stream, 200)
            gate.set()
            assert (await live.broker.hear(Data)).content == b": \n"
            assert (await live.broker.hear(End)).stream == stream
        nursery.cancel_scope.cancel()


async def test_a_hundred_held_requests_hold_up_nobody() -> None:
    async with linked() as live:
        for _ in range(100):
            await live.broker.ask("GET", b"/held")
            await trio.testing.wait_all_tasks_blocked()
        stream = await live.broker.ask("GET", b"/")
        assert await live.broker.answer(stream) == (200, OK)
        await live.broker.ask("GET", b"/open")
        assert {(await live.broker.hear(End)).stream for _ in range(101)} == {*range(1, 103)} - {101}


@pytest.mark.parametrize("target", [b"/held", b"/endless"])
async def test_a_visitor_who_leaves_is_seen_to_leave_in_the_room(target: bytes) -> None:
    async with linked() as live:
        stream = await live.broker.ask("GET", target)
        await trio.testing.wait_all_tasks_blocked()
        live.broker.end.reset(stream, VISITOR_GONE)
        await live.broker.flush()
        asking = await live.broker.ask("GET", b"/departures?1")
        assert await live.broker.answer(asking) == (200, b"1")


async def test_visitors_who_leave_at_any_moment_cost_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with linked() as live:
        for number in range(200):
            stream = await live.broker.ask("GET", b"/large?%d" % (number * 5_000))
            for _ in range(number % 7):
                await trio.lowlevel.checkpoint()
            if stream in live.broker.end.open_streams:
                live.broker.end.reset(stream, VISITOR_GONE)
                await live.broker.flush()
        stream = await live.broker.ask("GET", b"/")
        while (head := await live.broker.hear(Answer)).stream != stream:
            pass
        assert head.status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_room_that_is_gone_is_said_to_be_gone() -> None:
    async with serving_here(Everything()) as gone:
        pass
    async with linked(room_port=gone) as live:
        stream = await live.broker.ask("POST", b"/messages", body=b"{}")
        status, body = await live.broker.answer(stream)
        assert status == 502
        assert b'"host_unavailable"' in body


async def test_an_answer_that_breaks_off_is_not_passed_off_as_whole() -> None:
    async with linked() as live:
        stream = await live.broker.ask("GET", b"/bug?late")
        assert (await live.broker.hear(Answer)).stream == stream
        reset = await live.broker.hear(Reset)
        assert (reset.stream, reset.reason) == (stream, ROOM_UNREACHABLE)


async def test_what_is_about_the_connection_to_the_room_stays_here() -> None:
    async with linked() as live:
        await live.broker.ask("GET", b"/stream")
        names = {name for name, _ in (await live.broker.hear(Answer)).headers}
        assert b"date" in names
        assert not names & {b"transfer-encoding", b"connection", b"keep-alive", b"set-cookie"}


async def test_pings_go_both_ways_and_keep_a_quiet_link() -> None:
    async with linked(heartbeat_seconds=0.05) as live:
        live.broker.end.ping(b"01234567")
        await live.broker.flush()
        assert (await live.broker.hear(Pong)).token == b"01234567"
        await live.broker.listen(10)  # pings, each a heartbeat after the one before, that are answered
        assert not live.ended.is_set()


async def test_a_broker_that_gives_no_sign_of_life_is_given_up_after_two_heartbeats() -> None:
    async with linked(heartbeat_seconds=0.2) as live:
        began = trio.current_time()
        await live.end()
        assert 0.3 < trio.current_time() - began < 1.5
        assert live.host.bye is None
        assert "sign of life" in live.host.reason


async def test_after_a_change_of_the_network_silence_is_not_waited_out() -> None:
    async with linked(heartbeat_seconds=60) as live:
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        live.host.probe()
        await live.end()
        assert trio.current_time() - began < 10


async def test_after_a_change_of_the_network_a_link_that_holds_is_kept() -> None:
    async with linked(heartbeat_seconds=60) as live:
        live.host.probe()
        stream = await live.broker.ask("GET", b"/")
        assert await live.broker.answer(stream) == (200, OK)
        assert not live.ended.is_set()


BROKEN = {
    "an answer": encode(Answer(1, 200, ())),
    "a hello": encode(Hello(1, SLUG, bytes(32), "x")),
    "data from nowhere": encode(Data(77, b"x")),
    "an end from nowhere": encode(End(77)),
    "an unknown frame": b"\x7f" + bytes(8),
    "an endless frame": b"\x06" + bytes(4) + b"\xff\xff\xff\xff",
    "no frame at all": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=list(BROKEN))
async def test_a_broker_that_breaks_a_rule_is_told_and_left(content: bytes) -> None:
    async with linked() as live:
        await live.broker.say(content)
        assert (await live.broker.hear(Bye)).reason == "protocol_broken"
        await live.end()
        assert "broke a rule" in live.host.reason


async def test_a_broker_that_says_goodbye_is_understood() -> None:
    async with linked() as live:
        live.broker.end.bye("replaced", "another link")
        await live.broker.flush()
        await live.end()
        assert live.host.bye is not None
        assert live.host.bye.reason == "replaced"


async def test_a_connection_that_ends_ends_the_link_and_its_requests() -> None:
    async with linked() as live:
        await live.broker.ask("GET", b"/held")
        await trio.testing.wait_all_tasks_blocked()
        live.broker.close()
        await live.end()
        assert live.host.bye is None
        await live.ask_directly("/departures?1")


async def test_a_drain_lets_what_runs_finish() -> None:
    async with linked() as live:
        held = await live.broker.ask("GET", b"/held")
        await trio.testing.wait_all_tasks_blocked()
        live.broker.end.drain()
        await live.broker.flush()
        with trio.fail_after(5):
            await live.drained.wait()
        await live.ask_directly("/open")
        assert await live.broker.answer(held) == (200, OK)


async def test_a_host_that_leaves_finishes_its_answers_and_says_goodbye() -> None:
    async with linked() as live:
        held = await live.broker.ask("GET", b"/held")
        await trio.testing.wait_all_tasks_blocked()
        live.keeping.cancel()
        await live.broker.hear(Drain)
        await live.ask_directly("/open")
        assert await live.broker.answer(held) == (200, OK)
        assert (await live.broker.hear(Bye)).reason == LEAVING
        await live.end()


async def test_a_host_that_leaves_waits_for_no_visitor_for_ever() -> None:
    async with linked() as live:
        await live.broker.ask("GET", b"/held")
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        live.keeping.cancel()
        assert (await live.broker.hear(Bye)).reason == LEAVING
        assert trio.current_time() - began < 6
        await live.end()


async def test_a_broker_that_takes_nothing_is_left_all_the_same() -> None:
    async with linked() as live:
        for _ in range(20):
            await live.broker.ask("GET", b"/large?1000000")
        await trio.testing.wait_all_tasks_blocked()
        live.keeping.cancel()
        await live.end()
