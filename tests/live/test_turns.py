"""Long work gives way: to whoever is due, and to what they do next."""

from __future__ import annotations

import time

import trio
from trio.testing import MockClock

from agentgather.live.turns import PAUSE_SECONDS, give_way

TRIES = 50  # a busy machine may take its time over a checkpoint of somebody who is alone


async def test_whoever_is_alone_does_not_pause(autojump_clock: MockClock) -> None:
    paused = []
    for _ in range(TRIES):
        began = trio.current_time()
        await give_way()
        paused.append(trio.current_time() > began)
    assert not all(paused)


async def test_who_was_due_is_left_the_house_for_a_moment(autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_work)
        began = trio.current_time()
        for _ in range(2):  # whose turn comes first is chance
            await give_way()
    assert trio.current_time() - began >= PAUSE_SECONDS


async def _work() -> None:
    time.sleep(0.002)
