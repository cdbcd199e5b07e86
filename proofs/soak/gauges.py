"""What is read off the processes while they are soaked, and whether it is flat."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import trio
from bench.load import at
from bench.processes import ProcessTree

READ_SECONDS = 2.0  # between two readings


@dataclass(frozen=True, slots=True)
class Reading:
    at_seconds: float
    records: int
    kib: float


@dataclass
class Gauge:
    """The memory of one process over time."""

    tree: ProcessTree
    readings: list[Reading] = field(default_factory=list)

    async def keep_reading(self, records: Callable[[], int]) -> None:
        """Read until cancelled."""
        while True:
            self.readings.append(Reading(time.perf_counter(), records(), self.tree.resident_kib()))
            await trio.sleep(READ_SECONDS)

    def kib_an_hour(self, *, kib_of_a_record: float = 0.0) -> float:
        """How much it grows beyond what its records take, by least squares over all but the first quarter."""
        settled = self.readings[len(self.readings) // 4 :]
        return slope([(one.at_seconds / 3600, one.kib - one.records * kib_of_a_record) for one in settled])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line nearest to `points`; 0 for fewer than two."""
    count = len(points)
    middle_x, middle_y = (sum(point[axis] for point in points) / max(1, count) for axis in (0, 1))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def quarters(took: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The 99th percentile of what was measured in the first and in the last quarter; `took` are moments and measures."""
    ordered = sorted(took)
    size = max(1, len(ordered) // 4)
    first, last = (at(sorted(measure for _, measure in part), 0.99) for part in (ordered[:size], ordered[-size:]))
    return first, last
