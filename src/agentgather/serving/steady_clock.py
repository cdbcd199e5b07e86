"""The time of day as a daemon has it: a clock that is set wrong for a while ends no room, no token and no lease.

What has an hour at which it ends is held to the time of day, over restarts and while the machine sleeps. But the clock
that tells it can be set: by a person, by a time server that errs, by a machine without a battery. What ended then would not
come back when it is set right. So the time goes on as the machine runs, and a jump of the clock is believed once it has
lasted, as ntpd does it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

log = logging.getLogger(__name__)

JUMP_SECONDS = 60.0  # a smaller step is followed at once: nothing ends to the second
BELIEVED_SECONDS = (
    900.0  # a larger one that lasted so long was meant; ntpd steps after as long (its "stepout threshold")
)

Seconds = Callable[[], float]


def _running() -> float:
    """Seconds that passed in truth, those of a suspended machine included where the system counts them."""
    return time.clock_gettime(_COUNTS_SLEEP) if _COUNTS_SLEEP is not None else time.monotonic()


_COUNTS_SLEEP: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SteadyClock:
    """Called, it tells the time in UTC. What the clock of the machine says at the beginning is believed."""

    def __init__(self, *, wall: Seconds = time.time, running: Seconds = _running) -> None:
        self._wall = wall
        self._running = running
        self._ahead = wall() - running()  # of the clock before what passed, as it is believed
        self._jumped: tuple[float, float] | None = None  # where to, and when; None: it has not

    def __call__(self) -> datetime:
        passed = self._running()
        self._look(self._wall() - passed, now=passed)
        return datetime.fromtimestamp(self._ahead + passed, UTC)

    def _look(self, ahead: float, *, now: float) -> None:
        if abs(ahead - self._ahead) < JUMP_SECONDS:
            self._ahead, self._jumped = ahead, None
        elif self._jumped is None or abs(ahead - self._jumped[0]) >= JUMP_SECONDS:
            self._jumped = (ahead, now)
            self._tell("the clock jumped; it is believed if it stays so for a quarter of an hour", ahead)
        elif now - self._jumped[1] >= BELIEVED_SECONDS:
            self._tell("the clock jumped, and is believed now", ahead)
            self._ahead, self._jumped = ahead, None

    def _tell(self, what: str, ahead: float) -> None:
        log.warning(what, extra={"event": "clock_jumped", "seconds": round(ahead - self._ahead)})
