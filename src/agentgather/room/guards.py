"""How often a participant may write: fixed windows of a minute that start at the first use. `now` is passed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agentgather.room.names import Alias
from agentgather.room.refusals import RateLimited

WINDOW = timedelta(seconds=60)


@dataclass(slots=True)
class RateGuard:
    """Counts the writes of each participant in the window of a minute that its first write opened.

    Windows that are over are dropped as soon as their number has doubled, so the table never outgrows the roster.
    """

    writes_max: int
    _windows: dict[Alias, tuple[datetime, int]] = field(default_factory=dict)
    _sweep_at: int = 64

    def admit(self, alias: Alias, *, now: datetime) -> None:
        """Count one write of `alias`, or raise RateLimited with the whole seconds until the window is over."""
        opened, count = self._windows.get(alias, (now, 0))
        if not timedelta(0) <= now - opened < WINDOW:
            opened, count = now, 0
        if count >= self.writes_max:
            seconds = max(1, -((now - opened - WINDOW) // timedelta(seconds=1)))
            raise RateLimited(
                f"{alias} has used its {self.writes_max} writes of this minute; try again in {seconds} s",
                retry_after_seconds=seconds,
            )
        self._windows[alias] = (opened, count + 1)
        if len(self._windows) > self._sweep_at:
            self._sweep(now)

    def _sweep(self, now: datetime) -> None:
        self._windows = {who: window for who, window in self._windows.items() if now - window[0] < WINDOW}
        self._sweep_at = max(64, 2 * len(self._windows))
