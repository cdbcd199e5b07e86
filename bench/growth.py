"""`python -m bench.growth`: what a post costs on a core in a room that grows, and for how long its collector holds everybody up.

By the settings of the garbage collector: those that Python starts with, those that a daemon had, and those that it has.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from time import thread_time
from typing import Any

from agentgather.api.seal import START
from agentgather.interpreter import settle_interpreter
from agentgather.live.timeline import Timeline
from agentgather.room.commands import Post
from agentgather.room.decide import decide
from agentgather.room.founding import found
from agentgather.room.limits import RoomLimits
from agentgather.room.participant import Kind, Policy
from agentgather.room.state import RoomState, apply
from agentgather.store.journal import sealed
from bench.history import HOST, ROOM

RECORDS = 120_000
QUARTER = RECORDS // 4
_TEXT = "The build is green again; @ops please look at the two open points."


def pythons_own() -> None:
    gc.collect()


def seldom() -> None:
    """What is loaded is frozen, and what comes is looked at in large lots."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def measure(settle: Callable[[], None]) -> str:
    """What it takes to say RECORDS things in a new room: decided, sealed, and kept in memory, but not written to a disk."""
    now, limits = datetime.now(UTC), RoomLimits(posts_per_minute=RECORDS, log_records_max=2 * RECORDS)
    first = found(
        ROOM,
        host=HOST,
        host_kind=Kind.HUMAN,
        brief="",
        policy=Policy.MANUAL_OK,
        expires_at=None,
        now=now,
        limits=limits,
    )
    state, head, timeline = apply(RoomState(ROOM), first), START, Timeline()
    pauses, quarters, began = [0.0], list[float](), 0.0

    def look(phase: str, _: dict[str, Any]) -> None:
        nonlocal began
        if phase == "start":
            began = thread_time()
        else:
            pauses.append(thread_time() - began)

    settle()
    gc.callbacks.append(look)
    quarter_began = thread_time()
    for number in range(1, RECORDS + 1):
        decision = decide(state, Post(HOST, _TEXT, client_msg_id=f"post-{number}"), now=now, limits=limits)
        [kept], head = sealed(decision.records, head=head)
        timeline.append(kept)
        state = decision.state
        if number % QUARTER == 0:
            quarters.append((thread_time() - quarter_began) / QUARTER * 1e6)
            quarter_began = thread_time()
    gc.callbacks.remove(look)
    each = ", ".join(f"{one:.0f}" for one in quarters)
    return f"{each} µs each by quarter; longest pause {max(pauses) * 1e3:5.1f} ms, {sum(pauses) * 1e3:6,.0f} ms in all"


def main() -> None:
    at_first = gc.get_threshold()
    print(f"{RECORDS:,} posts, time on a core")
    for settle in (pythons_own, seldom, settle_interpreter):
        print(f"{settle.__name__:16}  {measure(settle)}", flush=True)
        gc.unfreeze()
        gc.set_threshold(*at_first)
        gc.collect()


if __name__ == "__main__":
    main()
