"""How often an agent was woken within the last hour and day, and when it may be woken again."""

from __future__ import annotations

from dataclasses import dataclass

HOUR_SECONDS = 3600.0
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Budget:
    """`spent`: the moments of the wakes of the last day, in Unix seconds, oldest first."""

    hour_max: int
    day_max: int
    spent: tuple[float, ...] = ()

    def at(self, now: float) -> Budget:
        """The budget as it stands at `now`. A clock that was set back makes no wake lie in the future."""
        kept = tuple(min(one, now) for one in self.spent if one > now - DAY_SECONDS)
        return Budget(self.hour_max, self.day_max, kept[-self.day_max :])

    def after_wake(self, now: float) -> Budget:
        before = self.at(now)
        return Budget(self.hour_max, self.day_max, (*before.spent, now)[-self.day_max :])

    def without_last(self) -> Budget:
        """As if the last wake had not been: it surely did not reach anybody."""
        return Budget(self.hour_max, self.day_max, self.spent[:-1])

    def free_at(self, now: float) -> float:
        """When the next wake may be: `now`, or the moment at which the hour and the day have room again."""
        spent = self.at(now).spent
        hour = [one for one in spent if one > now - HOUR_SECONDS]
        free = now
        if len(hour) >= self.hour_max:
            free = max(free, hour[-self.hour_max] + HOUR_SECONDS)
        if len(spent) >= self.day_max:
            free = max(free, spent[-self.day_max] + DAY_SECONDS)
        return free
