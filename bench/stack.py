"""What our way from the socket to the room gains: the same room behind plain hypercorn and quart-trio, in turns with ours."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from agentgather.store.home import Home
from bench.daemon import Daemon, Seat, serving
from bench.load import closed_loop
from bench.plan import Plan
from bench.row import Bar, Row
from bench.waiters import HELD_PER_SEAT, Waiters

TAIL_RECORDS = 20
SEATS = 8
TIMES_MIN = 3.0
WAKES_A_TURN = 3
HALVES_CONNECTIONS = 16
_BAR = Bar(f"{TIMES_MIN:.0f} times the plain stack", 1.0, times=TIMES_MIN)

Figures = dict[str, float]


def stack(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """Reads, posts and a fan-out. The rate and the time count; `cpu_times` says the same where a machine is busy."""
    with serving(home) as first:
        first.invite(SEATS - 1)  # beside the host
    with tempfile.TemporaryDirectory(dir=home.root.parent, prefix="plain-") as directory:
        copy = Path(directory) / "home"
        shutil.copytree(home.root, copy)
        with serving(home) as ours, serving(Home(copy), [str(copy)], command=("bench.plain_stack",)) as plain:
            tail = f"/messages?since_id={max(0, ours.last_id() - TAIL_RECORDS)}"
            for name, path, body in (
                (f"GET /status of {SEATS} seats", "/status", None),
                (f"last {TAIL_RECORDS} records", tail, None),
                ("POST /messages", "/messages", b'{"text":"The build is green again."}'),
            ):
                for connections in plan.connections:
                    load = _loaded(path, body, connections, plan)
                    yield _rates(
                        f"{name}, {connections} at once",
                        _in_turns(ours, plain, plan, load),
                        history,
                        is_read=body is None,
                    )
            yield from _halves(copy, ours, history, plan)
            seats = {daemon: daemon.invite(-(-plan.stack_waiters // HELD_PER_SEAT)) for daemon in (ours, plain)}
            yield _wake_row(_in_turns(ours, plain, plan, _woken(seats, plan)), history, plan)


def _halves(home: Path, ours: Daemon, history: int, plan: Plan) -> Iterator[Row]:
    """How far one half of our way gets alone, beside the whole of it."""
    load = _loaded("/status", None, HALVES_CONNECTIONS, plan)
    for half, name in (("app", "our app under hypercorn"), ("server", "stock quart on our server")):
        with tempfile.TemporaryDirectory(dir=home.parent, prefix="half-") as directory:
            copy = Path(directory) / "home"
            shutil.copytree(home, copy)
            with serving(Home(copy), [str(copy), half], command=("bench.plain_stack",)) as other:
                yield _rates(f"status beside {name}", _in_turns(ours, other, plan, load), history, is_read=False)


def _loaded(path: str, body: bytes | None, connections: int, plan: Plan) -> Callable[[Daemon], Figures]:
    def load(daemon: Daemon) -> Figures:
        asked = daemon.door.request(daemon.host_seat.token, path, body=body)
        return closed_loop(daemon.door, asked, connections=connections, seconds=plan.stack_seconds).figures()

    return load


def _woken(seats: Mapping[Daemon, Sequence[Seat]], plan: Plan) -> Callable[[Daemon], Figures]:
    """Everybody waits and is woken by one post, again and again; the time on a core is that of both, for one waiter."""

    def wake(daemon: Daemon) -> Figures:
        with Waiters(daemon, seats[daemon], count=plan.stack_waiters) as waiters:
            waiters.arm()
            waiters.wake()
            before, rounds = daemon.tree.cpu_seconds(), []
            for _ in range(WAKES_A_TURN):
                waiters.arm()
                rounds.append(waiters.wake().last_ms)
            used = daemon.tree.cpu_seconds() - before
        return {"last_ms": median(rounds), "cpu_us": used / (plan.stack_waiters * WAKES_A_TURN) * 1e6}

    return wake


def _in_turns(ours: Daemon, plain: Daemon, plan: Plan, measure: Callable[[Daemon], Figures]) -> tuple[Figures, Figures]:
    """The middle of each figure for either, taken in turns so that both see the same machine."""
    rounds = [(measure(ours), measure(plain)) for _ in range(plan.stack_turns)]
    mine, theirs = zip(*rounds, strict=True)
    return _middle(mine), _middle(theirs)


def _middle(rounds: Sequence[Figures]) -> Figures:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def _rates(name: str, taken: tuple[Figures, Figures], history: int, *, is_read: bool) -> Row:
    mine, theirs = taken
    figures = {
        "per_second": mine["per_second"],
        "plain_per_second": theirs["per_second"],
        "generator_share": mine["generator_share"],
        "times": mine["per_second"] / theirs["per_second"],
    }
    return _row(name, figures | _cpu(mine, theirs), history, bar=_BAR if is_read else None)


def _wake_row(taken: tuple[Figures, Figures], history: int, plan: Plan) -> Row:
    mine, theirs = taken
    figures = {
        "last_ms": mine["last_ms"],
        "plain_last_ms": theirs["last_ms"],
        "times": theirs["last_ms"] / mine["last_ms"],
    }
    return _row(f"wake of {plan.stack_waiters:,}", figures | _cpu(mine, theirs), history, bar=_BAR)


def _cpu(mine: Figures, theirs: Figures) -> Figures:
    return {
        "cpu_us": mine["cpu_us"],
        "plain_cpu_us": theirs["cpu_us"],
        "cpu_times": theirs["cpu_us"] / mine["cpu_us"],
    }


def _row(name: str, figures: Figures, history: int, *, bar: Bar | None) -> Row:
    return Row("stack", name, figures, "times", history, is_rate=True, bar=bar)
