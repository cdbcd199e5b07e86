"""The leases of a room as a fold. It knows no clock: an event says until when, and whoever looks brings the time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from immutables import Map

from agentgather.room.leases.events import LeaseEnded, LeaseEvent, LeaseExtended, LeaseTaken
from agentgather.room.leases.lease import Lease, LeaseId
from agentgather.room.names import Alias


@dataclass(frozen=True, slots=True)
class LeaseBoard:
    """`kept` are those that nobody ended; some of them may be over by now. `last_id` is the last that was given."""

    last_id: int = 0
    kept: Map[LeaseId, Lease] = field(default_factory=Map)

    def live(self, now: datetime) -> tuple[Lease, ...]:
        """Those that hold at `now`, by id."""
        return tuple(sorted((one for one in self.kept.values() if one.is_live(now)), key=lambda one: one.id))

    def find(self, lease: LeaseId, *, now: datetime) -> Lease | None:
        """The lease of this number, if it holds at `now`."""
        found = self.kept.get(lease)
        return found if found is not None and found.is_live(now) else None

    def held_by(self, alias: Alias, *, now: datetime) -> tuple[Lease, ...]:
        """What `alias` holds at `now`, by id."""
        return tuple(one for one in self.live(now) if one.holder == alias)


def apply(board: LeaseBoard, event: LeaseEvent, *, at: datetime) -> LeaseBoard:
    """The board after one more event, which was told at `at`."""
    match event:
        case LeaseTaken():
            taken = Lease(event.lease, event.by, event.globs, event.note, taken_at=at, until=event.until)
            over = [one.id for one in board.kept.values() if not one.is_live(at)]
            return LeaseBoard(max(board.last_id, taken.id), _without(board.kept, over).set(taken.id, taken))
        case LeaseExtended():
            known = board.kept.get(event.lease)
            if known is None:  # a damaged log lost its taking: the others still hold
                return board
            longer = replace(known, note=event.note, until=event.until)
            return replace(board, kept=board.kept.set(known.id, longer))
        case LeaseEnded():
            return replace(board, kept=_without(board.kept, [event.lease]))


def without_any(board: LeaseBoard) -> LeaseBoard:
    """The board of a room that was closed: nobody works there any more."""
    return LeaseBoard(board.last_id)


def _without(kept: Map[LeaseId, Lease], over: list[LeaseId]) -> Map[LeaseId, Lease]:
    for one in over:
        if one in kept:
            kept = kept.delete(one)
    return kept
