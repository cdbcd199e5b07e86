"""How patient and how thrifty waking is: every number of it, with its unit."""

from __future__ import annotations

from dataclasses import dataclass

COALESCE_SECONDS_MAX = 300.0
RETRY_SECONDS = (30.0, 180.0, 600.0)  # after these a wake that could not be handed over is given up
BUSY_SECONDS = (
    2.0,
    4.0,
    8.0,
    16.0,
    30.0,
)  # between looks at an agent that is busy; from the last one on it stays there
WAKES_MAX = 1000  # that anybody may set as a budget
SAFETY_SECONDS_MIN = 60.0
SAFETY_SECONDS_MAX = 86_400.0
VERIFY_SECONDS_MAX = 86_400.0


@dataclass(frozen=True, slots=True)
class WakeRules:
    """`coalesce_seconds`: what is said within them is one wake. `verify_seconds`: how long an effect is looked for.

    `hour_max`, `day_max`: the budget of this participant. `safety_seconds` after a wake the agent is woken again for
    what it has still not fetched, `safety_wakes_max` times at most.
    """

    coalesce_seconds: float = 3.0
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    busy_seconds: tuple[float, ...] = BUSY_SECONDS
    verify_seconds: float = 60.0
    hour_max: int = 20
    day_max: int = 100
    safety_seconds: float = 1800.0
    safety_wakes_max: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.coalesce_seconds <= COALESCE_SECONDS_MAX:
            raise ValueError(f"messages are gathered for 0 to {COALESCE_SECONDS_MAX:g} seconds")
        if not 0 < self.verify_seconds <= VERIFY_SECONDS_MAX:
            raise ValueError(f"an effect is looked for up to {VERIFY_SECONDS_MAX:g} seconds")
        if not 1 <= self.hour_max <= WAKES_MAX or not 1 <= self.day_max <= WAKES_MAX:
            raise ValueError(f"a budget has 1 to {WAKES_MAX} wakes")
        if not SAFETY_SECONDS_MIN <= self.safety_seconds <= SAFETY_SECONDS_MAX:
            raise ValueError(f"the safety wake comes after {SAFETY_SECONDS_MIN:g} to {SAFETY_SECONDS_MAX:g} seconds")
