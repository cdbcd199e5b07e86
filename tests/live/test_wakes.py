"""How many wakes a room caused: counted after a restart too, shared out, and never more than its budget."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.live.wakes import Wakes
from agentgather.room.delivery.marks import WakeOutcome, Woken
from agentgather.room.limits import RoomLimits
from agentgather.room.names import MessageId
from agentgather.room.refusals import WakeBudgetSpent
from agentgather.room.wakes.board import WakesBoard
from agentgather.room.wakes.events import Span
from tests.room.rooms import ANN, DAWN, DOC, REV

HOUR = timedelta(hours=1)


def woken(number: int, outcome: WakeOutcome, *, minutes: float = 0, wake_id: str | None = None) -> Woken:
    at = DAWN + timedelta(minutes=minutes)
    return Woken(MessageId(number), REV, at, "tmux", outcome, "", f"w{number}" if wake_id is None else wake_id)


BOARD, LIMITS = WakesBoard(3, 5), RoomLimits()


def test_what_was_told_of_counts_after_a_restart_and_what_surely_was_none_does_not() -> None:
    marks = [
        woken(1, WakeOutcome.SUBMITTED),
        woken(2, WakeOutcome.SUBMITTED, minutes=1),
        woken(2, WakeOutcome.CONFIRMED, minutes=2),
        woken(3, WakeOutcome.SUBMITTED, minutes=3),
        woken(3, WakeOutcome.FAILED, minutes=4),
        woken(4, WakeOutcome.DEFERRED, minutes=5),
        woken(5, WakeOutcome.SKIPPED, minutes=5, wake_id=""),
        woken(6, WakeOutcome.SUBMITTED, minutes=6, wake_id=""),
    ]
    now = DAWN + timedelta(minutes=10)
    wakes = Wakes(marks)
    told = wakes.spending(BOARD, LIMITS, now=now)
    assert (told.last_hour, told.free_at, told.ended) == (3, DAWN + HOUR, Span.HOUR)
    with pytest.raises(WakeBudgetSpent) as refused:
        wakes.grant(DOC, "mine", board=BOARD, limits=LIMITS, now=now)
    assert refused.value.retry_after_seconds == 3000
    assert wakes.grant(REV, "w1", board=BOARD, limits=LIMITS, now=now)  # it was granted before
    assert not wakes.grant(DOC, "mine", board=BOARD, limits=LIMITS, now=DAWN + HOUR)


def test_one_that_spends_all_it_can_leaves_the_others_theirs() -> None:
    wakes, limits = Wakes(), RoomLimits(wakes_an_hour_max=12)
    asking: dict[str, Any] = {"board": WakesBoard(), "limits": limits, "now": DAWN}
    for number in range(8):
        wakes.grant(REV, f"w{number}", others=(DOC, ANN), **asking)
    with pytest.raises(WakeBudgetSpent, match="kept for the others") as refused:
        wakes.grant(REV, "w8", others=(DOC, ANN), **asking)
    assert refused.value.retry_after_seconds == 3600
    for number in range(50):  # of what nobody asked for no more counts
        wakes.told(woken(number, WakeOutcome.SUBMITTED, wake_id=f"mine-{number}"), others=(DOC, ANN), **asking)
    for other, rest in ((DOC, (REV, ANN)), (ANN, (REV, DOC))):
        for number in range(2):
            wakes.grant(other, f"w{number}", others=rest, **asking)
    for number in range(50):  # nor when everybody has had theirs
        wakes.told(woken(number, WakeOutcome.SUBMITTED, wake_id=f"more-{number}"), others=(DOC, ANN), **asking)
    assert wakes.spending(WakesBoard(), limits, now=DAWN).last_hour == 12


@given(
    st.lists(
        st.tuples(
            st.floats(0, 3_000),
            st.sampled_from(("ask", "ask", "ask", WakeOutcome.SUBMITTED, WakeOutcome.CONFIRMED, WakeOutcome.FAILED)),
        ),
        min_size=10,
        max_size=40,
    )
)
def test_no_hour_and_no_day_has_more_than_the_budget_of_whatever_is_asked_for(steps: list[tuple[float, str]]) -> None:
    wakes, now, granted = Wakes(), DAWN, dict[str, float]()
    for number, (seconds, step) in enumerate(steps):
        now += timedelta(seconds=seconds)
        if isinstance(step, WakeOutcome):
            if granted:
                last = next(reversed(granted))
                wakes.hear(Woken(MessageId(1), REV, now, "tmux", step, "", last))
                if step is WakeOutcome.FAILED:
                    granted.pop(last)
            continue
        try:
            wakes.grant(REV, f"w{number}", board=BOARD, limits=LIMITS, now=now)
        except WakeBudgetSpent:
            continue
        granted[f"w{number}"] = now.timestamp()
    for length, most in ((3_600, 3), (86_400, 5)):
        for moment in granted.values():
            assert sum(moment - length < one <= moment for one in granted.values()) <= most
