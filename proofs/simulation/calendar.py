"""When people are at work: a simulated day is a few meetings, and hours in which only those who wait are there."""

from __future__ import annotations

from random import Random

import trio

BETWEEN_SECONDS = (3_600, 43_200)
MEETING_SECONDS = (40, 150)


class Calendar:
    """Meetings from the beginning on, as far as anybody looks."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._start = random.uniform(5, 60)
        self._end = self._start + random.uniform(*MEETING_SECONDS)

    def is_busy(self) -> bool:
        """Whether there is a meeting now."""
        now = trio.current_time()
        while self._end <= now:
            self._start = self._end + self._random.uniform(*BETWEEN_SECONDS)
            self._end = self._start + self._random.uniform(*MEETING_SECONDS)
        return self._start <= now

    async def busy(self) -> None:
        """Return once there is a meeting."""
        while not self.is_busy():
            await trio.sleep_until(self._start)
