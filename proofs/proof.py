"""What a proof is: a claim, and trials that try to show it false."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from proofs.figures import Figures


class Disproved(Exception):
    """A trial showed the claim false; the text says what was seen, for somebody who will look for the cause."""


@dataclass
class Batch:
    """Trials that run together, and are kept or run again together. `folder` is theirs alone, and goes when they end."""

    proof: str
    seed: int
    first: int
    count: int
    folder: Path
    figures: Figures = field(default_factory=Figures)
    tell: Callable[[int], None] = lambda number: None  # who watches how far it is

    def __iter__(self) -> Iterator[int]:
        """The numbers of the trials; one that was handed out is done when the next is asked for."""
        for number in range(self.first, self.first + self.count):
            yield number
            self.tell(number)

    def random(self, number: int) -> random.Random:
        """The choices of one trial: the same whatever ran before it."""
        return random.Random(f"{self.proof} {self.seed} {number}")


@dataclass(frozen=True)
class Proof:
    """One claim. `run` tries the trials of a batch and raises Disproved (or any other exception) when one breaks it."""

    name: str
    claim: str
    trials: str  # what they are, in the plural: "kills"
    short: int  # so many in `make test`
    long: int  # and so many in `make prove`
    batch: int  # so many that an interruption loses little, and that starting up costs little
    run: Callable[[Batch], None]
