"""Role labels, and whom a message to a role or to all is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.room import events
from agentgather.room.commands import Invite, Join, Leave, Post, Remove, SetLabels, SetProfile
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, Label, label
from agentgather.room.participant import Kind
from agentgather.room.refusals import InvalidLabels, InvalidTo, LoopGuard, Removed
from agentgather.room.state import RoomState, fold
from tests.room.rooms import ANN, DOC, EYE, OPS, REV, Room, furnished

REVIEWER, TESTER = Label("reviewer"), Label("tester")


def said(room: Room, who: Alias, *to: str) -> Message:
    """What `who` says to these."""
    return room.do(Post(who, "hello", to=to))[0]


def staffed() -> Room:
    """rev and ann review, and so does doc."""
    room = furnished()
    for alias in (REV, ANN, DOC):
        room.do(SetLabels(OPS, alias, (REVIEWER,)))
    return room


def test_a_message_to_a_role_is_for_whoever_has_it_when_it_is_recorded() -> None:
    room = staffed()
    before = said(room, OPS, "role:reviewer")
    assert (before.to, before.mentions) == (("role:reviewer",), (REV, DOC, ANN))
    room.do(SetLabels(OPS, REV, ()))
    room.do(SetLabels(OPS, EYE, (TESTER, REVIEWER)))
    assert said(room, OPS, "role:reviewer").mentions == (DOC, ANN, EYE)
    assert before.mentions == (REV, DOC, ANN)


def test_everybody_is_called_once_and_never_the_sender() -> None:
    room = staffed()
    record = room.do(Post(REV, "@doc look", to=("ann", "role:reviewer", "all", "ann")))[0]
    assert record.mentions == (DOC, ANN, OPS, EYE)
    assert said(room, OPS, "all").mentions == (REV, DOC, ANN, EYE)


def test_who_was_removed_or_has_left_is_not_among_a_role_or_all() -> None:
    room = staffed()
    room.do(Remove(OPS, DOC))
    room.do(Join(REV))
    room.do(Leave(REV))
    assert said(room, OPS, "role:reviewer").mentions == (ANN,)
    assert said(room, OPS, "all").mentions == (ANN, EYE)
    assert said(room, OPS, "rev").mentions == (REV,)
    room.do(Join(REV))
    assert said(room, OPS, "role:reviewer").mentions == (REV, ANN)


@pytest.mark.parametrize("to", ["role:tester", "role:", "role:Reviewer", "nobody", "role:reviewer "])
def test_a_role_that_nobody_has_is_refused(to: str) -> None:
    room = staffed()
    with pytest.raises(InvalidTo) as refused:
        said(room, OPS, to)
    if to == "role:tester":
        assert "reviewer" in str(refused.value)


def test_one_who_alone_has_a_role_cannot_write_to_it() -> None:
    room = furnished()
    room.do(SetProfile(REV, labels=(TESTER,)))
    with pytest.raises(InvalidTo):
        said(room, REV, "role:tester")
    assert said(room, DOC, "role:tester").mentions == (REV,)


def test_labels_come_with_an_invitation_and_stay_when_it_is_made_again() -> None:
    room = furnished()
    new = Alias("new")
    (note,) = room.do(Invite(OPS, new, Kind.AGENT, labels=(REVIEWER,)))
    assert (note.text, note.mentions) == ("new was invited and has the role reviewer", ())
    room.do(Remove(OPS, new))
    room.do(Invite(OPS, new, Kind.AGENT, is_rotation=True))
    assert room.state.participants[new].labels == (REVIEWER,)
    room.do(Invite(OPS, new, Kind.AGENT, is_rotation=True, labels=()))
    assert room.state.participants[new].labels == ()


def test_a_participant_says_of_itself_what_it_does_when_it_comes_and_later() -> None:
    room = furnished()
    came, labelled = room.do(Join(REV, labels=(REVIEWER,)))
    assert (came.event, labelled.event) == (events.ParticipantJoined(REV), events.LabelsSet(REV, (REVIEWER,), REV))
    assert room.do(Join(REV, labels=(REVIEWER,))) == ()
    renamed, labelled = room.do(SetProfile(REV, "The Reviewer", (TESTER,)))
    assert [renamed.text, labelled.text] == ["rev is now shown as The Reviewer", "rev has the role tester now"]


def test_labels_of_a_removed_seat_cannot_be_set() -> None:
    room = furnished()
    room.do(Remove(OPS, REV))
    with pytest.raises(Removed):
        room.do(SetLabels(OPS, REV, (REVIEWER,)))


def test_an_agent_that_says_two_things_of_itself_at_once_has_spoken_twice() -> None:
    room = furnished(RoomLimits(loop_posts_max=3))
    room.do(Post(REV, "one"))
    *_, paused = room.do(SetProfile(REV, "The Reviewer", (TESTER,)))
    assert paused.event == events.LoopTripped(REV)
    with pytest.raises(LoopGuard):
        room.do(SetProfile(REV, labels=(REVIEWER,)))
    assert [note.text for note in room.do(Join(REV))] == ["rev joined"], "who is paused may still come"


def test_nobody_has_more_labels_than_the_room_allows() -> None:
    room = furnished()
    many = tuple(Label(f"l{number}") for number in range(9))
    room.do(SetProfile(REV, labels=many[:8]))
    for command in (SetProfile(REV, labels=many), SetLabels(OPS, REV, many), Join(REV, many)):
        with pytest.raises(InvalidLabels):
            room.do(command)


@pytest.mark.parametrize(
    "text", ["", "Reviewer", "a b", "x" * 33, "host", "observer", "all", "system", "réviseur", "a\n"]
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(InvalidLabels):
        label(text)


WHO = st.sampled_from([REV, DOC, ANN, EYE])
LABELS = st.lists(st.sampled_from([REVIEWER, TESTER]), unique=True).map(tuple)
STEPS = st.lists(
    st.one_of(
        st.builds(SetLabels, st.just(OPS), WHO, LABELS),
        st.builds(Join, WHO, LABELS),
        st.builds(Leave, WHO),
        st.builds(Post, st.just(OPS), st.just("hello"), to=st.just(("all",))),
    ),
    max_size=12,
)


@given(STEPS)
def test_the_log_tells_who_has_which_label_and_whom_all_was(steps: list[SetLabels | Join | Leave | Post]) -> None:
    room = furnished()
    here, labels = {REV, DOC, ANN, EYE}, dict.fromkeys((REV, DOC, ANN, EYE), frozenset[Label]())
    for step in steps:
        records = room.do(step)
        match step:
            case Leave() if records:
                here.discard(step.actor)
            case Join():
                here.add(step.actor)
                labels[step.actor] = frozenset(step.labels or ())
            case SetLabels():
                labels[step.alias] = frozenset(step.labels)
            case Post():
                assert set(records[0].mentions) == here
    seats = room.state.participants
    assert {alias: frozenset(seats[alias].labels) for alias in labels} == labels
    assert fold(room.records, start=RoomState(room.state.room)) == room.state
