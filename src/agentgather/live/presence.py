"""Who is attending and how far each has read: memory first, written lazily. Never a record of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentgather.room.keeping import SavedSeat
from agentgather.room.live_state import WORKING_SECONDS_MAX
from agentgather.room.names import Alias
from agentgather.room.participant import Attention

_WORKING = timedelta(seconds=WORKING_SECONDS_MAX)


@dataclass(slots=True)
class Sighting:
    """What was last seen of one participant. `delivered_id` and `read_id` never move backwards.

    `working_until` is when its word that it works is no news any more, `working_on` what it said of it, and `session` whose
    use of the seat this is: none of them outlives the daemon.
    """

    last_seen_at: datetime
    attention: Attention = Attention.MANUAL
    delivered_id: int = 0
    read_id: int = 0
    working_until: datetime | None = None
    working_on: str | None = None
    session: str | None = None

    def age_ms(self, now: datetime) -> int:
        """Milliseconds since then, never negative."""
        return max(0, int((now - self.last_seen_at).total_seconds() * 1000))

    def is_working(self, now: datetime) -> bool:
        return self.working_until is not None and now < self.working_until


class Presence:
    """The sightings of a room. `is_dirty`: something changed since `clean` was last called.

    `marks` counts how often somebody said to have read further: what is said is not confirmed before it is on disk.
    """

    def __init__(self, saved: Iterable[SavedSeat] = ()) -> None:
        self._sightings = {
            seat.participant.alias: Sighting(seat.last_seen_at, seat.attention, seat.delivered_id, seat.read_id)
            for seat in saved
        }
        self.is_dirty = False
        self.marks = 0

    def of(self, alias: Alias, *, default: datetime) -> Sighting:
        """The sighting of `alias`; somebody never seen counts as seen at `default`, manually."""
        return self._sightings.get(alias) or Sighting(default)

    def touch(self, alias: Alias, *, now: datetime, attention: Attention | None = None) -> None:
        """Note that `alias` was here at `now`, and how it attends where that is known."""
        sighting = self._sighting(alias, now)
        sighting.last_seen_at = now
        if attention is not None:
            sighting.attention = attention

    def work(self, alias: Alias, *, on: str | None, now: datetime) -> None:
        """Note that `alias` says it works, and on what; a while later that is no news any more."""
        sighting = self._sighting(alias, now)
        sighting.working_until, sighting.working_on = now + _WORKING, on

    def rest(self, alias: Alias) -> None:
        """Note that `alias` waits, spoke or went: whatever it worked on, it says anew if it still does."""
        sighting = self._sightings.get(alias)
        if sighting is not None:
            sighting.working_until = sighting.working_on = None

    def enter(self, alias: Alias, *, session: str, now: datetime) -> bool:
        """Note which session of its own `alias` comes with; answers whether it came with another one before."""
        sighting = self._sighting(alias, now)
        before, sighting.session = sighting.session, session
        return before is not None and before != session

    def depart(self, alias: Alias) -> None:
        """Note that the session of `alias` is over."""
        sighting = self._sightings.get(alias)
        if sighting is not None:
            sighting.session = None

    def deliver(self, alias: Alias, *, through_id: int, now: datetime) -> None:
        """Note that records through `through_id` were handed to `alias`."""
        sighting = self._sighting(alias, now)
        sighting.delivered_id = max(sighting.delivered_id, through_id)

    def read(self, alias: Alias, *, through_id: int, now: datetime) -> int:
        """Note that `alias` says it has read through `through_id`; answers how far it has read by now."""
        sighting = self._sighting(alias, now)
        if through_id > sighting.read_id:
            sighting.read_id = through_id
            self.marks += 1
        sighting.delivered_id = max(sighting.delivered_id, sighting.read_id)
        return sighting.read_id

    def clean(self) -> Mapping[Alias, Sighting]:
        """All sightings, taken to be written down."""
        self.is_dirty = False
        return self._sightings

    def _sighting(self, alias: Alias, now: datetime) -> Sighting:
        self.is_dirty = True
        return self._sightings.setdefault(alias, Sighting(now))
