"""A closed loop: so many connections, each asking again as soon as it was answered."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from time import perf_counter

from bench.door import Door
from bench.line import BenchFailed, Line, Switchboard
from bench.processes import ProcessTree

ANSWER_SECONDS_MAX = 30.0
WARM_UP_SHARE = 0.2  # of the time, before anything is counted


@dataclass(frozen=True, slots=True)
class Load:
    """What a closed loop measured.

    `cpu_us` is the time on a core for one answer on the room's side of the door, `far_cpu_us` on the far side of a tunnel,
    both hardly touched by what else the machine does; `generator_share` is how much of one core the generator itself used.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    count: int
    generator_share: float
    far_cpu_us: float | None = None

    def figures(self) -> dict[str, float]:
        return {name: figure for name, figure in asdict(self).items() if figure is not None}


def closed_loop(door: Door, request: bytes, *, connections: int, seconds: float) -> Load:
    """Ask `request` over and over for `seconds`, after a warm-up. Raises BenchFailed."""
    board = Switchboard(Line(door.address) for _ in range(connections))
    try:
        for line in board.lines.values():
            line.ask(request)
        _run(board, request, seconds=seconds * WARM_UP_SHARE)
        used, near, far, began = time.process_time(), _cpu(door.near), _cpu(door.far), perf_counter()
        took = _run(board, request, seconds=seconds)
        passed = perf_counter() - began
        share = (time.process_time() - used) / passed
        cpu_us = (_cpu(door.near) - near) / len(took) * 1e6
        far_cpu_us = (_cpu(door.far) - far) / len(took) * 1e6 if door.far else None
        took.sort()
        return Load(len(took) / passed, at(took, 0.5) * 1e3, at(took, 0.99) * 1e3, cpu_us, len(took), share, far_cpu_us)
    finally:
        board.close()


def at(ordered: list[float], share: float) -> float:
    """The value below which `share` of `ordered` lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _cpu(trees: Iterable[ProcessTree]) -> float:
    return sum(tree.cpu_seconds() for tree in trees)


def _run(board: Switchboard, request: bytes, *, seconds: float) -> list[float]:
    """Let every line ask until `seconds` are over; how long each answer took."""
    took: list[float] = []
    end = perf_counter() + seconds
    while perf_counter() < end or not took:
        ready = board.ready(seconds=ANSWER_SECONDS_MAX)
        if not ready:
            raise BenchFailed(f"no answer within {ANSWER_SECONDS_MAX:.0f} s")
        for line in ready:
            if line.take():
                took.append(line.seconds)
                line.ask(request)
    return took
