"""How long work is cut, so that everybody else in the house has their turn between two pieces of it."""

from __future__ import annotations

from time import perf_counter

import trio

# A checkpoint takes 20 to 40 µs where nobody else has anything to do.
ALONE_SECONDS = 0.0001
# What somebody does takes several turns: a post is read, decided, written by a thread, answered. Were each of them to wait for a
# piece of long work, a post beside a search of 100,000 records took 10 ms; it takes 3.
PAUSE_SECONDS = 0.001


async def give_way() -> None:
    """Let whoever is due have their turn; where somebody was, leave them the house for a moment."""
    began = perf_counter()
    await trio.lowlevel.checkpoint()
    if perf_counter() - began > ALONE_SECONDS:
        await trio.sleep(PAUSE_SECONDS)
