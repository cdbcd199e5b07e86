"""What is to be done, after what, and by whom: a task is changed by whoever added it and by the host."""

from __future__ import annotations

from agentgather.room.limits import RoomLimits
from agentgather.room.names import Alias
from agentgather.room.participant import Participant
from agentgather.room.refusals import NotAuthor
from agentgather.room.state import RoomState
from agentgather.room.tasks import events, fields
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.claiming import check_unfinished, still_waits
from agentgather.room.tasks.commands import AddTask, EditTask
from agentgather.room.tasks.events import Happened
from agentgather.room.tasks.refusals import AlreadyClaimed, BoardFull
from agentgather.room.tasks.task import Task, TaskId, TaskStatus
from agentgather.room.tasks.wording import called, concerned, excerpt, ids_named, task_named


def add(state: RoomState, command: AddTask, *, limits: RoomLimits) -> Happened:
    board = state.tasks
    title = fields.title(command.title, limits=limits)
    description = fields.long_text(command.description, field="description", limits=limits)
    task_id = TaskId(board.last_id + 1)
    fields.check_depends_on(board, command.depends_on, of=task_id, limits=limits)
    fields.check_assignee(state, command.assignee)
    fields.check_client_id(command.client_id)
    if len(board.unfinished) >= limits.tasks_open_max:
        raise BoardFull(
            f"the board has {limits.tasks_open_max} tasks that are neither completed nor cancelled; finish some first"
        )
    by = command.actor
    text = f"{by} added {task_named(task_id, title)}"
    if command.assignee is not None:
        text += f" for {called(command.assignee, by=by)}"
    if pending := board.pending(command.depends_on):
        text += f"; it waits for {ids_named(pending)}"
    return text, events.TaskAdded(
        by,
        task_id,
        title,
        description,
        command.depends_on,
        command.assignee,
        command.due,
        command.client_id,
    )


def cancel(board: TaskBoard, task: Task, *, actor: Participant, reason: str) -> Happened:
    by = actor.alias
    _check_may_change(task, actor)
    if task.status is TaskStatus.CANCELLED:
        return None
    check_unfinished(task)
    text = f"{by} cancelled {task_named(task.id, task.title)}"
    if task.holder is not None:
        text += f", which {called(task.holder, by=by)} held"
    text += excerpt(reason)
    if waiting := board.waiting_for(task.id):
        text += f"; {concerned(waiting, by=by, is_for_assignee=False)} cannot be claimed until edited to do without it"
    return text, events.TaskCancelled(by, task.id, reason)


def reassign(state: RoomState, task: Task, *, actor: Participant, assignee: Alias | None) -> Happened:
    """Say who alone may claim a task. The host may take it from whoever else holds it, others may not."""
    by = actor.alias
    _check_may_change(task, actor)
    check_unfinished(task)
    fields.check_assignee(state, assignee)
    is_taken_away = assignee is not None and task.holder not in (None, assignee)
    if task.assignee == assignee and not is_taken_away:
        return None
    if is_taken_away and not actor.is_host and task.holder != by:
        raise AlreadyClaimed(
            f"{task.holder} holds task {task.id}; only the host takes it away", facts={"holder": task.holder}
        )
    if assignee is None:
        text = f"{by} opened {task_named(task.id, task.title)} to everybody"
    else:
        text = f"{by} gave {task_named(task.id, task.title)} to {called(assignee, by=by)}"
    if is_taken_away and task.holder is not None:
        text += f"; {called(task.holder, by=by)} holds it no longer"
    return text, events.TaskReassigned(by, task.id, assignee)


def edit(board: TaskBoard, task: Task, command: EditTask, *, actor: Participant, limits: RoomLimits) -> Happened:
    by = actor.alias
    _check_may_change(task, actor)
    check_unfinished(task)
    title = task.title if command.title is None else fields.title(command.title, limits=limits)
    description = task.description
    if command.description is not None:
        description = fields.long_text(command.description, field="description", limits=limits)
    depends_on = task.depends_on
    if command.depends_on is not None and command.depends_on != depends_on:
        depends_on = command.depends_on
        fields.check_depends_on(board, depends_on, of=task.id, limits=limits)
        if task.holder is not None and (pending := board.pending(depends_on)):
            raise still_waits(board, task, pending)
    due = command.due if command.is_due_set else task.due
    event = events.TaskEdited(by, task.id, title, description, depends_on, due)
    changed = [
        name for name in ("title", "description", "depends_on", "due") if getattr(event, name) != getattr(task, name)
    ]
    if not changed:
        return None
    text = f"{by} edited {task_named(task.id, title)}: {', '.join(changed)}"
    concerns = task.holder or task.assignee
    if concerns not in (None, by):
        text += f" (@{concerns})"
    return text, event


def _check_may_change(task: Task, actor: Participant) -> None:
    if actor.alias != task.added_by and not actor.is_host:
        raise NotAuthor(f"task {task.id} was added by {task.added_by}; only its author and the host may do this")
