"""What trials counted and measured, so that batches add up and a ledger can say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import ceil
from typing import Any


class Figures:
    """Counts, and samples of what differs from trial to trial."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._samples: dict[str, list[float]] = defaultdict(list)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a count. Count what must be nought as well, with 0: the ledger says what was looked for."""
        self._counts[name] = self._counts.get(name, 0) + number

    def sample(self, name: str, value: float) -> None:
        """One measurement. `name` ends in its unit: "start-up, ms"."""
        self._samples[name].append(round(value, 3))

    def __getitem__(self, name: str) -> int:
        """Raises KeyError for what nobody counted: what was not looked for is no nought."""
        return self._counts[name]

    def add(self, other: Figures) -> None:
        for name, number in other._counts.items():
            self.count(name, number)
        for name, values in other._samples.items():
            self._samples[name].extend(values)

    def lines(self) -> list[tuple[str, str]]:
        """Name and value of each figure, as a person reads them."""
        counted = [(name, f"{number:,}") for name, number in self._counts.items()]
        return counted + [(name, _spread(sorted(values))) for name, values in self._samples.items()]

    def as_json(self) -> dict[str, Any]:
        return {"counts": self._counts, "samples": dict(self._samples)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Figures:
        figures = cls()
        figures._counts.update(told["counts"])
        figures._samples.update({name: list(values) for name, values in told["samples"].items()})
        return figures


def _spread(values: list[float]) -> str:
    """Median, 95th and 99th percentile and worst of sorted `values` (nearest rank)."""
    if len(values) == 1:
        return f"{values[0]:,g}"
    median, high, higher = (values[ceil(len(values) * share) - 1] for share in (0.5, 0.95, 0.99))
    return f"p50 {median:,g}, p95 {high:,g}, p99 {higher:,g}, worst {values[-1]:,g}"
