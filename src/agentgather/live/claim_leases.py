"""Whose claims on the board have run out: who holds a task and gave no sign of life for the length of a lease.

Silence is only what somebody could have heard. Nobody is silent before a lease has passed since the room began to listen, and it
begins anew when its machine was asleep: then its clock leaps from one look to the next.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from agentgather.live.live_room import LiveRoom
from agentgather.room.names import Alias


class ClaimLeases:
    """The leases of one room's claims, looked at again and again. `gap_seconds`: looks that lie farther apart were slept over."""

    def __init__(self, room: LiveRoom, *, gap_seconds: float) -> None:
        self._room = room
        self._gap = timedelta(seconds=gap_seconds)
        self._looked_at = self._listening_since = room.clock()

    def silent(self) -> tuple[Alias, ...]:
        """Who holds something and has to be taken for gone, now. To be asked at least every `gap_seconds`."""
        now = self._room.clock()
        if not timedelta(0) <= now - self._looked_at <= self._gap:
            self._listening_since = now
        self._looked_at = now
        return tuple(alias for alias in self._holders() if self._left(alias, now=now) <= timedelta(0))

    def seconds_to_next(self) -> float | None:
        """Until somebody could be silent for a lease; None while nobody holds anything."""
        now = self._room.clock()
        left = [self._left(alias, now=now).total_seconds() for alias in self._holders()]
        return max(0.0, min(left)) if left else None

    def _holders(self) -> list[Alias]:
        return sorted(set(self._room.state.tasks.claimed.values()))

    def _left(self, alias: Alias, *, now: datetime) -> timedelta:
        """What is left of the lease of `alias`: from its last sign of life, its last claim, or the room's first look on."""
        room, board = self._room, self._room.state.tasks
        claims = [board.unfinished[task_id].claimed_at for task_id in board.held_by(alias)]
        seen = now - timedelta(milliseconds=room.seen_age_ms(alias, now=now))
        alive_at = max(seen, self._listening_since, *(at for at in claims if at is not None))
        return alive_at + timedelta(seconds=room.limits.claim_lease_seconds) - now
