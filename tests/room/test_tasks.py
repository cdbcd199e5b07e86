"""The task board: who may do what, and what the room says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentgather.room.commands import Close, Invite, Join, Leave, Post, Remove
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias
from agentgather.room.participant import Kind
from agentgather.room.refusals import (
    IdReused,
    InvalidText,
    LoopGuard,
    NotAuthor,
    NotHolder,
    ReadOnly,
    Refusal,
    RoomIsClosed,
    TextTooLong,
)
from agentgather.room.state import RoomState, fold
from agentgather.room.tasks import events
from agentgather.room.tasks.commands import (
    AddTask,
    CancelTask,
    ClaimTask,
    CompleteTask,
    EditTask,
    LapseClaims,
    ReassignTask,
    ReleaseTask,
    TaskCommand,
)
from agentgather.room.tasks.refusals import (
    AlreadyClaimed,
    BoardFull,
    DependenciesPending,
    DependencyCycle,
    InvalidAssignee,
    InvalidClientId,
    InvalidDependsOn,
    NotAssignee,
    TaskFinished,
    TaskNotFound,
)
from agentgather.room.tasks.task import Lapse, LapseReason, Task, TaskId, TaskStatus
from tests.room.rooms import ANN, DOC, EYE, OPS, REV, Room, furnished

ONE, TWO, THREE = TaskId(1), TaskId(2), TaskId(3)


def task(room: Room, number: int = 1) -> Task:
    found = room.state.tasks.find(TaskId(number))
    assert found is not None
    return found


def told(room: Room, command: TaskCommand) -> Message:
    (note,) = room.do(command)
    return note


def planned(*commands: TaskCommand) -> Room:
    """A room in which this happened, told by its log alone."""
    room = furnished()
    for command in commands:
        room.do(command)
    assert fold(room.records, start=RoomState(room.state.room)) == room.state
    return room


def test_a_task_is_added_claimed_and_completed_with_its_result() -> None:
    room = planned()
    due = room.now + timedelta(hours=2)
    note = told(room, AddTask(OPS, "  Write   the tests ", "All of them.", assignee=REV, due=due))
    assert (note.text, note.mentions) == ("ops added task 1 `Write the tests` for @rev", (REV,))
    assert (task(room).status, task(room).assignee, task(room).due) == (TaskStatus.OPEN, REV, due)
    assert told(room, ClaimTask(REV, ONE)).text == "rev claimed task 1 `Write the tests`"
    assert (task(room).status, task(room).holder, task(room).claimed_at) == (TaskStatus.CLAIMED, REV, room.now)
    note = told(room, CompleteTask(REV, ONE, "All green.\nSee #4."))
    assert note.text == "rev completed task 1 `Write the tests` for @ops: `All green.\\nSee #4.`"
    assert note.mentions == (OPS,)
    done = task(room)
    assert (done.status, done.holder, done.finished_by, done.finished_at, done.result) == (
        TaskStatus.COMPLETED,
        None,
        REV,
        room.now,
        "All green.\nSee #4.",
    )


def test_exactly_one_claim_wins_and_the_loser_is_told_who() -> None:
    room = planned(AddTask(OPS, "t"), ClaimTask(REV, ONE))
    with pytest.raises(AlreadyClaimed, match="rev holds task 1") as refused:
        room.do(ClaimTask(DOC, ONE))
    assert refused.value.facts == {"holder": "rev"}
    assert room.do(ClaimTask(REV, ONE)) == ()


def test_a_claim_needs_its_dependencies_completed_and_completing_the_last_calls_who_waits() -> None:
    room = planned(AddTask(OPS, "a"), AddTask(OPS, "b"), AddTask(OPS, "c", depends_on=(ONE, TWO), assignee=DOC))
    assert room.records[-1].text == "ops added task 3 `c` for @doc; it waits for tasks 1 and 2"
    with pytest.raises(DependenciesPending, match="task 3 waits for tasks 1 and 2") as refused:
        room.do(ClaimTask(DOC, THREE))
    assert refused.value.facts == {"pending": [1, 2]}
    for number in (ONE, TWO):
        room.do(ClaimTask(REV, number))
        room.do(CompleteTask(REV, number))
    assert room.records[-1].text == "rev completed task 2 `b` for @ops; task 3 (@doc) can be claimed now"
    assert room.records[-1].mentions == (OPS, DOC)
    room.do(ClaimTask(DOC, THREE))


def test_a_cancelled_dependency_blocks_and_says_so_until_it_is_edited_away() -> None:
    room = planned(AddTask(OPS, "a"), AddTask(REV, "b", depends_on=(ONE,)))
    note = told(room, CancelTask(OPS, ONE, "no need"))
    assert note.text == (
        "ops cancelled task 1 `a`: `no need`; task 2 (@rev) cannot be claimed until edited to do without it"
    )
    assert note.mentions == (REV,)
    with pytest.raises(DependenciesPending, match="task 1 was cancelled") as refused:
        room.do(ClaimTask(DOC, TWO))
    assert refused.value.facts == {"pending": [1]}
    room.do(EditTask(REV, TWO, depends_on=()))
    room.do(ClaimTask(DOC, TWO))
    with pytest.raises(InvalidDependsOn, match="cancelled"):
        room.do(AddTask(OPS, "c", depends_on=(ONE,)))


def test_unknown_dependencies_and_cycles_are_refused_also_by_edit() -> None:
    room = planned(AddTask(OPS, "a"), AddTask(OPS, "b", depends_on=(ONE,)), AddTask(OPS, "c", depends_on=(TWO,)))
    with pytest.raises(InvalidDependsOn, match="no task 9"):
        room.do(AddTask(OPS, "d", depends_on=(TaskId(9),)))
    with pytest.raises(DependencyCycle):
        room.do(AddTask(OPS, "d", depends_on=(TaskId(4),)))
    with pytest.raises(DependencyCycle, match="1 -> 3 -> 2 -> 1") as refused:
        room.do(EditTask(OPS, ONE, depends_on=(THREE,)))
    assert refused.value.facts == {"cycle": [1, 3, 2, 1]}
    with pytest.raises(DependencyCycle):
        room.do(EditTask(OPS, ONE, depends_on=(ONE,)))
    with pytest.raises(InvalidDependsOn, match="32 is the maximum"):
        room.do(AddTask(OPS, "d", depends_on=tuple(TaskId(1) for _ in range(33))))


def test_a_claimed_task_cannot_be_made_to_wait() -> None:
    room = planned(AddTask(OPS, "a"), AddTask(OPS, "b"), ClaimTask(REV, ONE))
    with pytest.raises(DependenciesPending):
        room.do(EditTask(OPS, ONE, depends_on=(TWO,)))


def test_an_assignee_alone_may_claim_and_the_host_may_reassign() -> None:
    room = planned(AddTask(REV, "t", assignee=DOC))
    with pytest.raises(NotAssignee, match="meant for doc") as refused:
        room.do(ClaimTask(ANN, ONE))
    assert refused.value.facts == {"assignee": "doc"}
    assert told(room, ReassignTask(OPS, ONE, ANN)).text == "ops gave task 1 `t` to @ann"
    assert room.do(ReassignTask(OPS, ONE, ANN)) == ()
    room.do(ClaimTask(ANN, ONE))
    with pytest.raises(AlreadyClaimed, match="only the host"):
        room.do(ReassignTask(REV, ONE, DOC))
    assert told(room, ReassignTask(OPS, ONE, DOC)).text == "ops gave task 1 `t` to @doc; @ann holds it no longer"
    assert (task(room).status, task(room).holder) == (TaskStatus.OPEN, None)
    assert told(room, ReassignTask(REV, ONE, None)).text == "rev opened task 1 `t` to everybody"
    with pytest.raises(NotAuthor):
        room.do(ReassignTask(ANN, ONE, ANN))


def test_what_was_meant_for_somebody_removed_is_everybodys() -> None:
    room = planned(AddTask(OPS, "t", assignee=DOC))
    room.do(Remove(OPS, DOC))
    room.do(ClaimTask(REV, ONE))
    assert task(room).holder == REV


@pytest.mark.parametrize(
    ("assignee", "why"), [(Alias("nobody"), "nobody called"), (EYE, "observer"), (DOC, "was removed")]
)
def test_nobody_is_assigned_who_could_never_claim(assignee: Alias, why: str) -> None:
    room = planned()
    room.do(Remove(OPS, DOC))
    with pytest.raises(InvalidAssignee, match=why):
        room.do(AddTask(OPS, "t", assignee=assignee))


def test_a_task_is_released_by_its_holder_or_the_host() -> None:
    room = planned(AddTask(OPS, "t"), ClaimTask(REV, ONE))
    with pytest.raises(NotHolder, match="rev holds task 1"):
        room.do(ReleaseTask(DOC, ONE))
    assert told(room, ReleaseTask(OPS, ONE)).text == "ops took task 1 `t` from @rev"
    assert room.do(ReleaseTask(REV, ONE)) == ()
    with pytest.raises(NotHolder, match="nobody holds task 1; claim it first"):
        room.do(CompleteTask(REV, ONE))


def test_what_is_completed_or_cancelled_stays_so() -> None:
    room = planned(AddTask(OPS, "t"), ClaimTask(REV, ONE), CompleteTask(REV, ONE, "done"), AddTask(OPS, "u"))
    assert room.do(CompleteTask(REV, ONE, "done")) == ()
    room.do(CancelTask(OPS, TWO))
    assert room.do(CancelTask(OPS, TWO)) == ()
    for number, status in ((ONE, "completed"), (TWO, "cancelled")):
        for command in (
            ClaimTask(REV, number),
            ReleaseTask(REV, number),
            CompleteTask(REV, number, "otherwise"),
            EditTask(OPS, number, title="v"),
            ReassignTask(OPS, number, REV),
        ):
            with pytest.raises(TaskFinished) as refused:
                room.do(command)
            assert refused.value.facts == {"status": status}
    with pytest.raises(TaskFinished):
        room.do(CancelTask(OPS, ONE))


def test_a_task_is_changed_by_whoever_added_it_or_the_host() -> None:
    room = planned(AddTask(REV, "t", "old", assignee=DOC))
    for command in (CancelTask(DOC, ONE), EditTask(DOC, ONE, title="u"), ReassignTask(DOC, ONE, None)):
        with pytest.raises(NotAuthor, match="added by rev"):
            room.do(command)
    note = told(room, EditTask(REV, ONE, title="u", description="new"))
    assert (note.text, note.mentions) == ("rev edited task 1 `u`: title, description (@doc)", (DOC,))
    assert room.do(EditTask(REV, ONE, title="u")) == ()
    due = room.now + timedelta(hours=1)
    room.do(EditTask(OPS, ONE, due=due, is_due_set=True))
    room.do(EditTask(OPS, ONE, title="v"))
    assert (task(room).title, task(room).due) == ("v", due)
    room.do(EditTask(OPS, ONE, is_due_set=True))
    assert task(room).due is None


def test_adding_the_same_again_is_one_task_also_when_it_was_edited_since() -> None:
    asked = AddTask(REV, " t ", "d", client_id="a")
    room = planned(asked, EditTask(REV, ONE, title="u"))
    first = next(record for record in room.records if isinstance(record.event, events.TaskAdded))
    assert room.decide(asked).repeats == first.id
    assert room.decide(AddTask(DOC, "t", client_id="a")).repeats is None
    with pytest.raises(IdReused, match="task 1"):
        room.do(AddTask(REV, "another", client_id="a"))
    room.do(Close(OPS))
    assert room.decide(asked).repeats == first.id
    with pytest.raises(RoomIsClosed):
        room.do(AddTask(REV, "t", client_id="b"))


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (AddTask(OPS, "  "), InvalidText),
        (AddTask(OPS, "a\nb"), InvalidText),
        (AddTask(OPS, "a\u202eb"), InvalidText),
        (AddTask(OPS, "a\0"), InvalidText),
        (AddTask(OPS, "x" * 201), TextTooLong),
        (AddTask(OPS, "t", "x" * 4_001), TextTooLong),
        (AddTask(OPS, "t", "\ud800"), InvalidText),
        (AddTask(OPS, "t", client_id="a b"), InvalidClientId),
        (AddTask(EYE, "t"), ReadOnly),
        (ClaimTask(OPS, TaskId(7)), TaskNotFound),
        (ClaimTask(EYE, ONE), ReadOnly),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_what_cannot_be_on_a_board_is_refused(command: TaskCommand, refusal: type[Refusal]) -> None:
    room = planned()
    with pytest.raises(refusal):
        room.do(command)


def test_a_board_has_an_end_and_what_is_finished_makes_place() -> None:
    room = furnished(RoomLimits(tasks_open_max=2))
    for _ in range(2):
        room.do(AddTask(OPS, "t"))
    with pytest.raises(BoardFull):
        room.do(AddTask(OPS, "t"))
    room.do(CancelTask(OPS, ONE))
    room.do(AddTask(OPS, "t"))


def test_whoever_leaves_or_is_removed_holds_nothing_any_more_in_the_same_decision() -> None:
    room = planned(AddTask(OPS, "a"), AddTask(REV, "b"), ClaimTask(REV, ONE), ClaimTask(REV, TWO))
    room.do(Join(REV))
    left, *lapsed = room.do(Leave(REV))
    assert left.text == "rev left"
    assert [note.text for note in lapsed] == [
        "task 1 `a` is free again: rev left (@ops added it)",
        "task 2 `b` is free again: rev left",
    ]
    assert lapsed[0].event == events.TaskLapsed(ONE, REV, LapseReason.LEFT)
    assert task(room).lapsed == Lapse(REV, LapseReason.LEFT, room.now)
    room.do(ClaimTask(DOC, ONE))
    assert task(room).lapsed is None
    _, lapse = room.do(Remove(OPS, DOC))
    assert lapse.event == events.TaskLapsed(ONE, DOC, LapseReason.REMOVED)
    assert room.do(Remove(OPS, DOC)) == ()


def test_a_claim_of_somebody_who_never_joined_lapses_when_they_say_that_they_go() -> None:
    room = planned(AddTask(OPS, "a"), ClaimTask(REV, ONE))
    assert [note.event for note in room.do(Leave(REV))] == [events.TaskLapsed(ONE, REV, LapseReason.LEFT)]


def test_the_house_ends_the_claims_of_the_silent_and_calls_them() -> None:
    room = planned(AddTask(OPS, "a"), ClaimTask(REV, ONE))
    assert room.do(LapseClaims((DOC,))) == ()
    (note,) = room.do(LapseClaims((REV,)))
    assert note.text == "task 1 `a` is free again: @rev gave no sign of life for 30 minutes (@ops added it)"
    assert note.mentions == (REV, OPS)
    assert room.do(LapseClaims((REV,))) == ()


def test_what_agents_do_on_the_board_counts_as_speaking() -> None:
    room = furnished(RoomLimits(loop_posts_max=3))
    room.do(AddTask(REV, "a"))
    room.do(ClaimTask(REV, ONE))
    _, paused = room.do(CompleteTask(REV, ONE))
    assert paused.text.startswith("rev has spoken 3 times")
    with pytest.raises(LoopGuard):
        room.do(AddTask(REV, "b"))
    room.do(Post(ANN, "go on"))
    room.do(AddTask(REV, "b"))


def test_a_title_calls_nobody_and_poses_as_nothing() -> None:
    room = planned()
    note = told(room, AddTask(OPS, "`@rev` drop it` @doc"))
    assert note.text == "ops added task 1 `'@rev' drop it' @doc`"
    assert note.mentions == ()
    note = told(room, CancelTask(OPS, ONE, "@ann `" + "x" * 300))
    assert note.mentions == ()
    assert len(note.text) < 300


def test_very_many_who_wait_are_not_all_named() -> None:
    room = planned(AddTask(OPS, "a"))
    for number in range(20):
        room.do(Invite(OPS, Alias(f"a-{number}"), Kind.AGENT))
        room.do(AddTask(OPS, "b", depends_on=(ONE,), assignee=Alias(f"a-{number}")))
    room.do(ClaimTask(REV, ONE))
    note = told(room, CompleteTask(REV, ONE))
    assert note.text.endswith("8 (@a-6) and 13 more can be claimed now")
    assert len(note.mentions) == 8


def test_a_closed_room_keeps_its_board() -> None:
    room = planned(AddTask(OPS, "a"), ClaimTask(REV, ONE))
    room.do(Close(OPS))
    assert task(room).holder == REV
    assert room.do(LapseClaims((REV,))) == ()
    with pytest.raises(RoomIsClosed):
        room.do(CompleteTask(REV, ONE))
