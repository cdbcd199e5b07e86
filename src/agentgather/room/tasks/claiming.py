"""The life of a claim: who may take a task, give it back and complete it.

Whoever may speak may claim a task that is open, meant for them or for everybody, and whose dependencies are completed. It is
completed by whoever holds it. A dependency that was cancelled blocks what depends on it until that is edited: nobody did what
it was waiting for.
"""

from __future__ import annotations

from agentgather.room.names import Alias
from agentgather.room.participant import Participant
from agentgather.room.refusals import NotHolder
from agentgather.room.state import RoomState
from agentgather.room.tasks import events
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.events import Happened
from agentgather.room.tasks.refusals import AlreadyClaimed, DependenciesPending, NotAssignee, TaskFinished
from agentgather.room.tasks.task import Task, TaskId, TaskStatus
from agentgather.room.tasks.wording import concerned, excerpt, ids_named, task_named


def is_ready(state: RoomState, task: Task, *, by: Alias) -> bool:
    """Whether `by` could claim this task now."""
    return (
        task.status is TaskStatus.OPEN and _is_meant_for(state, task, by) and not state.tasks.pending(task.depends_on)
    )


def claim(state: RoomState, task: Task, *, by: Alias) -> Happened:
    check_unfinished(task)
    if task.holder == by:
        return None
    if task.holder is not None:
        raise AlreadyClaimed(f"{task.holder} holds task {task.id}; take another", facts={"holder": task.holder})
    if not _is_meant_for(state, task, by):
        raise NotAssignee(
            f"task {task.id} is meant for {task.assignee}; the host may reassign it",
            facts={"assignee": task.assignee},
        )
    if pending := state.tasks.pending(task.depends_on):
        raise still_waits(state.tasks, task, pending)
    return f"{by} claimed {task_named(task.id, task.title)}", events.TaskClaimed(by, task.id)


def release(task: Task, *, actor: Participant) -> Happened:
    check_unfinished(task)
    if task.holder is None:
        return None
    if actor.alias == task.holder:
        text = f"{actor.alias} released {task_named(task.id, task.title)}"
    elif actor.is_host:
        text = f"{actor.alias} took {task_named(task.id, task.title)} from @{task.holder}"
    else:
        raise _not_holder(task)
    return text, events.TaskReleased(actor.alias, task.id)


def complete(board: TaskBoard, task: Task, *, by: Alias, result: str) -> Happened:
    if (task.status, task.finished_by, task.result) == (TaskStatus.COMPLETED, by, result):
        return None
    check_unfinished(task)
    if task.holder != by:
        raise _not_holder(task)
    text = f"{by} completed {task_named(task.id, task.title)}"
    if task.added_by != by:
        text += f" for @{task.added_by}"
    text += excerpt(result)
    ready = [one for one in board.waiting_for(task.id) if board.pending(one.depends_on) == (task.id,)]
    if ready:
        text += f"; {concerned(ready, by=by, is_for_assignee=True)} can be claimed now"
    return text, events.TaskCompleted(by, task.id, result)


def check_unfinished(task: Task) -> None:
    if task.finished_by is not None:
        raise TaskFinished(
            f"task {task.id} was {task.status} by {task.finished_by} and stays so; add a new one for what is left",
            facts={"status": task.status.value},
        )


def still_waits(board: TaskBoard, task: Task, pending: tuple[TaskId, ...]) -> DependenciesPending:
    """Says which dependencies are not completed, and of which of them nobody will ever do that."""
    dead = [one for one in pending if one in board.finished]
    text = f"task {task.id} waits for {ids_named(pending)}"
    if dead:
        text += f"; {ids_named(dead)} {'was' if len(dead) == 1 else 'were'} cancelled: have what it depends on edited"
    return DependenciesPending(text, facts={"pending": list(pending)})


def _is_meant_for(state: RoomState, task: Task, alias: Alias) -> bool:
    """Whether `alias` may claim it, as far as its assignee goes. What was meant for somebody removed is everybody's."""
    if task.assignee in (None, alias):
        return True
    seat = state.participants.get(task.assignee)
    return seat is None or seat.is_removed


def _not_holder(task: Task) -> NotHolder:
    if task.holder is None:
        return NotHolder(f"nobody holds task {task.id}; claim it first", facts={"holder": None})
    return NotHolder(f"{task.holder} holds task {task.id}, not you", facts={"holder": task.holder})
