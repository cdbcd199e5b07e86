"""The room's budget of wakes: the host's, never raised by an agent, and its end said once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentgather.room.commands import Post
from agentgather.room.limits import RoomLimits
from agentgather.room.participant import Kind
from agentgather.room.refusals import HostRequired, InvalidBudget, LoopGuard
from agentgather.room.state import RoomState, fold
from agentgather.room.wakes.commands import EndWakeBudget, SetWakeBudget
from agentgather.room.wakes.events import Span, WakeBudgetEnded, WakeBudgetSet
from tests.room.rooms import ANN, DAWN, OPS, REV, Room, furnished

HOUR = timedelta(hours=1)


def test_a_host_sets_it_and_what_is_so_already_is_no_news() -> None:
    room = furnished()
    (note,) = room.do(SetWakeBudget(OPS, an_hour=1))
    assert note.text == "this room may now cause 1 wake an hour and 600 wakes a day"
    assert note.event == WakeBudgetSet(OPS, 1, 600)
    assert room.do(SetWakeBudget(OPS, 1, 600)) == ()
    with pytest.raises(HostRequired):
        room.do(SetWakeBudget(ANN, 5))
    for odd in (SetWakeBudget(OPS), SetWakeBudget(OPS, 0), SetWakeBudget(OPS, a_day=10_001)):
        with pytest.raises(InvalidBudget):
            room.do(odd)


def test_an_agent_that_is_the_host_may_lower_it_only_and_speaks_by_that() -> None:
    room = Room(RoomLimits(loop_posts_max=2), host_kind=Kind.AGENT)
    room.do(SetWakeBudget(OPS, 60))
    with pytest.raises(LoopGuard, match="do not raise"):
        room.do(SetWakeBudget(OPS, 61))
    room.do(SetWakeBudget(OPS, 50))
    with pytest.raises(LoopGuard, match="spoken"):
        room.do(SetWakeBudget(OPS, 40))


def test_its_end_is_said_once_an_hour_and_once_a_day_and_again_after_a_new_budget() -> None:
    room = furnished()
    free = DAWN + timedelta(minutes=50)
    (note,) = room.do(EndWakeBudget(Span.HOUR, free))
    assert note.text == (
        "this room has caused 120 wakes within an hour, which is its budget: nobody is woken before "
        "2026-01-05T10:20:00.000Z; then they are, and nothing is lost"
    )
    assert (note.event, note.mentions) == (WakeBudgetEnded(Span.HOUR, 120, free), ())
    assert room.do(EndWakeBudget(Span.HOUR, free + HOUR)) == ()
    (day,) = room.do(EndWakeBudget(Span.DAY, free + 9 * HOUR))
    assert "600 wakes within a day" in day.text
    room.now += 2 * HOUR
    assert len(room.do(EndWakeBudget(Span.HOUR, room.now + HOUR))) == 1
    assert room.do(EndWakeBudget(Span.DAY, room.now + HOUR)) == ()
    room.do(SetWakeBudget(OPS, 2))
    assert len(room.do(EndWakeBudget(Span.DAY, room.now + HOUR))) == 1
    assert fold(room.records, start=RoomState(room.state.room)) == room.state
    room.do(Post(REV, "and agents go on speaking"))
