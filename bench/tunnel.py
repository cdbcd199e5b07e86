"""What a tunnel adds: the same room asked at its own port, through the broker, and through `ssh -R`, in turns.

Beside them stands what a polling relay of an earlier protocol did on two cores.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from statistics import median

from agentgather.store.home import Home
from bench.daemon import Daemon, Seat
from bench.door import Door
from bench.line import BenchFailed
from bench.load import closed_loop
from bench.plan import Plan
from bench.processes import ProcessTree, settle
from bench.row import Bar, Row
from bench.tunnel_doors import all_doors
from bench.waiters import HELD_PER_SEAT, Waiters

HELD_BESIDE = 100  # waits, while one visitor asks for the status
PAGE_BYTES_MAX = 1 << 20  # what a broker passes on of one plain answer
_PAGE_TEXT = "What a room says in a day fits into a page. " * 540  # 23,760 of the 24,000 a message may have
_PAGE_RECORDS = 43  # such messages are just under the page
_BROKER = "broker"
_ADDED_BAR = Bar("adds at most 3 ms; 0.1 adds 52", 3.0)
_RATE_BARS = {32: Bar("3 times the 620/s of 0.1", 620, times=3)}
_HELD_BESIDE = "0.1: 504 from 16 waits on"

Figures = dict[str, float]
Measured = dict[Door, Figures]


def tunnel(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """Reads, posts, wakes, a large page, and a read while many wait; all doors take turns at each."""
    with all_doors(home) as opened:
        daemon = opened.daemon
        if opened.missing:
            yield Row("tunnel", "ssh -R", {}, "", note=opened.missing)
        yield from _status_reads(daemon, opened.doors, history, plan)
        yield from _posts(daemon, opened.doors, history, plan)
        seats = daemon.invite(-(-max(HELD_BESIDE, *plan.tunnel_waiters) // HELD_PER_SEAT))
        yield from _wakes(daemon, opened.doors, seats, history, plan)
        yield from _read_beside_waits(daemon, opened.doors, seats, history, plan)
        yield from _large_page(daemon, opened.doors, history, plan)


def memory(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """What a wait that is held through a door costs on either side of it; fresh processes for each door."""
    with all_doors(home) as opened:
        count = len(opened.doors)
        seats = opened.daemon.invite(-(-plan.held_streams // HELD_PER_SEAT))
    for number in range(count):
        with all_doors(home) as opened:
            door = opened.doors[number]
            figures = _held(opened.daemon, door, seats, plan)
            yield Row("streams", f"{plan.held_streams:,} held waits, {door.name}", figures, "kib_each", history)


def _status_reads(daemon: Daemon, doors: tuple[Door, ...], history: int, plan: Plan) -> Iterator[Row]:
    for connections in plan.tunnel_connections:
        measured = _in_turns(doors, plan, lambda door: _load(daemon, door, "/status", connections, plan))  # noqa: B023
        for door, figures in _beside_direct(measured):
            name = f"GET /status, {connections} at once, {door.name}"
            if connections == 1:
                yield _latency_row(door, name, figures, history)
            else:
                bar = _RATE_BARS.get(connections) if door.name == _BROKER else None
                yield Row("tunnel", name, figures, "per_second", history, is_rate=True, bar=bar)


def _posts(daemon: Daemon, doors: tuple[Door, ...], history: int, plan: Plan) -> Iterator[Row]:
    body = json.dumps({"text": "The build is green again; @ops please look at the two open points."}).encode()
    measured = _in_turns(doors, plan, lambda door: _load(daemon, door, "/messages", 1, plan, body=body))
    for door, figures in _beside_direct(measured):
        yield _latency_row(door, f"POST /messages, {door.name}", figures, history)


def _wakes(daemon: Daemon, doors: tuple[Door, ...], seats: Sequence[Seat], history: int, plan: Plan) -> Iterator[Row]:
    def wake(door: Door) -> Figures:
        with Waiters(daemon, seats, count=count, door=door) as waiters:
            rounds = []
            for _ in range(plan.wakes):
                waiters.arm()
                rounds.append(asdict(waiters.wake()))
        return _middle(rounds)

    for count in plan.tunnel_waiters:
        measured = _in_turns(doors, plan, wake)
        direct = measured[doors[0]]["last_ms"]
        for door, figures in measured.items():
            if door is not doors[0]:
                figures["of_direct"] = figures["last_ms"] / direct
            yield Row("tunnel", f"wake of {count:,}, {door.name}", figures, "last_ms", history)


def _read_beside_waits(
    daemon: Daemon, doors: tuple[Door, ...], seats: Sequence[Seat], history: int, plan: Plan
) -> Iterator[Row]:
    def read(door: Door) -> Figures:
        with Waiters(daemon, seats, count=HELD_BESIDE, door=door) as waiters:
            waiters.arm()
            return _load(daemon, door, "/status", 1, plan)

    for door, figures in _beside_direct(_in_turns(doors, plan, read)):
        beside = _HELD_BESIDE if door.name == _BROKER else ""
        name = f"GET /status, {HELD_BESIDE} held, {door.name}"
        yield Row("tunnel", name, figures, "p50_ms", history, beside=beside)


def _large_page(daemon: Daemon, doors: tuple[Door, ...], history: int, plan: Plan) -> Iterator[Row]:
    since_id = daemon.last_id()
    for _ in range(_PAGE_RECORDS):
        daemon.ask("POST", "/messages", {"text": _PAGE_TEXT})
    path = f"/messages?since_id={since_id}&limit={_PAGE_RECORDS}"
    size = daemon.size_of(path)
    if not 0.95 * PAGE_BYTES_MAX < size < PAGE_BYTES_MAX:
        raise BenchFailed(f"a page of {size:,} bytes is not just under {PAGE_BYTES_MAX:,}")

    def read(door: Door) -> Figures:
        figures = _load(daemon, door, path, 1, plan)
        return figures | {"mib_per_second": figures["per_second"] * size / (1 << 20)}

    for door, figures in _beside_direct(_in_turns(doors, plan, read)):
        yield Row("tunnel", f"a page of 1 MiB, {door.name}", figures, "p50_ms", history)


def _held(daemon: Daemon, door: Door, seats: Sequence[Seat], plan: Plan) -> Figures:
    """Resident memory of both sides before and after, told for one wait."""
    _load(daemon, door, "/status", 16, plan)  # what the first requests need at all is not a wait's
    settle(*door.near, *door.far)
    near, far = (_resident(trees) for trees in (door.near, door.far))
    with Waiters(daemon, seats, count=plan.held_streams, door=door) as waiters:
        waiters.arm()
        figures = {"kib_each": (_resident(door.near) - near) / plan.held_streams}
        if door.far:
            figures["far_kib_each"] = (_resident(door.far) - far) / plan.held_streams
    return figures


def _load(daemon: Daemon, door: Door, path: str, connections: int, plan: Plan, *, body: bytes | None = None) -> Figures:
    asked = door.request(daemon.host_seat.token, path, body=body)
    return closed_loop(door, asked, connections=connections, seconds=plan.load_seconds).figures()


def _resident(trees: tuple[ProcessTree, ...]) -> float:
    return sum(tree.resident_kib() for tree in trees)


def _in_turns(doors: tuple[Door, ...], plan: Plan, measure: Callable[[Door], Figures]) -> Measured:
    rounds: dict[Door, list[Figures]] = {door: [] for door in doors}
    for _ in range(plan.tunnel_turns):
        for door, taken in rounds.items():
            taken.append(measure(door))
    return {door: _middle(taken) for door, taken in rounds.items()}


def _middle(rounds: list[Figures]) -> Figures:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def _beside_direct(measured: Measured) -> Iterator[tuple[Door, Figures]]:
    """What each door adds to the first, and how much of its rate is left."""
    direct = next(iter(measured.values()))
    for door, figures in measured.items():
        if figures is direct:
            yield door, figures
            continue
        yield (
            door,
            figures
            | {
                "added_p50_ms": figures["p50_ms"] - direct["p50_ms"],
                "added_p99_ms": figures["p99_ms"] - direct["p99_ms"],
                "of_direct": figures["per_second"] / direct["per_second"],
            },
        )


def _latency_row(door: Door, name: str, figures: Figures, history: int) -> Row:
    if not door.far:
        return Row("tunnel", name, figures, "p50_ms", history)
    return Row("tunnel", name, figures, "added_p50_ms", history, bar=_ADDED_BAR if door.name == _BROKER else None)
