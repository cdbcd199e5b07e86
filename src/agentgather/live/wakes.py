"""How many wakes an open room was the cause of: whoever wakes an agent asks first, and tells afterwards what came of it.

Kept in memory. What was told is in the marks of deliveries, so that a daemon that is started anew does not begin at nothing;
a wake that was granted and never told of is forgotten with the daemon.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

from agentgather.room.delivery.marks import Mark, WakeOutcome, Woken
from agentgather.room.limits import RoomLimits
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.refusals import WakeBudgetSpent
from agentgather.room.wakes.board import Spending, WakesBoard
from agentgather.room.wakes.budget import DAY_SECONDS, HOUR_SECONDS, Budget
from agentgather.room.wakes.events import Span
from agentgather.room.wakes.rules import WAKES_MAX

_HANDED_OVER = frozenset({WakeOutcome.SUBMITTED, WakeOutcome.CONFIRMED})


class Wakes:
    """The wakes of the last day, each by who is woken and its id, with its moment in Unix seconds."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._at: dict[tuple[Alias, str], float] = {}
        for mark in marks:
            self.hear(mark)

    def hear(self, mark: Mark) -> None:
        """Count what was handed over, asked for or not; what surely was not costs nothing."""
        if not isinstance(mark, Woken):
            return
        key = mark.alias, mark.wake_id or f"#{mark.message_id}"
        if mark.outcome in _HANDED_OVER:
            self._count(key, mark.at)
        elif mark.outcome is WakeOutcome.DEFERRED or mark.outcome is WakeOutcome.FAILED:
            self._at.pop(key, None)

    def grant(self, alias: Alias, wake_id: str, *, board: WakesBoard, limits: RoomLimits, now: datetime) -> bool:
        """Count one wake of `alias`; whether it was counted before. Raises WakeBudgetSpent."""
        if (alias, wake_id) in self._at:
            return True
        spending = self.spending(board, limits, now=now)
        if spending.free_at is not None:
            raise _spent(spending, spending.free_at, now=now)
        self._count((alias, wake_id), now)
        return False

    def spending(self, board: WakesBoard, limits: RoomLimits, *, now: datetime) -> Spending:
        moment = now.timestamp()
        self._forget(before=moment - DAY_SECONDS)
        at = tuple(sorted(self._at.values()))
        budget = Budget(board.most(Span.HOUR, limits), board.most(Span.DAY, limits), at)
        hour_free_at, day_free_at = budget.hour_free_at(moment), budget.day_free_at(moment)
        free_at = max(hour_free_at, day_free_at)
        return Spending(
            budget.hour_max,
            budget.day_max,
            last_hour=sum(one > moment - HOUR_SECONDS for one in at),
            last_day=len(at),
            free_at=datetime.fromtimestamp(free_at, UTC) if free_at > moment else None,
            ended=None if free_at <= moment else Span.DAY if day_free_at == free_at else Span.HOUR,
        )

    def _count(self, key: tuple[Alias, str], at: datetime) -> None:
        self._at.setdefault(key, at.timestamp())
        while len(self._at) > WAKES_MAX:
            self._at.pop(next(iter(self._at)))

    def _forget(self, *, before: float) -> None:
        for key in [key for key, at in self._at.items() if at <= before]:
            del self._at[key]


def _spent(spending: Spending, free_at: datetime, *, now: datetime) -> WakeBudgetSpent:
    """The refusal of one more wake."""
    return WakeBudgetSpent(
        f"this room has caused {spending.last_hour} wakes within an hour and {spending.last_day} within a day, and may cause "
        f"{spending.an_hour} and {spending.a_day}: wake nobody before {timestamp(free_at)}, and forget nothing meanwhile",
        retry_after_seconds=math.ceil((free_at - now).total_seconds()),
        facts={"free_at": timestamp(free_at)},
    )
