"""Reaching a broker whose network was away: soon after it is back, whatever the kernel has in mind."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import trio

from agentgather.tunnel.reach import AGAIN_SECONDS, reach

AWAY_SECONDS = 1.4  # the kernel asks again after 1 s and after 3
SLACK_SECONDS = 0.5  # of a busy machine


@pytest.fixture
def deaf() -> Iterator[tuple[socket.socket, int]]:
    """A listener, and its port, that hears no caller until somebody is taken from its full queue."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        yield listener, port


def take_all(listener: socket.socket) -> None:
    """Empty the queue; whoever asks from now on is heard."""
    listener.settimeout(0)
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return


async def test_a_broker_is_reached_as_soon_as_it_can_hear(deaf: tuple[socket.socket, int]) -> None:
    listener, port = deaf
    heard = 0.0

    async def hear() -> None:
        nonlocal heard
        await trio.sleep(AWAY_SECONDS)
        take_all(listener)
        heard = trio.current_time()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hear)
        stream = await reach("127.0.0.1", port)
        assert heard, "nobody was to be heard until then"
        assert trio.current_time() - heard < AGAIN_SECONDS + SLACK_SECONDS
        await stream.aclose()


async def test_a_refusal_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    began = trio.current_time()
    with pytest.raises(OSError):
        await reach("127.0.0.1", port)
    assert trio.current_time() - began < AGAIN_SECONDS


async def test_who_stops_trying_leaves_nothing_open(deaf: tuple[socket.socket, int]) -> None:
    with trio.move_on_after(2.5 * AGAIN_SECONDS) as patience:
        await reach("127.0.0.1", deaf[1])
    assert patience.cancelled_caught
