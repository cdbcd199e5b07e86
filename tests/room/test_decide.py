"""The rules of the room, one sentence each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentgather.room import commands, events
from agentgather.room.commands import (
    Close,
    Expire,
    Extend,
    Invite,
    Join,
    Leave,
    Post,
    Remove,
    Retract,
    SetBrief,
    SetProfile,
    WarnOfExpiry,
)
from agentgather.room.decide import decide
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, RoomId, alias, new_alias
from agentgather.room.participant import Brief, Install, Kind, Participant, Policy, Role
from agentgather.room.refusals import (
    AliasReserved,
    AliasTaken,
    HostRequired,
    InvalidAlias,
    InvalidTtl,
    LoopGuard,
    RoomFull,
    RoomIsClosed,
    RoomLogFull,
)
from agentgather.room.state import RoomState, fold
from tests.room.rooms import ANN, DAWN, DOC, OPS, REV, Room, furnished


def test_the_thirtieth_post_of_an_agent_alone_says_that_it_is_paused() -> None:
    room = furnished()
    for number in range(29):
        assert len(room.do(Post(REV, f"n{number}"))) == 1
    post, note = room.do(Post(REV, "the thirtieth"))
    assert (post.author, note.event) == (REV, events.LoopTripped(REV))
    with pytest.raises(LoopGuard):
        room.do(Post(REV, "the thirty-first"))
    room.do(Post(DOC, "another agent is counted by itself"))
    with pytest.raises(LoopGuard):
        room.do(Post(REV, "and frees nobody"))
    room.do(Post(ANN, "a person does"))
    room.do(Post(REV, "thanks"))


def test_repeats_and_refused_posts_do_not_count_toward_the_pause() -> None:
    room = furnished(RoomLimits(loop_posts_max=2, text_units_max=5))
    room.do(Post(REV, "one", client_msg_id="o"))
    for _ in range(5):
        assert room.do(Post(REV, "one", client_msg_id="o")) == ()
        with pytest.raises(Exception, match="UTF-16"):
            room.do(Post(REV, "too long"))
    assert len(room.do(Post(REV, "two"))) == 2


def test_a_new_name_is_something_that_an_agent_says() -> None:
    room = furnished(RoomLimits(loop_posts_max=3))
    room.do(Post(REV, "one"))
    room.do(SetProfile(REV, "Reviewer, please answer"))
    renamed, note = room.do(SetProfile(REV, "Reviewer, answer again"))
    assert (renamed.event, note.event) == (
        events.ProfileChanged(REV, "Reviewer, answer again"),
        events.LoopTripped(REV),
    )
    for command in (SetProfile(REV, "Reviewer, once more"), Post(REV, "and more")):
        with pytest.raises(LoopGuard):
            room.do(command)
    room.do(SetProfile(ANN, "Ann, a person"))
    with pytest.raises(LoopGuard):
        room.do(Post(REV, "a person's name is no word of theirs"))


def test_agents_that_come_and_go_in_turns_are_told_of_so_often_and_no_more() -> None:
    room = furnished(RoomLimits(loop_posts_max=3))
    for _ in range(20):
        room.do(Join(REV))
        room.do(Leave(REV))
    told = [record.event for record in room.records if isinstance(record.event, events.ParticipantJoined)]
    assert len(told) == 3
    assert room.state.participants[REV].has_joined
    for _ in range(20):
        room.do(Join(ANN))
        room.do(Leave(ANN))
    assert not room.state.participants[ANN].has_joined, "people come and go as they like"
    room.do(Post(ANN, "hello"))
    assert len(room.do(Leave(REV))) == 1


def test_a_host_that_is_an_agent_says_its_briefs_and_continues_nothing() -> None:
    room = Room(RoomLimits(loop_posts_max=2), host_kind=Kind.AGENT)
    room.do(Invite(OPS, ANN, Kind.HUMAN))
    room.do(SetBrief(OPS, "answer this"))
    _, note = room.do(SetBrief(OPS, "and this"))
    assert note.event == events.LoopTripped(OPS)
    for command in (SetBrief(OPS, "and that"), Post(OPS, "continue"), commands.Continue(OPS)):
        with pytest.raises(LoopGuard):
            room.do(command)
    room.do(Post(ANN, "go on"))
    room.do(SetBrief(OPS, "thanks"))


def test_a_removed_agent_that_comes_back_starts_anew() -> None:
    room = furnished(RoomLimits(loop_posts_max=1))
    room.do(Post(REV, "one"))
    room.do(Remove(OPS, REV))
    room.do(Invite(OPS, REV, Kind.AGENT, is_rotation=True))
    room.do(Post(REV, "again"))


def test_the_host_can_end_a_room_whose_log_is_full() -> None:
    room = furnished(RoomLimits(log_records_max=6))
    room.do(Post(OPS, "the sixth"))
    with pytest.raises(RoomLogFull):
        room.do(Post(OPS, "the seventh"))
    with pytest.raises(RoomLogFull):
        room.do(Join(REV))
    room.do(commands.Rotate(OPS, REV))
    room.do(Remove(OPS, REV))
    room.do(Retract(OPS, MessageId(6)))
    room.do(Close(OPS))
    assert not room.state.is_open


def test_seats_are_limited_and_a_given_one_can_be_given_again() -> None:
    room = furnished(RoomLimits(participants_max=5))
    with pytest.raises(RoomFull):
        room.do(Invite(OPS, Alias("one-more"), Kind.AGENT))
    with pytest.raises(AliasTaken):
        room.do(Invite(OPS, REV, Kind.AGENT))
    room.do(Invite(OPS, REV, Kind.HUMAN, Role.OBSERVER, is_rotation=True))
    assert (room.state.participants[REV].kind, room.state.participants[REV].role) == (Kind.HUMAN, Role.OBSERVER)


def test_the_end_is_warned_of_once_and_an_extension_wins_over_it() -> None:
    room = furnished(ttl=timedelta(hours=1))
    (warning,) = room.do(WarnOfExpiry())
    assert isinstance(warning.event, events.ExpiryWarned)
    assert room.do(WarnOfExpiry()) == ()
    assert room.do(Expire()) == ()
    room.now = DAWN + timedelta(hours=2)
    room.do(Extend(OPS, room.now + timedelta(hours=1)))
    assert room.do(Expire()) == ()
    room.now += timedelta(hours=2)
    (closing,) = room.do(Expire())
    assert (closing.text, closing.event) == ("room closed by ttl", events.RoomClosed(by_ttl=True))
    assert room.do(Expire()) == ()
    with pytest.raises(RoomIsClosed):
        room.do(Extend(OPS, room.now + timedelta(hours=1)))


def test_an_end_cannot_be_moved_into_the_past() -> None:
    with pytest.raises(InvalidTtl):
        furnished().do(Extend(OPS, DAWN))


def test_a_guest_steers_nothing() -> None:
    room = furnished()
    for command in (
        SetBrief(REV, "mine now"),
        commands.SetPolicy(REV, "manual-ok"),
        Invite(REV, Alias("friend"), Kind.AGENT),
        Remove(REV, DOC),
        commands.Rotate(REV, REV),
        Extend(REV, None),
        commands.Continue(REV),
        Close(REV),
        Retract(REV, MessageId(1), is_scrub=True),
    ):
        with pytest.raises(HostRequired):
            room.do(command)


def test_a_message_is_scrubbed_after_it_was_retracted_but_not_the_other_way_round() -> None:
    room = furnished()
    (said,) = room.do(Post(REV, "secret"))
    (taken_back,) = room.do(Retract(REV, said.id))
    assert taken_back.event == events.MessageRetracted(said.id)
    assert room.do(Retract(REV, said.id)) == ()
    (scrubbed,) = room.do(Retract(OPS, said.id, is_scrub=True))
    assert scrubbed.event == events.MessageRetracted(said.id, is_scrubbed=True)
    assert room.do(Retract(OPS, said.id)) == ()


def test_a_room_of_0_1_is_adopted_by_the_first_record_we_write() -> None:
    seats = {
        OPS: Participant(OPS, Kind.HUMAN, Role.HOST, DAWN, install=Install.HOST),
        REV: Participant(REV, Kind.AGENT, Role.GUEST, DAWN, display_name="The Reviewer"),
    }
    brief = Brief("Old brief", 3, DAWN, OPS)
    start = RoomState(
        RoomId("old"), policy=Policy.HOST_DIRECTED, brief=brief, created_at=DAWN, participants=seats, last_id=7
    )
    old = [
        Message(MessageId(n), RoomId("old"), "2025-01-01T00:00:00.000Z", REV, MessageType.MESSAGE, "x") for n in (1, 2)
    ]
    state = fold(old, start=start)
    assert not state.is_told
    decision = decide(state, Post(REV, "new"), now=DAWN, limits=RoomLimits())
    adopted, post = decision.records
    assert (adopted.id, post.id) == (8, 9)
    told = fold([*old, *decision.records], start=RoomState(RoomId("old")))
    assert (told.participants, told.brief, told.policy) == (seats, brief, Policy.HOST_DIRECTED)
    assert told.created_at == DAWN
    assert told.is_told
    assert decision.state.is_told


def test_a_room_of_0_1_that_is_only_read_is_not_touched() -> None:
    seat = Participant(OPS, Kind.HUMAN, Role.HOST, DAWN, has_joined=True)
    state = RoomState(RoomId("old"), participants={OPS: seat})
    assert decide(state, Join(OPS), now=DAWN, limits=RoomLimits()).records == ()


@pytest.mark.parametrize("name", ["system", "all", "here", "everyone", "room", "broker"])
def test_reserved_names_are_read_in_old_logs_and_given_to_nobody(name: str) -> None:
    assert alias(name) == name
    with pytest.raises(AliasReserved):
        new_alias(name)


@pytest.mark.parametrize("name", ["", "A", "a b", "a\n", "ä", "a" * 65, "a_b", "a.b"])
def test_an_alias_is_a_slug(name: str) -> None:
    with pytest.raises(InvalidAlias):
        alias(name)


def test_a_record_carries_the_moment_it_was_decided_in() -> None:
    room = Room()
    (said,) = room.do(Post(OPS, "hello"))
    assert said.ts == "2026-01-05T09:30:01.000Z"
