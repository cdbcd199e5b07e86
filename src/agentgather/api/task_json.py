"""Tasks and what happened to them <-> JSON: as every door answers them, and as the log keeps them."""

from __future__ import annotations

from typing import Any

from agentgather.api.event_parts import Part, alias_part, optional, same, text, when, whole
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.tasks import events
from agentgather.room.tasks.board import TaskBoard
from agentgather.room.tasks.task import LapseReason, Task, TaskId

Json = dict[str, Any]


def task_json(task: Task, board: TaskBoard, *, is_whole: bool = True) -> Json:
    """A task as everybody in the room may see it; without `is_whole` its long texts are left out."""
    written: Json = {
        "id": task.id,
        "title": task.title,
        "status": task.status.value,
        "depends_on": list(task.depends_on),
        "blocked_by": list(board.pending(task.depends_on)) if task.finished_by is None else [],
        "assignee": task.assignee,
        "holder": task.holder,
        "claimed_at": _moment(task.claimed_at),
        "due": _moment(task.due),
        "added_by": task.added_by,
        "added_at": timestamp(task.added_at),
        "finished_by": task.finished_by,
        "finished_at": _moment(task.finished_at),
        "lapsed": None
        if task.lapsed is None
        else {
            "holder": task.lapsed.holder,
            "reason": task.lapsed.reason.value,
            "at": timestamp(task.lapsed.at),
        },
    }
    if is_whole:
        written |= {"description": task.description, "result": task.result}
    return written


def _moment(at: Any) -> str | None:
    return None if at is None else timestamp(at)


def _id(value: Any) -> TaskId:
    return TaskId(whole(value))


_TASK = Part("task", same, _id)
_DEPENDS_ON = Part("depends_on", list, lambda ids: tuple(_id(one) for one in ids))
_ASSIGNEE = Part("assignee", same, optional(lambda value: Alias(text(value))))
_REASON = Part("reason", lambda reason: reason.value, LapseReason)

TASK_SHAPES: dict[str, tuple[type[Any], tuple[Part, ...]]] = {
    "task.added": (
        events.TaskAdded,
        (
            alias_part("by"),
            _TASK,
            Part("title", same, text),
            Part("description", same, text),
            _DEPENDS_ON,
            _ASSIGNEE,
            when("due"),
            Part("client_id", same, optional(text)),
        ),
    ),
    "task.claimed": (events.TaskClaimed, (alias_part("by"), _TASK)),
    "task.released": (events.TaskReleased, (alias_part("by"), _TASK)),
    "task.completed": (events.TaskCompleted, (alias_part("by"), _TASK, Part("result", same, text))),
    "task.cancelled": (events.TaskCancelled, (alias_part("by"), _TASK, Part("reason", same, text))),
    "task.reassigned": (events.TaskReassigned, (alias_part("by"), _TASK, _ASSIGNEE)),
    "task.edited": (
        events.TaskEdited,
        (
            alias_part("by"),
            _TASK,
            Part("title", same, text),
            Part("description", same, text),
            _DEPENDS_ON,
            when("due"),
        ),
    ),
    "task.lapsed": (events.TaskLapsed, (_TASK, alias_part("holder"), _REASON)),
}
