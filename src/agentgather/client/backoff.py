"""How long to stay away after a failure: full jitter, so that a room that returns is not met by all at once."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_SECONDS = 0.1
MOST_SECONDS = 15.0


@dataclass(slots=True)
class Backoff:
    """`failures` in a row so far. Each next pause is drawn from zero up to a bound that doubles, 0.1 s to 15 s."""

    failures: int = 0

    def next_seconds(self, *, at_least: float | None = None) -> float:
        """The pause before the next try; what the room itself asked for (`at_least`) is respected."""
        bound = min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(self.failures, 10))
        self.failures += 1
        pause = random.uniform(0, bound)  # noqa: S311 - spreads load, keeps no secret
        return pause if at_least is None else at_least + pause

    def reset(self) -> None:
        self.failures = 0
