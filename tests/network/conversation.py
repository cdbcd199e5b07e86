"""A conversation that goes on while the network breaks, and the reckoning after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tests.network.ledger import Ledger, log_of, posted
from tests.network.visitors import Poster, Waiter

LOOK_SECONDS = 0.005  # between looks at the books
SETTLE_SECONDS = 30.0  # from the last break to the last word heard by everybody


class Conversation:
    """Its posters post and its waiters wait, from the beginning to the end of the context `talking`."""

    def __init__(self, ledger: Ledger, home: Path) -> None:
        self.ledger = ledger
        self.home = home

    async def more(self, count: int = 1, *, within_seconds: float = SETTLE_SECONDS) -> None:
        """Return once `count` posts more were acknowledged."""
        aim = self.ledger.acknowledged_count + count
        with trio.fail_after(within_seconds):
            while self.ledger.acknowledged_count < aim:
                await trio.sleep(LOOK_SECONDS)

    async def answer_on_its_way(self) -> None:
        """Return once something was recorded that its author was not told yet."""
        with trio.fail_after(SETTLE_SECONDS):
            while not set(posted(log_of(self.home))) - self.ledger.acknowledged:
                await trio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def talking(
    posters: Sequence[Poster],
    waiters: Sequence[Waiter],
    *,
    home: Path,
    pace_seconds: float = 0.05,
    may_lose_connections: bool = False,
    tell: Callable[[str], None] = print,
) -> AsyncIterator[Conversation]:
    """Everybody talks until the context ends; then the last word is said, heard by all, and the books have to be right."""
    ledger = Ledger(posters, waiters)
    try:
        async with trio.open_nursery() as listening:
            for waiter in waiters:
                listening.start_soon(waiter.keep_waiting)
            async with trio.open_nursery() as posting:
                for poster in posters:
                    posting.start_soon(lambda one=poster: one.keep_posting(pace_seconds=pace_seconds))
                yield Conversation(ledger, home)
                for poster in posters:
                    poster.stop()
                posting.cancel_scope.deadline = trio.current_time() + SETTLE_SECONDS
            assert not posting.cancel_scope.cancelled_caught, f"posts were never acknowledged; met {ledger.troubles()}"
            last = len(log_of(home))
            with trio.move_on_after(SETTLE_SECONDS):
                for waiter in waiters:
                    await waiter.heard_through(last)
            listening.cancel_scope.cancel()
    finally:
        for visitor in (*posters, *waiters):
            visitor.leave()
    tell(f"\n{ledger.acknowledged_count} posts acknowledged, {len(waiters)} waiters; on the way: {ledger.troubles()}")
    problems = ledger.audit(log_of(home), may_lose_connections=may_lose_connections)
    assert not problems, "\n".join(problems[:20])


def figures(what: str, seconds: Sequence[float]) -> None:
    """Print what was measured: a network's tests tell how fast, and fail only for what must not be."""
    print(f"\n{what}: {' '.join(f'{one:.2f}' for one in seconds)} s, worst {max(seconds):.2f} s")
