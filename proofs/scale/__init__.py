"""Scale: ten thousand who wait in one room of one daemon are admitted, woken by a post, and none is forgotten."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.daemon import Daemon, serving
from bench.history import make_room
from bench.line import BenchFailed
from bench.processes import ProcessTree, settle
from bench.waiters import Waiters

from proofs.proof import Batch, Disproved, Proof
from proofs.scale.listeners import Listeners

WAKES = 3  # of everybody: at once, and twice after all have waited anew
PER_SEAT = 20  # so that 500 seats hold ten thousand
HOLD_SECONDS = 600  # nobody's hold is over before the last has come, however slow the machine is
SPARE_FILES = 512
PATIENCE_SECONDS = 120.0  # for a busy machine
FLAGS = (  # what docs/host-guide.md says of a room in which thousands wait
    *("--connections-max", "12000"),
    *("--backlog", "4096"),
    *("--held-waits-max", str(PER_SEAT)),
    *("--participants-max", "510"),
    *("--hold-seconds-max", str(HOLD_SECONDS)),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many wait, and how: by `/wait` or by the event stream."""

    count: int
    by: str

    @property
    def name(self) -> str:
        return f"{self.count:,} {self.by}"


SMALL = Crowd(500, "waits")
CURVE = (
    *(Crowd(count, "waits") for count in (100, 1_000, 5_000, 10_000)),
    *(Crowd(count, "streams") for count in (1_000, 10_000)),
)


def run(batch: Batch) -> None:
    """The first trial is a small crowd; each that follows is the next of the curve, over and over."""
    _allow_many_files()
    for number in batch:
        crowd = CURVE[(number - 1) % len(CURVE)] if number else SMALL
        home = make_room(batch.folder / str(number), records=10)
        with serving(home, FLAGS) as daemon:
            try:
                _try(batch, daemon, crowd)
            except BenchFailed as failed:
                raise Disproved(f"{crowd.name}: {failed}") from failed
        shutil.rmtree(home.root)


def _try(batch: Batch, daemon: Daemon, crowd: Crowd) -> None:
    figures = batch.figures
    seats = daemon.invite(-(-crowd.count // PER_SEAT))
    settle(daemon.tree)
    before, files = daemon.tree.resident_kib(), _Files(daemon.tree)
    opened: Waiters | Listeners
    if crowd.by == "waits":
        opened = Waiters(daemon, seats, count=crowd.count, per_seat=PER_SEAT, hold_seconds=HOLD_SECONDS)
    else:
        opened = Listeners(daemon, seats, count=crowd.count, per_seat=PER_SEAT)
    with opened as waiting:
        for number in range(WAKES):
            waiting.arm()
            _until(lambda: files.now() >= crowd.count, what=f"{crowd.name}: not all were let in")
            settle(daemon.tree)
            if number == 0:
                figures.sample(
                    f"{crowd.name}: memory of each, KiB", (daemon.tree.resident_kib() - before) / crowd.count
                )
            figures.count(f"{crowd.by} held", crowd.count)
            used = daemon.tree.cpu_seconds()
            wake = waiting.wake()
            cpu_us = (daemon.tree.cpu_seconds() - used) / crowd.count * 1e6
            figures.count(f"{crowd.by} woken", crowd.count)
            figures.sample(f"{crowd.name}: processor time of each, µs", cpu_us)
            figures.sample(f"{crowd.name}: half are woken, ms", wake.median_ms)
            figures.sample(f"{crowd.name}: 99 % are woken, ms", wake.p99_ms)
            figures.sample(f"{crowd.name}: the last is woken, ms", wake.last_ms)
    _until(lambda: files.now() <= 0, what=f"{crowd.name}: descriptors are still open after all have left")
    figures.count("refused, forgotten, or told something else", 0)
    figures.count("descriptors left open", 0)


class _Files:
    """How many files a process has open beyond those it had."""

    def __init__(self, tree: ProcessTree) -> None:
        self._tree = tree
        self._before = tree.file_count()

    def now(self) -> int:
        return self._tree.file_count() - self._before


def _until(is_so: Callable[[], bool], *, what: str) -> None:
    """Return once `is_so`. Raises Disproved with `what` when it is never so."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise Disproved(what)
        time.sleep(0.01)


def _allow_many_files() -> None:
    """Each end of a connection is a file of its process; the daemon inherits what we may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    needed = max(crowd.count for crowd in CURVE) + SPARE_FILES
    if most != resource.RLIM_INFINITY and most < needed:
        raise OSError(f"this system allows {most} open files a process; {needed} are needed (ulimit -Hn)")


PROOF = Proof(
    "scale",
    "One daemon on two cores holds ten thousand waits, or as many event streams: all are admitted, all are woken by one post, "
    "none is forgotten or told anything else, and what they took is given back.",
    "crowds",
    short=1,
    long=1 + 3 * len(CURVE),
    batch=1,
    run=run,
)
