"""What each kind of broken network looks like from both of its ends."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator

import pytest
import trio

from tests.network.stalling import StallingProxy, stalling_proxy, to_loopback

SOON_SECONDS = 5.0  # for something that has to happen
QUIET_SECONDS = 0.2  # of nothing, while nothing shall happen


class Ends:
    """A caller and whoever answers, and the proxy between them."""

    def __init__(self, proxy: StallingProxy, listener: trio.SocketListener) -> None:
        self.proxy = proxy
        self.listener = listener

    async def call(self) -> trio.SocketStream:
        with trio.fail_after(SOON_SECONDS):
            return await trio.open_tcp_stream("127.0.0.1", self.proxy.port)

    async def joined(self) -> tuple[trio.SocketStream, trio.SocketStream]:
        """A connection that carries: its near and its far end."""
        near = await self.call()
        with trio.fail_after(SOON_SECONDS):
            far = await self.listener.accept()
        return near, far


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    async with listener, stalling_proxy(to_loopback(port)) as proxy:
        yield Ends(proxy, listener)


async def hears(stream: trio.SocketStream, expected: bytes) -> None:
    heard = b""
    with trio.fail_after(SOON_SECONDS):
        while len(heard) < len(expected):
            heard += await stream.receive_some()
    assert heard == expected


async def hears_nothing(stream: trio.SocketStream) -> None:
    with trio.move_on_after(QUIET_SECONDS) as quiet:
        heard = await stream.receive_some()
        raise AssertionError(heard)
    assert quiet.cancelled_caught


async def is_reset(stream: trio.SocketStream) -> None:
    with trio.fail_after(SOON_SECONDS), pytest.raises(trio.BrokenResourceError) as broken:
        await stream.receive_some()
    assert isinstance(broken.value.__cause__, OSError)
    assert broken.value.__cause__.errno == errno.ECONNRESET


async def both_close(*streams: trio.SocketStream) -> None:
    for stream in streams:
        await stream.aclose()


async def test_what_is_carried_arrives_both_ways_and_so_does_the_end(ends: Ends) -> None:
    near, far = await ends.joined()
    await near.send_all(b"question")
    await hears(far, b"question")
    await near.send_eof()
    with trio.fail_after(SOON_SECONDS):
        assert await far.receive_some() == b""
    await far.send_all(b"answer")
    await hears(near, b"answer")
    await far.aclose()
    with trio.fail_after(SOON_SECONDS):
        assert await near.receive_some() == b""
    await near.aclose()


async def test_a_reset_is_a_reset_on_both_sides_and_the_next_connection_is_carried(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.reset()
    await is_reset(near)
    await is_reset(far)
    again, other = await ends.joined()
    await again.send_all(b"here")
    await hears(other, b"here")
    await both_close(near, far, again, other)


async def test_a_reset_of_one_end_reaches_the_other(ends: Ends) -> None:
    near, far = await ends.joined()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await near.aclose()
    await is_reset(far)
    await far.aclose()


async def test_a_stall_is_silence_that_loses_nothing(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.stall()
    await near.send_all(b"1")
    await far.send_all(b"2")
    await far.send_eof()
    await hears_nothing(near)
    await hears_nothing(far)
    late = await ends.call()
    await late.send_all(b"3")
    await hears_nothing(late)
    ends.proxy.restore()
    await hears(far, b"1")
    await hears(near, b"2")
    with trio.fail_after(SOON_SECONDS):
        assert await near.receive_some() == b""
        later = await ends.listener.accept()
    await hears(later, b"3")
    await both_close(near, far, late, later)


async def test_a_stall_hides_even_the_death_of_the_other_end(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.stall()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await far.aclose()
    await hears_nothing(near)
    ends.proxy.restore()
    await is_reset(near)
    await near.aclose()


async def test_a_dropped_connection_is_a_black_hole_for_good_and_a_later_one_is_not(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.drop()
    lost = await ends.call()
    for stream in (near, far, lost):
        await stream.send_all(b"x" * 1_000_000)  # is taken: whoever writes notices nothing
    await near.send_eof()
    ends.proxy.restore()
    for stream in (near, far, lost):
        await hears_nothing(stream)
    again, other = await ends.joined()
    await again.send_all(b"here")
    await hears(other, b"here")
    await both_close(near, far, lost, again, other)


async def test_the_death_of_one_end_of_a_dropped_connection_is_told_to_nobody(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.drop()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await near.aclose()
    await hears_nothing(far)
    await far.aclose()


async def test_a_refusal_is_a_refusal_and_the_port_comes_back(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.refuse()
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", ends.proxy.port)) == errno.ECONNREFUSED
    await near.send_all(b"still here")
    await hears(far, b"still here")
    ends.proxy.restore()
    again, other = await ends.joined()
    await both_close(near, far, again, other)


async def test_nobody_at_the_far_side_is_a_reset(ends: Ends) -> None:
    await ends.listener.aclose()
    near = await ends.call()
    await is_reset(near)
    await near.aclose()


async def test_a_delay_delays(ends: Ends) -> None:
    near, far = await ends.joined()
    ends.proxy.delay(QUIET_SECONDS)
    began = trio.current_time()
    await near.send_all(b"slow")
    await hears(far, b"slow")
    assert trio.current_time() - began >= QUIET_SECONDS
    await both_close(near, far)


async def test_arrivals_are_counted_and_the_gone_are_forgotten(ends: Ends) -> None:
    near, far = await ends.joined()
    assert (ends.proxy.arrival_count, ends.proxy.carried_count) == (1, 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ends.proxy.arrivals, 2)
        again, other = await ends.joined()
    await both_close(near, far, again, other)
    with trio.fail_after(SOON_SECONDS):
        while ends.proxy.carried_count:
            await trio.lowlevel.checkpoint()
