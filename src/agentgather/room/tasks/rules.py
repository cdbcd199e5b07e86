"""The rules of the task board: who may do what to a task, and when a claim ends without its holder's word.

Whoever may speak may add a task, and claim one that is open, meant for them or for everybody, and whose dependencies are
completed. A task is changed by whoever added it and by the host; it is completed by whoever holds it. A dependency that was
cancelled blocks what depends on it until that is edited: nobody did what it was waiting for.
"""

from __future__ import annotations

from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId
from agentgather.room.participant import Participant, Role
from agentgather.room.refusals import (
    IdReused,
    NotAuthor,
    NotHolder,
    ReadOnly,
)
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.tasks import events, fields
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.commands import (
    AddTask,
    CancelTask,
    ClaimTask,
    CompleteTask,
    EditTask,
    ReassignTask,
    ReleaseTask,
    TaskCommand,
)
from agentgather.room.tasks.refusals import (
    AlreadyClaimed,
    BoardFull,
    DependenciesPending,
    NotAssignee,
    TaskFinished,
    TaskNotFound,
)
from agentgather.room.tasks.task import LapseReason, Task, TaskId, TaskStatus
from agentgather.room.tasks.wording import called, concerned, excerpt, ids_named, lapsed, task_named

Happened = tuple[str, events.TaskEvent] | None  # the note and its event; None: it is so already


def repeated(state: RoomState, command: AddTask) -> MessageId | None:
    """The record that `command` repeats, by author and client_id. Raises IdReused when it is another task."""
    if command.client_id is None:
        return None
    first = state.tasks.added.get((command.actor, command.client_id))
    if first is None:
        return None
    told = first.event
    is_same = (
        told.title == fields.trimmed(command.title)
        and told.description == command.description
        and (told.depends_on, told.assignee, told.due) == (command.depends_on, command.assignee, command.due)
    )
    if not is_same:
        raise IdReused(
            f"client_id {command.client_id!r} already stands for task {told.task}, which was added otherwise; use a new id "
            "for a new task",
            field="client_id",
        )
    return first.message_id


