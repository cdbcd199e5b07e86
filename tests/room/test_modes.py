"""Modes of attention: what is declared, what follows from it, and what is seen of a participant now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.room import events
from agentgather.room.commands import Declaring, Invite, Join, Post, SetProfile
from agentgather.room.limits import RoomLimits
from agentgather.room.live_state import LiveState, live_state
from agentgather.room.modes import Declared, Mode, effective_mode, in_order, wake_tier
from agentgather.room.names import Alias
from agentgather.room.participant import Attention, Kind, Participant, Role
from agentgather.room.refusals import LoopGuard
from agentgather.room.state import RoomState, fold
from tests.room.rooms import DAWN, DOC, OPS, REV, furnished

MODES = st.lists(st.sampled_from(Mode))
ORDER = list(Mode)


@given(MODES, st.none() | st.sampled_from(Mode))
def test_nobody_is_shown_with_a_mode_that_was_not_declared_or_is_above_the_wish(
    modes: list[Mode], requested: Mode | None
) -> None:
    mode = effective_mode(Declared(tuple(modes)), requested=requested)
    fitting = [one for one in modes if requested is None or ORDER.index(one) >= ORDER.index(requested)]
    assert mode is (min(fitting, key=ORDER.index) if fitting else Mode.MANUAL)


def test_a_declaration_is_noted_once_and_told_by_the_log() -> None:
    room = furnished()
    declaring = Declaring((Mode.MANUAL, Mode.WAKE, Mode.WAKE), safety_wake_s=900)
    came, said = room.do(Join(REV, declaring=declaring))
    assert came.event == events.ParticipantJoined(REV)
    assert said.event == events.AttentionDeclared(REV, (Mode.WAKE, Mode.MANUAL), None, 900)
    assert room.do(SetProfile(REV, declaring=declaring)) == ()
    room.do(SetProfile(REV, declaring=Declaring(poll_cadence_s=60, safety_wake_s=0)))
    assert room.state.participants[REV].declared == Declared((Mode.WAKE, Mode.MANUAL), 60, None)
    assert room.state.participants[REV].effective_mode is Mode.WAKE
    room.do(SetProfile(REV, declaring=Declaring(())))
    assert room.state.participants[REV].effective_mode is Mode.MANUAL
    assert fold(room.records, start=RoomState(room.state.room)) == room.state


def test_what_the_host_asks_for_bounds_what_is_shown() -> None:
    room = furnished()
    new = Alias("new")
    room.do(Invite(OPS, new, Kind.AGENT, requested_mode=Mode.HEARTBEAT))
    room.do(Join(new, declaring=Declaring((Mode.FOREGROUND, Mode.WAKE))))
    assert room.state.participants[new].effective_mode is Mode.MANUAL
    room.do(SetProfile(new, declaring=Declaring(tuple(Mode))))
    assert room.state.participants[new].effective_mode is Mode.HEARTBEAT
    room.do(Invite(OPS, new, Kind.AGENT, is_rotation=True))
    assert room.state.participants[new].requested_mode is Mode.HEARTBEAT, "what is not said stays as it was"


def test_declaring_is_speaking() -> None:
    room = furnished(RoomLimits(loop_posts_max=1))
    room.do(Post(DOC, "one"))
    with pytest.raises(LoopGuard):
        room.do(SetProfile(DOC, declaring=Declaring((Mode.WAKE,))))


def test_the_tiers_say_what_has_to_happen() -> None:
    assert "".join(wake_tier(mode) for mode in Mode) == "AABC"
    assert in_order([Mode.MANUAL, Mode.WAKE, Mode.MANUAL]) == (Mode.WAKE, Mode.MANUAL)


def state(
    *modes: Mode,
    kind: Kind = Kind.AGENT,
    cadence: int | None = None,
    attention: Attention = Attention.ATTENDING,
    age_s: int = 600,
    holds: bool = False,
    works: bool = False,
    watched: bool = False,
    seen: bool = True,
) -> LiveState:
    seat = Participant(REV, kind, Role.GUEST, DAWN, has_joined=True, declared=Declared(modes, cadence))
    return live_state(
        seat,
        attention=attention,
        is_holding=holds,
        is_working=works,
        is_watched=watched,
        was_seen=seen,
        seen_age_ms=age_s * 1000,
        stale_after_ms=90_000,
    )


def test_what_somebody_does_is_what_is_seen() -> None:
    assert state(holds=True, age_s=0) is LiveState.ATTENDING
    assert state(works=True) is LiveState.WORKING
    assert state(works=True, holds=True) is LiveState.WORKING
    assert state(age_s=90) is LiveState.IDLE
    assert state(age_s=91) is LiveState.CANNOT_BE_WOKEN
    assert state(kind=Kind.HUMAN) is LiveState.AWAY
    assert state(attention=Attention.AWAY, age_s=0) is LiveState.AWAY
    assert state(attention=Attention.AWAY, holds=True) is LiveState.ATTENDING


def test_who_can_be_woken_is_away_unless_a_program_waits_for_it() -> None:
    assert state(Mode.WAKE) is LiveState.AWAY
    assert state(Mode.WAKE, watched=True) is LiveState.IDLE
    assert state(Mode.MANUAL, watched=True) is LiveState.CANNOT_BE_WOKEN
    assert state(watched=True) is LiveState.CANNOT_BE_WOKEN, "what nobody declared is not shown"
    assert state(Mode.HEARTBEAT, cadence=600) is LiveState.IDLE
    assert state(Mode.HEARTBEAT, cadence=500) is LiveState.AWAY


def test_a_seat_that_was_never_taken_is_nobody_who_was_just_here() -> None:
    assert state(age_s=1, seen=False, attention=Attention.MANUAL) is LiveState.CANNOT_BE_WOKEN
