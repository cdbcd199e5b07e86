"""The rules of the task board: who may do anything there, and when a claim ends without its holder's word.

Whoever may speak may add a task. What may be done to one stands in `claiming` and in `planning`.
"""

from __future__ import annotations

from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId
from agentgather.room.participant import Participant, Role
from agentgather.room.refusals import IdReused, ReadOnly
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.tasks import claiming, events, fields, planning
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
from agentgather.room.tasks.events import Happened
from agentgather.room.tasks.refusals import TaskNotFound
from agentgather.room.tasks.task import LapseReason
from agentgather.room.tasks.wording import lapsed


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


def _decided(state: RoomState, command: TaskCommand, *, actor: Participant, limits: RoomLimits) -> Happened:
    if isinstance(command, AddTask):
        return planning.add(state, command, limits=limits)
    task = state.tasks.find(command.task)
    if task is None:
        raise TaskNotFound(f"there is no task {command.task} in this room; the newest is {state.tasks.last_id}")
    match command:
        case ClaimTask():
            return claiming.claim(state, task, by=actor.alias)
        case ReleaseTask():
            return claiming.release(task, actor=actor)
        case CompleteTask():
            result = fields.long_text(command.result, field="result", limits=limits)
            return claiming.complete(state.tasks, task, by=actor.alias, result=result)
        case CancelTask():
            reason = fields.long_text(command.reason, field="reason", limits=limits)
            return planning.cancel(state.tasks, task, actor=actor, reason=reason)
        case ReassignTask():
            return planning.reassign(state, task, actor=actor, assignee=command.assignee)
        case EditTask():
            return planning.edit(state.tasks, task, command, actor=actor, limits=limits)
