"""Readers that stall, readers that are slow, and writers that say more than is read."""

from __future__ import annotations

import socket
from time import monotonic

import pytest
import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.wire import ClientGone, Wire
from tests.serving.process import PATIENCE_SECONDS, serving


@pytest.mark.parametrize("target", ["/large?20000000", "/endless"])
def test_a_reader_that_stalls_is_dropped(target: str) -> None:
    with serving(limits={"send_seconds": 0.3}) as server, server.call(receive_buffer_bytes=4_096) as caller:
        caller.get(target)
        assert caller.read_exactly(100).startswith(b"HTTP/1.1 200 ")
        server.ask_to_stop()  # and it is gone before the grace is over
        assert server.end() == 0
        assert float(server.printed[-1].split()[1]) < 0.9
        assert caller.ends_in_a_reset()


def test_a_slow_reader_that_takes_something_is_served_to_the_end() -> None:
    limits = {"send_seconds": 0.3, "header_seconds": 0.1}
    with serving(limits=limits) as server, server.call(receive_buffer_bytes=65_536) as caller:
        caller.get("/large?4000000")
        caller.read(b"\r\n\r\n")
        started = monotonic()
        for _ in range(8):
            assert len(caller.read_exactly(500_000)) == 500_000
            with server.call() as clock:
                assert clock.read_to_end() == b""  # a tenth of a second
        assert monotonic() - started > 2 * limits["send_seconds"]


def test_what_is_pipelined_behind_a_held_request_is_bounded() -> None:
    with serving() as server, server.call() as caller:
        caller.get("/held")
        caller.socket.settimeout(0.3)
        sent = 0
        try:
            while sent < 50_000_000:
                sent += caller.socket.send(b"x" * 65_536)
        except TimeoutError:
            pass
        assert sent < 50_000_000
        assert resident_bytes(server.process.pid) < 80_000_000
        caller.socket.settimeout(PATIENCE_SECONDS)
        server.ask("/open")
        assert caller.answer().status == 200
        assert caller.answer().status == 414


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4_096


async def test_nothing_follows_a_piece_that_was_cancelled_in_the_middle() -> None:
    """And whoever tries hears that nobody is there: the client will see a reset."""
    near, far = socket.socketpair()
    with far, trio.socket.from_stdlib_socket(near) as connected:
        wire = Wire(trio.SocketStream(connected), limits=ServingLimits())
        with trio.move_on_after(0.05) as cancelled:
            await wire.write(b"x" * 10_000_000)
        assert cancelled.cancelled_caught
        with pytest.raises(ClientGone):
            await wire.write(b"the rest")
        assert b"the rest" not in far.recv(10_000_000)
