"""One linked host: what it may make the broker hold, and what a visitor cannot make the link say."""

from __future__ import annotations

import httpx
import trio
from trio.testing import wait_all_tasks_blocked

from agentgather.wire.codec import STREAM_CREDIT_BYTES, Decoder, encode
from agentgather.wire.frames import Answer, Data, Open, Reset
from agentgather_broker.host_link import BURST_FRAMES, LinkedHost
from agentgather_broker.host_requests import Headers, Request
from agentgather_broker.shape import RelayLimits
from agentgather_broker.visit import PIECE_BYTES_MIN
from tests.broker.brokers import RunningBroker, honest_host
from tests.wire.links import live


class SlowReader:
    """A visitor's side that takes nothing until it is told to."""

    def __init__(self) -> None:
        self.may_read = trio.Event()
        self.came = b""
        self.has_begun = False

    async def begin(self, status: int, headers: Headers) -> None:
        self.has_begun = True
        await self.may_read.wait()

    async def write(self, piece: bytes) -> None:
        self.came += piece

    async def end(self) -> None:
        return


async def test_single_bytes_that_nobody_reads_are_held_together(nursery: trio.Nursery) -> None:
    end, _ = live()
    to_broker, from_host = trio.open_memory_channel[bytes](0)

    async def send(_: bytes) -> None:
        await trio.lowlevel.checkpoint()

    host = LinkedHost(
        end, send=send, receive=from_host.receive, limits=RelayLimits(), on_drain=lambda: None, on_life=lambda: None
    )
    nursery.start_soon(host.keep)
    reader = SlowReader()
    nursery.start_soon(host.relay, Request("GET", b"/", (), b""), reader)
    await wait_all_tasks_blocked()
    await to_broker.send(encode(Answer(1, 200, ((b"content-type", b"text/plain"),))))
    await wait_all_tasks_blocked()
    content = bytes(n % 251 for n in range(STREAM_CREDIT_BYTES))
    for at in range(0, len(content), 4_096):
        await to_broker.send(b"".join(encode(Data(1, content[n : n + 1])) for n in range(at, at + 4_096)))
    await wait_all_tasks_blocked()
    held = host._visits[1].frames
    assert len(held) <= STREAM_CREDIT_BYTES // PIECE_BYTES_MIN
    reader.may_read.set()
    await wait_all_tasks_blocked()
    assert reader.came == content
    nursery.cancel_scope.cancel()


async def test_of_a_burst_the_host_has_the_first_before_the_last_is_ready(nursery: trio.Nursery) -> None:
    end, _ = live()
    _, from_host = trio.open_memory_channel[bytes](0)
    decoder, sent = Decoder(), []

    async def send(message: bytes) -> None:
        sent.append(len(decoder.receive(message)))
        await trio.lowlevel.checkpoint()

    host = LinkedHost(
        end, send=send, receive=from_host.receive, limits=RelayLimits(), on_drain=lambda: None, on_life=lambda: None
    )
    nursery.start_soon(host.keep)
    await wait_all_tasks_blocked()
    for number in range(4 * BURST_FRAMES):
        nursery.start_soon(host.relay, Request("GET", b"/%d" % number, (), b""), SlowReader())
    await wait_all_tasks_blocked()
    assert sum(sent) == 4 * BURST_FRAMES
    assert sent[:2] == [1, BURST_FRAMES]  # nobody was there to wait for; then those who came meanwhile
    nursery.cancel_scope.cancel()


async def test_a_burst_that_a_stalled_link_does_not_take_is_opened_all_the_same(nursery: trio.Nursery) -> None:
    end, _ = live()
    _, from_host = trio.open_memory_channel[bytes](0)

    async def send(_: bytes) -> None:
        await trio.sleep_forever()

    host = LinkedHost(
        end, send=send, receive=from_host.receive, limits=RelayLimits(), on_drain=lambda: None, on_life=lambda: None
    )
    nursery.start_soon(host.keep)
    for number in range(4 * BURST_FRAMES):
        nursery.start_soon(host.relay, Request("GET", b"/%d" % number, (), b""), SlowReader())
    await wait_all_tasks_blocked()
    assert host.stream_count == 4 * BURST_FRAMES
    nursery.cancel_scope.cancel()


async def test_who_leaves_while_a_request_is_sent_leaves_nothing_half_said(nursery: trio.Nursery) -> None:
    end, _ = live()
    _, from_host = trio.open_memory_channel[bytes](0)
    may_go_on, said = trio.Event(), []

    async def send(message: bytes) -> None:
        await may_go_on.wait()
        said.append(message)

    host = LinkedHost(
        end, send=send, receive=from_host.receive, limits=RelayLimits(), on_drain=lambda: None, on_life=lambda: None
    )
    nursery.start_soon(host.keep)
    with trio.move_on_after(0.05) as visit:
        nursery.start_soon(_later, may_go_on, 0.2)
        await host.relay(Request("GET", b"/", (), b""), SlowReader())
    assert visit.cancelled_caught
    assert host.stream_count == 0
    await wait_all_tasks_blocked()
    assert [type(frame) for frame in Decoder().receive(b"".join(said))] == [Open, Reset]
    assert not host.is_lost
    nursery.cancel_scope.cancel()


async def _later(event: trio.Event, seconds: float) -> None:
    await trio.sleep(seconds)
    event.set()


async def test_a_request_that_no_link_carries_is_refused_and_the_link_goes_on(broker: RunningBroker) -> None:
    async with honest_host(broker.url, "lab") as host:
        for method, headers in (("X" * 33, ""), ("GET", f"Accept: {'é' * 7_000}\r\n")):
            port = httpx.URL(broker.url).port
            async with await trio.open_tcp_stream("127.0.0.1", port or 0) as stream:
                request = f"{method} /lab/x HTTP/1.1\r\nHost: b\r\nConnection: close\r\n{headers}\r\n"
                await stream.send_all(request.encode())
                answer = b"".join([piece async for piece in stream])
            assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 200 ")), answer[:200]
            assert answer.startswith(b"HTTP/1.1 400 ") == (method != "GET")
        assert (await broker.ask("GET", "/lab/after")).text == "/after"
        assert host.end.is_live
