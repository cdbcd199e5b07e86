"""Random lives of a board: whatever is asked, in whatever order, these hold."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentgather.api.record_json import read_record, record_json
from agentgather.room.commands import Command, Invite, Join, Leave, Remove
from agentgather.room.limits import RoomLimits
from agentgather.room.names import Alias
from agentgather.room.participant import Kind
from agentgather.room.refusals import Refusal
from agentgather.room.state import RoomState, fold
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.commands import (
    AddTask,
    CancelTask,
    ClaimTask,
    CompleteTask,
    EditTask,
    LapseClaims,
    ReassignTask,
    ReleaseTask,
)
from agentgather.room.tasks.task import Task, TaskId, TaskStatus
from tests.room.rooms import DOC, OPS, REV, Room, furnished

WHO = st.sampled_from([Alias(name) for name in ("ops", "rev", "doc", "ann", "eye")])
TASKS = st.integers(1, 6).map(TaskId)
DEPENDS_ON = st.lists(TASKS, max_size=3, unique=True).map(tuple)
LIMITS = RoomLimits(loop_posts_max=10**6, tasks_open_max=7, log_records_max=10**6)


def claims(board: TaskBoard) -> dict[TaskId, Alias]:
    return {task.id: task.holder for task in board.each() if task.holder is not None}


class LivesOfABoard(RuleBasedStateMachine):
    """What is remembered beside the room: what was finished, and as what."""

    @initialize()
    def open(self) -> None:
        """A board on which something is held, something can be begun, and something waits for each."""
        self.room: Room = furnished(LIMITS)
        self.finished: dict[TaskId, Task] = {}
        for depends_on in ((), (), (TaskId(1),), (TaskId(2), TaskId(3))):
            self.room.do(AddTask(OPS, "t", "", depends_on))
        self.room.do(ClaimTask(REV, TaskId(1)))

    def attempt(self, command: Command) -> bool:
        """Whether it was allowed; what was refused has changed nothing."""
        before = self.room.state
        try:
            self.room.do(command)
        except Refusal:
            assert self.room.state is before
            return False
        return True

    @rule(who=WHO, depends_on=DEPENDS_ON, assignee=st.none() | WHO, client_id=st.none() | st.sampled_from("ab"))
    def add(self, who: Alias, depends_on: tuple[TaskId, ...], assignee: Alias | None, client_id: str | None) -> None:
        before = self.room.state.tasks.last_id
        self.attempt(AddTask(who, "t", "", depends_on, assignee, client_id=client_id))
        assert self.room.state.tasks.last_id in (before, before + 1)

    @rule(who=WHO, task=TASKS, is_done_at_once=st.booleans())
    def claim(self, who: Alias, task: TaskId, is_done_at_once: bool) -> None:
        held = claims(self.room.state.tasks)
        if self.attempt(ClaimTask(who, task)):
            assert held.get(task) in (None, who)
            assert claims(self.room.state.tasks) == {**held, task: who}
            if is_done_at_once:
                self.complete(who, task, "done")

    @rule(who=WHO, task=TASKS)
    def release(self, who: Alias, task: TaskId) -> None:
        held = claims(self.room.state.tasks)
        if self.attempt(ReleaseTask(who, task)) and task in held:
            assert who in (held[task], OPS)

    @rule(who=WHO, task=TASKS, result=st.sampled_from(["", "done"]))
    def complete(self, who: Alias, task: TaskId, result: str) -> None:
        held = claims(self.room.state.tasks)
        if self.attempt(CompleteTask(who, task, result)):
            assert held.get(task) == who or self.finished[task].finished_by == who

    @rule(who=WHO, task=TASKS)
    def cancel(self, who: Alias, task: TaskId) -> None:
        self.attempt(CancelTask(who, task))

    @rule(who=WHO, task=TASKS, assignee=st.none() | WHO)
    def reassign(self, who: Alias, task: TaskId, assignee: Alias | None) -> None:
        self.attempt(ReassignTask(who, task, assignee))

    @rule(who=st.just(OPS) | WHO, task=TASKS, depends_on=st.none() | DEPENDS_ON)
    def edit(self, who: Alias, task: TaskId, depends_on: tuple[TaskId, ...] | None) -> None:
        self.attempt(EditTask(who, task, title="u", depends_on=depends_on))

    @rule(who=WHO)
    def fall_silent(self, who: Alias) -> None:
        self.attempt(LapseClaims((who,)))
        assert who not in claims(self.room.state.tasks).values()

    @rule(who=WHO)
    def leave(self, who: Alias) -> None:
        if self.attempt(Leave(who)):
            assert who not in claims(self.room.state.tasks).values()
        self.attempt(Join(who))

    @rule(who=st.sampled_from([REV, DOC]))
    def be_removed_and_come_back(self, who: Alias) -> None:
        self.attempt(Remove(OPS, who))
        assert who not in claims(self.room.state.tasks).values()
        self.attempt(Invite(OPS, who, Kind.AGENT, is_rotation=True))

    @invariant()
    def what_is_finished_stays_as_it_is(self) -> None:
        board = self.room.state.tasks
        for task_id, task in self.finished.items():
            assert board.find(task_id) == task
        self.finished |= {task.id: task for task in board.each() if task.finished_by is not None}

    @invariant()
    def whoever_holds_a_task_could_begin_it(self) -> None:
        board = self.room.state.tasks
        assert claims(board) == dict(board.claimed)
        for task in board.each():
            assert (task.holder is None) == (task.status is not TaskStatus.CLAIMED)
            if task.holder is not None:
                assert not board.pending(task.depends_on)

    @invariant()
    def nothing_waits_for_itself(self) -> None:
        board = self.room.state.tasks
        left = {task.id: set(task.depends_on) for task in board.each()}
        while left:
            free = [task_id for task_id, ids in left.items() if not ids & left.keys()]
            assert free, left
            for task_id in free:
                del left[task_id]

    @invariant()
    def the_board_is_not_overfull(self) -> None:
        board = self.room.state.tasks
        assert len(board.unfinished) <= LIMITS.tasks_open_max
        assert [task.id for task in board.each()] == list(range(1, board.last_id + 1))

    def teardown(self) -> None:
        """The log alone, read as it is written down, tells the same board."""
        records = [read_record(record_json(record)) for record in self.room.records]
        assert fold(records, start=RoomState(self.room.state.room)) == self.room.state


LivesOfABoard.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
test_lives_of_a_board = LivesOfABoard.TestCase
