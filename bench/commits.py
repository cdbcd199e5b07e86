"""`python -m bench.commits COMMIT COMMIT …`: the hot paths of several commits, in turns so that all see the same machine."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from agentgather.store.home import Home
from bench.__main__ import OUT, allow_many_files
from bench.broker import SUBDOMAIN, broker_serving
from bench.daemon import Daemon, Seat, serving
from bench.door import Door
from bench.history import make_room
from bench.load import closed_loop
from bench.plan import QUICK, Plan
from bench.stack import SEATS, TAIL_RECORDS, WAKES_A_TURN
from bench.waiters import HELD_PER_SEAT, Waiters

CONNECTIONS = 16
RELAYED_CONNECTIONS = 32
_POST = b'{"text":"The build is green again."}'


@dataclass(frozen=True, slots=True)
class Built:
    """One commit's daemon and broker, live."""

    commit: str
    daemon: Daemon
    relayed: Door
    seats: list[Seat] = field(default_factory=list)  # of those who wait; they come when they are needed


@dataclass(frozen=True, slots=True)
class Figure:
    """`cpu_us`: the time on a core for one answer, of room and broker together. `shown`: a rate or a time."""

    cpu_us: float
    shown: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.commits", description=__doc__)
    parser.add_argument("commits", nargs="+")
    parser.add_argument("--quick", action="store_true", help="a look that takes seconds")
    asked = parser.parse_args()
    plan = QUICK if asked.quick else Plan()
    allow_many_files()
    OUT.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=OUT, prefix="commits-")))
        made = make_room(folder / "made", records=1_000)
        built = [stack.enter_context(_built(commit, folder, made)) for commit in asked.commits]
        for name, measure in _paths(plan).items():
            rounds = [[measure(one) for one in built] for _ in range(plan.stack_turns)]
            first = median(one[0].cpu_us for one in rounds)
            for number, one in enumerate(built):
                cpu_us = median(figures[number].cpu_us for figures in rounds)
                shown = median(figures[number].shown for figures in rounds)
                print(
                    f"{name:28}  {one.commit:12}  cpu {cpu_us:5.0f} µs  {first / cpu_us:4.1f} times less  {shown:9,.1f}",
                    flush=True,
                )


def _paths(plan: Plan) -> dict[str, Callable[[Built], Figure]]:
    """What is measured, by name; behind each is the unit of what is shown."""
    return {
        "status, answers/s": lambda one: _load(one, one.daemon.door, "/status", CONNECTIONS, plan),
        "tail, answers/s": lambda one: _load(one, one.daemon.door, _tail(one.daemon), CONNECTIONS, plan),
        "post, answers/s": lambda one: _load(one, one.daemon.door, "/messages", CONNECTIONS, plan, body=_POST),
        "relayed status, answers/s": lambda one: _load(one, one.relayed, "/status", RELAYED_CONNECTIONS, plan),
        f"wake of {plan.stack_waiters:,}, ms": lambda one: _woken(one, plan),
    }


def _tail(daemon: Daemon) -> str:
    return f"/messages?since_id={max(0, daemon.last_id() - TAIL_RECORDS)}"


def _load(one: Built, door: Door, path: str, connections: int, plan: Plan, *, body: bytes | None = None) -> Figure:
    asked = door.request(one.daemon.host_seat.token, path, body=body)
    load = closed_loop(door, asked, connections=connections, seconds=plan.stack_seconds)
    return Figure(load.cpu_us + (load.far_cpu_us or 0), load.per_second)


def _woken(one: Built, plan: Plan) -> Figure:
    if not one.seats:
        one.seats.extend(one.daemon.invite(-(-plan.stack_waiters // HELD_PER_SEAT)))
    with Waiters(one.daemon, one.seats, count=plan.stack_waiters) as waiters:
        before, rounds = one.daemon.tree.cpu_seconds(), []
        for _ in range(WAKES_A_TURN):
            waiters.arm()
            rounds.append(waiters.wake().last_ms)
        used = one.daemon.tree.cpu_seconds() - before
    return Figure(used / (WAKES_A_TURN * plan.stack_waiters) * 1e6, median(rounds))


@contextlib.contextmanager
def _built(commit: str, folder: Path, made: Home) -> Iterator[Built]:
    """The code of `commit` in a checkout of its own, for as long as the context lasts."""
    checkout, home = folder / f"{commit}-code", folder / f"{commit}-home"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(checkout), commit], check=True)
    try:
        shutil.copytree(made.root, home)
        source = checkout / "src"
        with broker_serving(source=source) as broker:
            tunnel = ["--broker", broker.public_url, "--subdomain", SUBDOMAIN]
            with serving(Home(home), tunnel, source=source) as daemon:
                door = broker.door(near=daemon.tree)
                daemon.invite(SEATS - 1)
                yield Built(commit, daemon, door)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], check=True)


if __name__ == "__main__":
    main()
