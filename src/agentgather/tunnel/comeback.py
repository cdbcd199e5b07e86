"""How soon a host dials again: full jitter, quick while an outage is young, patient when it is not."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_SECONDS = 0.1
YOUNG_SECONDS = 60.0  # most outages are over by then, and somebody waits for the end of each
YOUNG_MOST_SECONDS = 0.8  # so that a network that returns is noticed within a second
MOST_SECONDS = 15.0
ASKED_SECONDS_MAX = 900.0  # a broker may ask us to stay away for a while, not for days


@dataclass(slots=True)
class Comeback:
    """Failures in a row, and since when (trio's clock, None while all is well)."""

    failures: int = 0
    since: float | None = None

    def next_seconds(self, *, now: float, at_least: float | None = None) -> float:
        """The pause before the next try; what the broker itself asked for (`at_least`) is respected, within reason."""
        if self.since is None:
            self.since = now
        most = YOUNG_MOST_SECONDS if now - self.since < YOUNG_SECONDS else MOST_SECONDS
        bound = min(most, FIRST_SECONDS * 2 ** min(self.failures, 10))
        self.failures += 1
        pause = random.uniform(0, bound)  # noqa: S311 - spreads load, keeps no secret
        return pause if at_least is None else min(at_least, ASKED_SECONDS_MAX) + pause

    def outage_seconds(self, *, now: float) -> float:
        return 0.0 if self.since is None else now - self.since

    def reset(self) -> None:
        self.failures, self.since = 0, None
