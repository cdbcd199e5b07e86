"""How fast a stream may go."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

BURST_SECONDS = 4.0  # of its rate, that a stream may be ahead


@dataclass(slots=True)
class Pace:
    """Holds whoever passes bytes on to `bytes_per_second`, on average."""

    bytes_per_second: int
    _free_at: float = field(default_factory=trio.current_time)

    async def keep(self, count: int) -> None:
        """`count` bytes went by: wait until the next may."""
        now = trio.current_time()
        self._free_at = max(self._free_at, now - BURST_SECONDS) + count / self.bytes_per_second
        if self._free_at > now:
            await trio.sleep(self._free_at - now)
