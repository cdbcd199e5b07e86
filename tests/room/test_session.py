"""Active sessions: one at a time, the host's, and never ended by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentgather.room.commands import Close, Post
from agentgather.room.limits import RoomLimits
from agentgather.room.participant import Kind, Policy
from agentgather.room.refusals import (
    HostRequired,
    InvalidPolicy,
    InvalidSession,
    LoopGuard,
    NoActiveSession,
    RoomIsClosed,
    SessionActive,
)
from agentgather.room.session.board import ActiveSession
from agentgather.room.session.commands import EndSession, StartSession
from agentgather.room.session.events import SessionEnded
from agentgather.room.state import RoomState, fold
from tests.room.rooms import OPS, REV, Room, furnished


def test_a_session_goes_on_until_the_host_ends_it() -> None:
    room = furnished()
    (note,) = room.do(StartSession(OPS, 30, "agents-foreground"))
    assert note.text == "ops started a session, about 30 minutes; attendance meanwhile: agents-foreground"
    on = ActiveSession(OPS, room.now, 30, Policy.AGENTS_FOREGROUND)
    assert room.state.session == on
    room.now += timedelta(hours=9)
    room.do(Post(REV, "still here"))
    assert room.state.session == on
    with pytest.raises(SessionActive):
        room.do(StartSession(OPS))
    (note,) = room.do(EndSession(OPS))
    assert (note.text, note.event) == ("ops ended the session", SessionEnded(OPS))
    assert room.state.session is None
    with pytest.raises(NoActiveSession):
        room.do(EndSession(OPS))
    room.do(StartSession(OPS))
    assert fold(room.records, start=RoomState(room.state.room)) == room.state


def test_the_end_of_the_room_ends_its_session() -> None:
    room = furnished()
    room.do(StartSession(OPS))
    room.do(Close(OPS))
    assert room.state.session is None
    with pytest.raises(RoomIsClosed):
        room.do(StartSession(OPS))


def test_only_the_host_starts_and_ends_one() -> None:
    room = furnished()
    for command in (StartSession(REV), EndSession(REV)):
        with pytest.raises(HostRequired):
            room.do(command)


@pytest.mark.parametrize("minutes", [0, -1, 1441])
def test_a_session_lasts_a_minute_at_least_and_a_day_at_most(minutes: int) -> None:
    with pytest.raises(InvalidSession):
        furnished().do(StartSession(OPS, minutes))


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(InvalidPolicy):
        furnished().do(StartSession(OPS, policy="whatever"))


def test_a_host_that_is_an_agent_speaks_when_it_starts_one() -> None:
    room = Room(RoomLimits(loop_posts_max=2), host_kind=Kind.AGENT)
    room.do(StartSession(OPS))
    assert len(room.do(EndSession(OPS))) == 2, "the second time is its last word"
    with pytest.raises(LoopGuard):
        room.do(StartSession(OPS))
