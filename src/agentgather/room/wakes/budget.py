"""How often somebody was woken within the last hour and day, and when the next wake may be."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        return replace(self, spent=kept[-self.day_max :])

    def after_wake(self, now: float) -> Budget:
        before = self.at(now)
        return replace(self, spent=(*before.spent, now)[-self.day_max :])

    def without_last(self) -> Budget:
        """As if the last wake had not been: it surely did not reach anybody."""
        return replace(self, spent=self.spent[:-1])

    def free_at(self, now: float) -> float:
        """When the next wake may be: `now`, or the moment at which the hour and the day have room again."""
        return max(self.hour_free_at(now), self.day_free_at(now))

    def hour_free_at(self, now: float) -> float:
        """When the hour has room for one more."""
        hour = self.last_hour(now)
        return now if len(hour) < self.hour_max else max(now, hour[-self.hour_max] + HOUR_SECONDS)

    def day_free_at(self, now: float) -> float:
        """When the day has room for one more."""
        spent = self.at(now).spent
        return now if len(spent) < self.day_max else max(now, spent[-self.day_max] + DAY_SECONDS)

    def last_hour(self, now: float) -> tuple[float, ...]:
        """The wakes of the hour before `now`, as far as the day's budget remembers them."""
        return tuple(one for one in self.at(now).spent if one > now - HOUR_SECONDS)
