"""`python -m bench.hops`: what a durable write costs by the way it leaves the event loop, and how long it holds the loop up."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from time import perf_counter

import trio

from bench.__main__ import OUT

HOPS = 1_000
WRITTEN = b"x" * 300
Call = Callable[[], None]


async def by_trio(call: Call) -> None:
    """The way we go."""
    await trio.to_thread.run_sync(call)


async def by_thread_cache(call: Call) -> None:
    """The same threads, without trio's limiter, contexts and cancellation."""
    token, task = trio.lowlevel.current_trio_token(), trio.lowlevel.current_task()
    trio.lowlevel.start_thread_soon(call, lambda outcome: token.run_sync_soon(trio.lowlevel.reschedule, task, outcome))
    await trio.lowlevel.wait_task_rescheduled(lambda _: trio.lowlevel.Abort.FAILED)


async def in_place(call: Call) -> None:
    """No hop: nobody else has a turn meanwhile."""
    call()
    await trio.lowlevel.checkpoint()


async def _measure(way: Callable[[Call], Awaitable[None]], call: Call) -> tuple[float, float, float]:
    """Microseconds of time and of a core for each, and the longest that another task waited for its turn."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = perf_counter()
            await trio.sleep(0.001)
            longest = max(longest, perf_counter() - began - 0.001)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        began, used = perf_counter(), time.process_time()
        for _ in range(HOPS):
            await way(call)
        took, used = perf_counter() - began, time.process_time() - used
        nursery.cancel_scope.cancel()
    return took / HOPS * 1e6, used / HOPS * 1e6, longest * 1e6


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryFile(dir=OUT) as file:

        def write() -> None:
            os.write(file.fileno(), WRITTEN)
            os.fdatasync(file.fileno())

        for name, call in (("nothing", lambda: None), ("fdatasync", write)):
            for way in (by_trio, by_thread_cache, in_place):
                took, used, longest = trio.run(_measure, way, call)
                told = f"{took:6.0f} µs each, {used:4.0f} µs of a core; others waited at most {longest:7,.0f} µs"
                print(f"{name:10}  {way.__name__:16}  {told}")


if __name__ == "__main__":
    main()
