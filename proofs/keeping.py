"""What a run has done so far, on disk: an interrupted run goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from proofs.figures import Figures


@dataclass(frozen=True)
class Heading:
    """Which run it is. Batches of another run, or of other sources, are not added to it."""

    proof: str
    seed: int
    trials: int
    sources: str  # the digest git has of src/, or "unknown"


@dataclass
class Kept:
    """The batches of one run that are done, in a file of a line each."""

    path: Path
    heading: Heading
    done: dict[int, int]  # the first trial of each, and how many it has
    figures: Figures
    seconds: float = 0.0

    @classmethod
    def opened(cls, path: Path, heading: Heading) -> Self:
        """What is kept of this run at `path`; a file of another run is begun anew."""
        kept = cls(path, heading, {}, Figures())
        lines = _whole_lines(path)
        if not lines or lines[0] != asdict(heading):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(asdict(heading)) + "\n")
            return kept
        for line in lines[1:]:
            kept._take(line)
        return kept

    @property
    def trials(self) -> int:
        """How many are done."""
        return sum(self.done.values())

    @staticmethod
    def heading_at(path: Path) -> Heading | None:
        """The run whose batches are at `path`."""
        lines = _whole_lines(path)
        return Heading(**lines[0]) if lines else None

    def add(self, first: int, count: int, figures: Figures, seconds: float) -> None:
        line = {"first": first, "count": count, "seconds": seconds, **figures.as_json()}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        self.done[line["first"]] = line["count"]
        self.figures.add(Figures.from_json(line))
        self.seconds += line["seconds"]


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of `path` that were written to their end."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
