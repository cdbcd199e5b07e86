"""The rows of the benchmark that need a daemon: reads, wakes, posts, memory and start-up.

Beside them stands what a Node room server of the same protocol does on two cores.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median

from agentgather.store.home import Home
from bench.daemon import serving
from bench.load import closed_loop
from bench.plan import Plan
from bench.processes import settle
from bench.row import Bar, Row
from bench.waiters import HELD_PER_SEAT, Waiters

TAIL_RECORDS = 20
WAIT_KIB_MAX = 40.0
_STATUS_BARS = {1: Bar("1,000/s", 1_000), 64: Bar("3,300/s", 3_300)}
_POST_BARS = {1: Bar("250/s, not durable", 250), 64: Bar("137/s, not durable", 137)}
_LONG_POST_BAR = Bar("10 times 8/s at 100,000", 8, times=10)
_WAKE_BAR = Bar("36 ms", 36)
_LONG_WAKE_BAR = Bar("10 times 3.6 s at 100,000", 3_600, times=10)
_LONG = 50_000  # records of history, from where the other server's figures at 100,000 stand beside ours


def reads(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """/status, and the last records of the timeline."""
    with serving(home) as daemon:
        tail = f"/messages?since_id={max(0, daemon.last_id() - TAIL_RECORDS)}"
        for name, path, bars in (("GET /status", "/status", _STATUS_BARS), (f"last {TAIL_RECORDS} records", tail, {})):
            asked = daemon.door.request(daemon.host_seat.token, path)
            for connections in plan.connections:
                load = closed_loop(daemon.door, asked, connections=connections, seconds=plan.load_seconds)
                bar = bars.get(connections)
                yield Row("reads", _at(name, connections), load.figures(), "per_second", history, is_rate=True, bar=bar)


def posts(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """Messages that are on disk when they are answered."""
    with serving(home) as daemon:
        body = json.dumps({"text": "The build is green again; @ops please look at the two open points."}).encode()
        asked = daemon.door.request(daemon.host_seat.token, "/messages", body=body)
        for connections in plan.connections:
            load = closed_loop(daemon.door, asked, connections=connections, seconds=plan.load_seconds)
            bar = _LONG_POST_BAR if history >= _LONG else _POST_BARS.get(connections)
            name = _at("POST /messages", connections)
            yield Row("posts", name, load.figures(), "per_second", history, is_rate=True, bar=bar)


def wakes(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """One post, and how soon everybody who waits has heard it: at once, and after they have all re-armed."""
    with serving(home) as daemon:
        seats = daemon.invite(-(-max(plan.waiters) // HELD_PER_SEAT))
        for count in plan.waiters:
            with Waiters(daemon, seats, count=count) as waiters:
                waiters.arm()
                yield _wake_row(f"wake of {count:,}", asdict(waiters.wake()), history, count)
                rounds = []
                for _ in range(plan.wakes):
                    waiters.arm()
                    rounds.append(asdict(waiters.wake()))
                middle = {name: median(one[name] for one in rounds) for name in rounds[0]}
                yield _wake_row(f"wake of {count:,}, re-armed", middle, history, count)


def memory(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """What a held wait costs in resident memory, connection and all."""
    with serving(home) as daemon:
        seats = daemon.invite(-(-plan.held_waits // HELD_PER_SEAT))
        settle(daemon.tree)
        before = daemon.tree.resident_kib()
        with Waiters(daemon, seats, count=plan.held_waits) as waiters:
            waiters.arm()
            after = daemon.tree.resident_kib()
        figures = {
            "kib_each": (after - before) / plan.held_waits,
            "before_mib": before / 1024,
            "after_mib": after / 1024,
        }
        bar = Bar(f"at most {WAIT_KIB_MAX:.0f} KiB", WAIT_KIB_MAX)
        yield Row("memory", f"{plan.held_waits:,} held waits", figures, "kib_each", history, bar=bar)


def start_up(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """From the command to the first answer, and what the daemon then takes."""
    taken = [_start(home) for _ in range(plan.starts)]
    middle = {name: median(one[name] for one in taken) for name in taken[0]}
    yield Row("start", "first answer", middle, "seconds", history)


def _start(home: Home) -> dict[str, float]:
    with serving(home) as daemon:
        return {"seconds": daemon.first_answer_seconds, "resident_mib": daemon.tree.resident_kib() / 1024}


def _wake_row(name: str, figures: dict[str, float], history: int, count: int) -> Row:
    bar = None
    if count == 20:
        bar = _LONG_WAKE_BAR if history >= _LONG else _WAKE_BAR
    return Row("wakes", name, figures, "last_ms", history, bar=bar)


def _at(name: str, connections: int) -> str:
    return f"{name}, {connections} connection{'s' if connections > 1 else ''}"
