"""The room's budget of wakes as the log tells it. How much of it is spent is seen, not told: the log would fill with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agentgather.room.limits import RoomLimits
from agentgather.room.wakes.events import Span, WakeBudgetSet, WakesEvent


@dataclass(frozen=True, slots=True)
class WakesBoard:
    """`an_hour`, `a_day` None: the host has not said, and what the house says holds. The others: when an end was noted last."""

    an_hour: int | None = None
    a_day: int | None = None
    hour_ended_at: datetime | None = None
    day_ended_at: datetime | None = None

    def most(self, span: Span, limits: RoomLimits) -> int:
        """How many wakes there may be within `span`."""
        if span is Span.HOUR:
            return limits.wakes_an_hour_max if self.an_hour is None else self.an_hour
        return limits.wakes_a_day_max if self.a_day is None else self.a_day

    def ended_at(self, span: Span) -> datetime | None:
        return self.hour_ended_at if span is Span.HOUR else self.day_ended_at


@dataclass(frozen=True, slots=True)
class Spending:
    """The budget, how much of it was spent by now, when the next wake may be (None: now), and the span that has ended."""

    an_hour: int
    a_day: int
    last_hour: int
    last_day: int
    free_at: datetime | None
    ended: Span | None


def apply(board: WakesBoard, event: WakesEvent, *, at: datetime) -> WakesBoard:
    """The board after `event`. The end of a new budget is news again."""
    if isinstance(event, WakeBudgetSet):
        return WakesBoard(event.an_hour, event.a_day)
    if event.span is Span.HOUR:
        return replace(board, hour_ended_at=at)
    return replace(board, day_ended_at=at)
