"""What happened to the room's budget of wakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agentgather.room.names import Alias


class Span(StrEnum):
    """The time within which wakes are counted."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class WakeBudgetSet:
    """How many wakes the whole room may cause from now on, within an hour and within a day."""

    by: Alias
    an_hour: int
    a_day: int


@dataclass(frozen=True, slots=True)
class WakeBudgetEnded:
    """The room has caused `wakes` wakes within a `span`, and lets nobody be woken before `free_at`."""

    span: Span
    wakes: int
    free_at: datetime


WakesEvent = WakeBudgetSet | WakeBudgetEnded
