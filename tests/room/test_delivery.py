"""Who answered what, and what is still open: whatever is asked, answered and taken back, the fold says what the log says."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from agentgather.room.commands import Command, Post, Remove, Retract
from agentgather.room.decide import decide
from agentgather.room.delivery.book import DeliveryBook
from agentgather.room.delivery.marks import Acknowledged
from agentgather.room.delivery.recipients import recipients
from agentgather.room.delivery.report import Stage, delivery, open_requests
from agentgather.room.events import MessageRetracted
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId
from agentgather.room.refusals import Refusal
from agentgather.room.state import RoomState, fold
from tests.room.rooms import ANN, DAWN, OPS, REV, furnished

BEN, EVA, NOW = REV, ANN, DAWN + timedelta(hours=1)
WHO = st.sampled_from((OPS, BEN, EVA))
IDS = st.integers(1, 16).map(MessageId)
ASKED = st.builds(
    Post, WHO, st.sampled_from(("@rev look", "@ann @rev look", "look", "@ops look")), needs_reply=st.booleans()
)
ANSWERED = st.builds(Post, WHO, st.just("so it is"), reply_to=IDS, is_done=st.booleans())
TAKEN_BACK = st.builds(Retract, WHO, IDS)
LIMITS = RoomLimits(loop_posts_max=1_000)


def lived(commands: list[Command]) -> tuple[RoomState, RoomState, list[Message]]:
    """The room after `commands`, those that are refused left out; the room before them, and what they recorded."""
    before = state = furnished(LIMITS).state
    records: list[Message] = []
    for number, command in enumerate(commands):
        try:
            decision = decide(state, command, now=NOW + timedelta(seconds=number), limits=LIMITS)
        except Refusal:
            continue
        state = decision.state
        records += decision.records
    return before, state, records


def open_by_hand(records: list[Message]) -> dict[int, set[Alias]]:
    """What is open, read off the records one by one."""
    gone = {record.event.message_id for record in records if isinstance(record.event, MessageRetracted)}
    said = [record for record in records if record.event is None and record.id not in gone]
    answered = {(record.reply_to, record.author) for record in said if (record.reply_to or record.id) < record.id}
    found = {}
    for record in said:
        left = {alias for alias in recipients(record) if (record.id, alias) not in answered}
        if record.needs_reply and left:
            found[record.id] = left
    return found


def done_by_hand(records: list[Message]) -> dict[tuple[int, Alias], int]:
    """The first reply of each author that still stands and says `done`, by what it answers."""
    gone = {record.event.message_id for record in records if isinstance(record.event, MessageRetracted)}
    found: dict[tuple[int, Alias], int] = {}
    for record in records:
        if record.is_done and record.reply_to is not None and record.reply_to < record.id and record.id not in gone:
            found.setdefault((record.reply_to, record.author), record.id)
    return found


@given(st.lists(st.one_of(ASKED, ANSWERED, TAKEN_BACK), max_size=14))
def test_what_is_open_is_what_nobody_answered_and_a_replay_says_the_same(commands: list[Command]) -> None:
    before, state, records = lived(commands)
    nothing = DeliveryBook(places_max=10)
    found = {one.message_id: set(one.waiting_for) for one in open_requests(state, nothing)}
    assert found == open_by_hand(records)
    for who in (OPS, BEN, EVA):
        of_one = {one.message_id for one in open_requests(state, nothing, by=who)}
        assert of_one == {number for number in found if state.posts[MessageId(number)] == who}
        owed = {one.message_id for one in open_requests(state, nothing, of=who)}
        assert owed == {number for number, waiting in found.items() if who in waiting}
        assert {one.message_id for one in open_requests(state, nothing, by=who, of=who)} == of_one | owed
    finished = {place: ids[0] for place, ids in state.answers.finished.items() if ids}
    assert finished == done_by_hand(records)
    assert fold(records, start=before).answers == state.answers


def test_who_is_done_or_removed_owes_nothing() -> None:
    _, state, records = lived([Post(OPS, "@rev @ann look", needs_reply=True)])
    asked = records[0]
    book = DeliveryBook(places_max=10)
    assert [one.waiting_for for one in open_requests(state, book)] == [(BEN, EVA)]
    book.enter(Acknowledged(asked.id, BEN, NOW, is_done=True))
    assert [one.waiting_for for one in open_requests(state, book)] == [(EVA,)]
    state = decide(state, Remove(OPS, EVA), now=NOW, limits=LIMITS).state
    assert list(open_requests(state, book)) == []


def test_nobody_answers_what_was_not_said_yet() -> None:
    _, state, records = lived([Post(BEN, "yes", reply_to=MessageId(7)), Post(OPS, "@rev look", needs_reply=True)])
    assert records[-1].id == 7
    assert [one.waiting_for for one in open_requests(state, DeliveryBook(places_max=10))] == [(BEN,)]


def test_who_said_it_is_done_twice_and_takes_the_first_back_has_still_said_it() -> None:
    done = Post(BEN, "built", reply_to=MessageId(6), is_done=True)
    _, state, records = lived([Post(OPS, "@rev build"), done, done, Retract(BEN, MessageId(7))])
    found = delivery(records[0], BEN, answers=state.answers, book=DeliveryBook(places_max=10))
    assert (found.stage, found.done_id) == (Stage.DONE, 8)


def test_a_reply_says_more_than_a_proof_and_done_says_most() -> None:
    _, state, records = lived([Post(OPS, "@rev look"), Post(OPS, "@rev more")])
    first, second = records
    book = DeliveryBook([Acknowledged(second.id, BEN, NOW)], places_max=10)
    state = decide(state, Post(BEN, "yes", reply_to=second.id), now=NOW, limits=LIMITS).state
    assert delivery(first, BEN, answers=state.answers, book=book).stage is Stage.RECORDED
    assert delivery(second, BEN, answers=state.answers, book=book).stage is Stage.ANSWERED
    state = decide(state, Post(BEN, "built", reply_to=second.id, is_done=True), now=NOW, limits=LIMITS).state
    assert delivery(second, BEN, answers=state.answers, book=book).stage is Stage.DONE
