"""How many wakes an open room was the cause of: whoever wakes an agent asks first, and tells afterwards what came of it.

Kept in memory. What was told is in the marks of deliveries, so that a daemon that is started anew does not begin at nothing;
a wake that was granted and never told of is forgotten with the daemon.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from agentgather.room.delivery.marks import Mark, WakeOutcome, Woken
from agentgather.room.limits import RoomLimits
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.refusals import WakeBudgetSpent
from agentgather.room.wakes.board import Spending, WakesBoard
from agentgather.room.wakes.budget import DAY_SECONDS, HOUR_SECONDS, Budget
from agentgather.room.wakes.events import Span
from agentgather.room.wakes.rules import LENGTH, WAKES_MAX

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
        key = _key(mark)
        if mark.outcome in _HANDED_OVER:
            self._count(key, mark.at)
        elif mark.outcome is WakeOutcome.DEFERRED or mark.outcome is WakeOutcome.FAILED:
            self._at.pop(key, None)

    def told(
        self, mark: Woken, *, others: Collection[Alias] = (), board: WakesBoard, limits: RoomLimits, now: datetime
    ) -> None:
        """As `hear`, of what is told now: of wakes that nobody asked for, only as many count as would have been granted."""
        if _key(mark) not in self._at:
            try:
                self._check(mark.alias, others, board=board, limits=limits, now=now)
            except WakeBudgetSpent:
                return
        self.hear(mark)

    def grant(
        self,
        alias: Alias,
        wake_id: str,
        *,
        others: Collection[Alias] = (),
        board: WakesBoard,
        limits: RoomLimits,
        now: datetime,
    ) -> bool:
        """Count one wake of `alias`; whether it was counted before. `others` may be woken too. Raises WakeBudgetSpent."""
        if (alias, wake_id) in self._at:
            return True
        self._check(alias, others, board=board, limits=limits, now=now)
        self._count((alias, wake_id), now)
        return False

    def _check(
        self, alias: Alias, others: Collection[Alias], *, board: WakesBoard, limits: RoomLimits, now: datetime
    ) -> None:
        """Whether there may be one more. Half of a budget is everybody's in equal shares: one that spends all it can leaves
        the others theirs. Raises WakeBudgetSpent.
        """
        spending = self.spending(board, limits, now=now)
        if spending.free_at is not None:
            raise _spent(spending, spending.free_at, now=now)
        for span, length in LENGTH.items():
            since = (now - length).timestamp()
            recent = [(who, at) for (who, _), at in self._at.items() if at > since]
            spent = Counter(who for who, _ in recent)
            most = board.most(span, limits)
            share = most // (2 * (len(others) + 1))
            kept = sum(max(0, share - spent[other]) for other in others)
            if kept and spent[alias] >= share and len(recent) + kept >= most:
                first = min(at for who, at in recent if who == alias)
                raise _share_spent(alias, spent[alias], span, datetime.fromtimestamp(first, UTC) + length, now=now)

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


def _key(mark: Woken) -> tuple[Alias, str]:
    return mark.alias, mark.wake_id or f"#{mark.message_id}"


def _share_spent(alias: Alias, count: int, span: Span, free_at: datetime, *, now: datetime) -> WakeBudgetSpent:
    """The refusal of one more wake of somebody who has had many, while others keep theirs."""
    return WakeBudgetSpent(
        f"{alias} was woken {count} times within {'an hour' if span is Span.HOUR else 'a day'}, and what is left of the room's "
        f"budget is kept for the others: do not wake it before {timestamp(free_at)}, and forget nothing meanwhile",
        retry_after_seconds=math.ceil((free_at - now).total_seconds()),
        facts={"free_at": timestamp(free_at)},
    )


def _spent(spending: Spending, free_at: datetime, *, now: datetime) -> WakeBudgetSpent:
    """The refusal of one more wake."""
    return WakeBudgetSpent(
        f"this room has caused {spending.last_hour} wakes within an hour and {spending.last_day} within a day, and may cause "
        f"{spending.an_hour} and {spending.a_day}: wake nobody before {timestamp(free_at)}, and forget nothing meanwhile",
        retry_after_seconds=math.ceil((free_at - now).total_seconds()),
        facts={"free_at": timestamp(free_at)},
    )
