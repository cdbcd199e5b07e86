"""Leases on paths: nobody holds what another holds, and everything that ends one is in the log or on the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentgather.api.event_json import event_json, read_event
from agentgather.room.commands import Close, Continue, Leave, Post, Remove
from agentgather.room.events import LoopTripped, ParticipantRemoved
from agentgather.room.leases.commands import ReleaseLease, TakeLease
from agentgather.room.leases.events import LeaseEnded, LeaseExtended, LeaseTaken
from agentgather.room.leases.globs import can_meet, read_glob
from agentgather.room.leases.lease import Ending, Lease, LeaseId
from agentgather.room.leases.refusals import InvalidGlob, InvalidLease, LeaseHeld, LeaseLimit, LeaseNotFound
from agentgather.room.limits import RoomLimits
from agentgather.room.message import moment
from agentgather.room.names import Alias
from agentgather.room.refusals import LoopGuard, NotHolder, ReadOnly, Refusal, RoomIsClosed
from agentgather.room.state import RoomState, fold
from tests.room.rooms import ANN, DOC, EYE, OPS, REV, Room, furnished

ONE = LeaseId(1)


def live(room: Room) -> list[tuple[int, str]]:
    return [(lease.id, lease.holder) for lease in room.state.leases.live(room.now)]


def test_a_lease_is_taken_for_a_time_and_says_so_in_one_line() -> None:
    room = furnished()
    (told,) = room.do(TakeLease(REV, ("src//http/", "*.md", "./src/http/**"), 30, "the\nbroker `x`"))
    event = told.event
    assert isinstance(event, LeaseTaken)
    assert (event.by, event.lease, event.globs) == (REV, 1, ("src/http/**", "*.md"))
    assert event.until == room.now + timedelta(minutes=30)
    assert told.text.startswith("rev took lease 1 on `src/http/**` `*.md` until 2026-")
    assert told.text.endswith(r": `the\nbroker 'x'`")
    assert told.mentions == ()
    assert live(room) == [(1, "rev")]


def test_what_somebody_else_holds_is_refused_with_all_that_is_known_of_it() -> None:
    room = furnished()
    room.do(TakeLease(REV, ("web/**", "src/**/app.py"), 30))
    with pytest.raises(
        LeaseHeld, match=r"^rev holds lease 1 on .* until 2026-.* and `src/http/[*][*]` meets it"
    ) as refused:
        room.do(TakeLease(DOC, ("docs", "src/http/"), 30))
    facts = refused.value.facts
    assert (facts["holder"], facts["lease"], facts["globs"]) == ("rev", 1, ["web/**", "src/**/app.py"])
    assert moment(facts["until"]) == room.state.leases.live(room.now)[0].until
    room.do(TakeLease(DOC, ("docs", "src/http/*.md"), 30))
    room.do(TakeLease(REV, ("src/http/app.py",), 30))  # one's own are in nobody's way
    assert live(room) == [(1, "rev"), (2, "doc"), (3, "rev")]


def test_to_take_it_again_extends_it_and_never_shortens() -> None:
    room = furnished()
    room.do(TakeLease(REV, ("src", "web"), 30, "old"))
    assert room.do(TakeLease(REV, ("web", "src"), 30)) == ()  # the answer was lost: nothing is said twice
    room.now += timedelta(minutes=10)
    (told,) = room.do(TakeLease(REV, ("web", "src"), 30))
    assert told.event == LeaseExtended(REV, ONE, "old", room.now + timedelta(minutes=30))
    until = room.state.leases.live(room.now)[0].until
    (told,) = room.do(TakeLease(REV, ("web", "src"), 1, "new"))
    assert told.event == LeaseExtended(REV, ONE, "new", until)
    assert live(room) == [(1, "rev")]


def test_a_new_note_tells_the_end_that_holds() -> None:
    room = furnished()
    (taken,) = room.do(TakeLease(REV, ("src",), 60, "first"))
    (told,) = room.do(TakeLease(REV, ("src",), 5, "then"))
    assert isinstance(taken.event, LeaseTaken)
    assert told.event == LeaseExtended(REV, ONE, "then", taken.event.until)
    assert told.text == taken.text.replace("took", "holds").replace("first", "then")


def test_its_time_ends_it_without_a_word() -> None:
    room = furnished()
    room.do(TakeLease(REV, ("src",), 1))
    room.now += timedelta(seconds=58)
    with pytest.raises(LeaseHeld):
        room.do(TakeLease(DOC, ("src/a",), 1))
    assert room.do(TakeLease(DOC, ("src/a",), 1))
    assert live(room) == [(2, "doc")]
    assert len(room.state.leases.kept) == 1  # what is over is not kept for ever
    assert room.do(ReleaseLease(REV, ONE)) == ()


def test_its_holder_or_the_host_releases_it_once() -> None:
    room = furnished()
    room.do(TakeLease(REV, ("src",), 30))
    for other in (DOC, ANN):
        with pytest.raises(NotHolder, match="rev"):
            room.do(ReleaseLease(other, ONE))
    (told,) = room.do(ReleaseLease(REV, ONE))
    assert (told.event, told.mentions) == (LeaseEnded(REV, ONE, Ending.RELEASED), ())
    assert room.do(ReleaseLease(REV, ONE)) == ()
    room.do(TakeLease(REV, ("src",), 30))
    (told,) = room.do(ReleaseLease(OPS, LeaseId(2)))
    assert (told.event, told.mentions) == (LeaseEnded(OPS, LeaseId(2), Ending.RELEASED), (REV,))
    for unknown in (0, -1, 3):
        with pytest.raises(LeaseNotFound):
            room.do(ReleaseLease(OPS, LeaseId(unknown)))


def test_it_ends_when_its_holder_goes_and_the_log_says_so_first() -> None:
    room = furnished()
    for command, ending in ((Leave(REV), Ending.LEFT), (Remove(OPS, REV), Ending.REMOVED)):
        room.do(TakeLease(REV, ("src",), 30))
        room.do(TakeLease(REV, ("web",), 30))
        number = room.state.leases.last_id
        told = [record.event for record in room.do(command)]
        assert told[:2] == [LeaseEnded(REV, LeaseId(one), ending) for one in (number - 1, number)]
        assert live(room) == []
    assert told[2:] == [ParticipantRemoved(REV)]
    assert room.do(TakeLease(DOC, ("**",), 30))


def test_a_closed_room_holds_nothing_up() -> None:
    room = furnished()
    room.do(TakeLease(REV, ("src",), 30))
    room.do(Close(OPS))
    assert live(room) == []
    with pytest.raises(RoomIsClosed):
        room.do(TakeLease(REV, ("src",), 30))


def test_an_agent_that_takes_leases_has_spoken_and_may_always_let_go() -> None:
    room = furnished(RoomLimits(loop_posts_max=2))
    room.do(TakeLease(REV, ("src",), 30))
    _, paused = room.do(TakeLease(REV, ("web",), 30))
    assert paused.event == LoopTripped(REV)
    for command in (TakeLease(REV, ("docs",), 30), TakeLease(REV, ("src",), 60), Post(REV, "more")):
        with pytest.raises(LoopGuard):
            room.do(command)
    room.do(ReleaseLease(REV, ONE))
    room.do(Continue(OPS))
    room.do(TakeLease(REV, ("docs",), 30))
    with pytest.raises(ReadOnly):
        room.do(TakeLease(EYE, ("docs",), 30))


def test_there_are_as_many_as_the_room_allows() -> None:
    room = furnished(RoomLimits(leases_each_max=2, leased_globs_max=5))
    room.do(TakeLease(REV, ("a", "b"), 30))
    room.do(TakeLease(REV, ("c",), 30))
    with pytest.raises(LeaseLimit, match="you hold 2"):
        room.do(TakeLease(REV, ("d",), 30))
    with pytest.raises(LeaseLimit, match="3 of 5"):
        room.do(TakeLease(DOC, ("d", "e", "f"), 30))
    room.do(TakeLease(REV, ("c",), 60))


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (TakeLease(REV, (), 30), InvalidGlob),
        (TakeLease(REV, ("a",) * 21, 30), InvalidGlob),
        (TakeLease(REV, ("a", "../b"), 30), InvalidGlob),
        (TakeLease(REV, ("a",), 0), InvalidLease),
        (TakeLease(REV, ("a",), 481), InvalidLease),
        (TakeLease(REV, ("a",), 30, "x" * 201), InvalidLease),
        (TakeLease(REV, ("a",), 30, "\0"), InvalidLease),
    ],
)
def test_what_is_no_lease_is_refused(command: TakeLease, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        furnished().do(command)


PEOPLE = st.sampled_from([REV, DOC, ANN])
GLOBS = st.sampled_from(["a", "a/", "a/*", "a/b", "**/b", "[ab]", "c?", "c*", "d"])


class LivesOfLeases(RuleBasedStateMachine):
    """The model is what one may say of any two that hold: they do not meet, or are one participant's."""

    @initialize()
    def open(self) -> None:
        self.room = furnished(RoomLimits(loop_posts_max=1_000, leases_each_max=3, leased_globs_max=8))
        self.until: dict[int, tuple[Alias, object]] = {}

    def live(self) -> tuple[Lease, ...]:
        return self.room.state.leases.live(self.room.now)

    @rule(who=PEOPLE, globs=st.lists(GLOBS, min_size=1, max_size=3), minutes=st.integers(1, 30))
    def take(self, who: Alias, globs: list[str], minutes: int) -> None:
        read = [read_glob(glob) for glob in globs]
        at = self.room.now + timedelta(seconds=1)
        is_in_the_way = any(
            can_meet(glob, read_glob(other))
            for lease in self.room.state.leases.live(at)
            if lease.holder != who
            for other in lease.globs
            for glob in read
        )
        try:
            self.room.do(TakeLease(who, tuple(globs), minutes))
        except LeaseHeld:
            assert is_in_the_way
        except LeaseLimit:
            assert not is_in_the_way
        else:
            assert not is_in_the_way
            texts = {glob.text for glob in read}
            (mine,) = [lease for lease in self.live() if lease.holder == who and set(lease.globs) == texts]
            assert mine.until > self.room.now + timedelta(minutes=minutes - 1)

    @rule(who=PEOPLE, lease=st.integers(1, 5))
    def release(self, who: Alias, lease: int) -> None:
        try:
            self.room.do(ReleaseLease(who, LeaseId(lease)))
        except LeaseNotFound:
            assert lease > self.room.state.leases.last_id
        except NotHolder:
            assert any(one.id == lease and one.holder != who for one in self.live())
        else:
            assert not any(one.id == lease for one in self.live())

    @rule(who=PEOPLE)
    def go(self, who: Alias) -> None:
        self.room.do(Leave(who))
        assert not any(lease.holder == who for lease in self.live())

    @rule(minutes=st.integers(0, 20))
    def time_passes(self, minutes: int) -> None:
        self.room.now += timedelta(minutes=minutes)

    @invariant()
    def no_two_people_hold_paths_that_meet(self) -> None:
        held = [(lease.holder, read_glob(glob)) for lease in self.live() for glob in lease.globs]
        assert not any(who != other and can_meet(one, two) for who, one in held for other, two in held)

    @invariant()
    def the_log_tells_the_leases(self) -> None:
        start = RoomState(self.room.state.room)
        assert fold(self.room.records, start=start).leases == self.room.state.leases
        for record in self.room.records[-2:]:
            assert record.event is None or read_event(event_json(record.event)) == record.event


LivesOfLeases.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
test_lives_of_leases = LivesOfLeases.TestCase