def decide(
    state: RoomState, command: TaskCommand, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """The records that follow from `command`; none when it is so already. Raises the Refusal that says why not."""
    if actor.role is Role.OBSERVER:
        raise ReadOnly(f"{actor.alias} is an observer: it may read the board, not change it; ask for a guest seat")
    happened = _decided(state, command, actor=actor, limits=limits)
    if happened is None:
        return []
    check_may_speak(state, actor, limits=limits)
    return [scribe.note(*happened), *pause(state, actor, scribe=scribe, limits=limits)]


def lapse(
    state: RoomState, holders: tuple[Alias, ...], reason: LapseReason, *, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """A record for each claim of `holders`: it ends, and the task is open again."""
    return [
        scribe.note(
            lapsed(state.tasks.unfinished[task_id], holder, reason, lease_seconds=limits.claim_lease_seconds),
            events.TaskLapsed(task_id, holder, reason),
        )
        for holder in holders
        for task_id in state.tasks.held_by(holder)
    ]


def is_ready(state: RoomState, task: Task, *, by: Alias) -> bool:
    """Whether `by` could claim this task now."""
    return (
        task.status is TaskStatus.OPEN and _is_meant_for(state, task, by) and not state.tasks.pending(task.depends_on)
    )


def _is_meant_for(state: RoomState, task: Task, alias: Alias) -> bool:
    """Whether `alias` may claim it, as far as its assignee goes. What was meant for somebody removed is everybody's."""
    if task.assignee in (None, alias):
        return True
    seat = state.participants.get(task.assignee)
    return seat is None or seat.is_removed


def _decided(state: RoomState, command: TaskCommand, *, actor: Participant, limits: RoomLimits) -> Happened:
    if isinstance(command, AddTask):
        return _add(state, command, limits=limits)
    task = state.tasks.find(command.task)
    if task is None:
        raise TaskNotFound(f"there is no task {command.task} in this room; the newest is {state.tasks.last_id}")
    match command:
        case ClaimTask():
            return _claim(state, task, by=actor.alias)
        case ReleaseTask():
            return _release(task, actor=actor)
        case CompleteTask():
            result = fields.long_text(command.result, field="result", limits=limits)
            return _complete(state.tasks, task, by=actor.alias, result=result)
        case CancelTask():
            reason = fields.long_text(command.reason, field="reason", limits=limits)
            return _cancel(state.tasks, task, actor=actor, reason=reason)
        case ReassignTask():
            return _reassign(state, task, actor=actor, assignee=command.assignee)
        case EditTask():
            return _edit(state.tasks, task, command, actor=actor, limits=limits)


def _add(state: RoomState, command: AddTask, *, limits: RoomLimits) -> Happened:
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


def _claim(state: RoomState, task: Task, *, by: Alias) -> Happened:
    _check_unfinished(task)
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
        raise _pending(state.tasks, task, pending)
    return f"{by} claimed {task_named(task.id, task.title)}", events.TaskClaimed(by, task.id)


def _release(task: Task, *, actor: Participant) -> Happened:
    _check_unfinished(task)
    if task.holder is None:
        return None
    if actor.alias == task.holder:
        text = f"{actor.alias} released {task_named(task.id, task.title)}"
    elif actor.is_host:
        text = f"{actor.alias} took {task_named(task.id, task.title)} from @{task.holder}"
    else:
        raise _not_holder(task)
    return text, events.TaskReleased(actor.alias, task.id)


def _complete(board: TaskBoard, task: Task, *, by: Alias, result: str) -> Happened:
    if (task.status, task.finished_by, task.result) == (TaskStatus.COMPLETED, by, result):
        return None
    _check_unfinished(task)
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


def _cancel(board: TaskBoard, task: Task, *, actor: Participant, reason: str) -> Happened:
    by = actor.alias
    _check_may_change(task, actor)
    if task.status is TaskStatus.CANCELLED:
        return None
    _check_unfinished(task)
    text = f"{by} cancelled {task_named(task.id, task.title)}"
    if task.holder is not None:
        text += f", which {called(task.holder, by=by)} held"
    text += excerpt(reason)
    if waiting := board.waiting_for(task.id):
        text += f"; {concerned(waiting, by=by, is_for_assignee=False)} cannot be claimed until edited to do without it"
    return text, events.TaskCancelled(by, task.id, reason)


def _reassign(state: RoomState, task: Task, *, actor: Participant, assignee: Alias | None) -> Happened:
    """Say who alone may claim a task. The host may take it from whoever else holds it, others may not."""
    by = actor.alias
    _check_may_change(task, actor)
    _check_unfinished(task)
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


def _edit(board: TaskBoard, task: Task, command: EditTask, *, actor: Participant, limits: RoomLimits) -> Happened:
    by = actor.alias
    _check_may_change(task, actor)
    _check_unfinished(task)
    title = task.title if command.title is None else fields.title(command.title, limits=limits)
    description = task.description
    if command.description is not None:
        description = fields.long_text(command.description, field="description", limits=limits)
    depends_on = task.depends_on
    if command.depends_on is not None and command.depends_on != depends_on:
        depends_on = command.depends_on
        fields.check_depends_on(board, depends_on, of=task.id, limits=limits)
        if task.holder is not None and (pending := board.pending(depends_on)):
            raise _pending(board, task, pending)
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


def _check_unfinished(task: Task) -> None:
    if task.finished_by is not None:
        raise TaskFinished(
            f"task {task.id} was {task.status} by {task.finished_by} and stays so; add a new one for what is left",
            facts={"status": task.status.value},
        )


def _check_may_change(task: Task, actor: Participant) -> None:
    if actor.alias != task.added_by and not actor.is_host:
        raise NotAuthor(f"task {task.id} was added by {task.added_by}; only its author and the host may do this")


def _not_holder(task: Task) -> NotHolder:
    if task.holder is None:
        return NotHolder(f"nobody holds task {task.id}; claim it first", facts={"holder": None})
    return NotHolder(f"{task.holder} holds task {task.id}, not you", facts={"holder": task.holder})


def _pending(board: TaskBoard, task: Task, pending: tuple[TaskId, ...]) -> DependenciesPending:
    """Says which dependencies are not completed, and of which of them nobody will ever do that."""
    dead = [one for one in pending if one in board.finished]
    text = f"task {task.id} waits for {ids_named(pending)}"
    if dead:
        text += f"; {ids_named(dead)} {'was' if len(dead) == 1 else 'were'} cancelled: have what it depends on edited"
    return DependenciesPending(text, facts={"pending": list(pending)})
