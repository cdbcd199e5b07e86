"""What clients send to the task board: JSON objects become commands, or a refusal that names the field at fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agentgather.api.errors import RequestRefused
from agentgather.room.message import moment, timestamp
from agentgather.room.names import Alias, is_message_id
from agentgather.room.refusals import InvalidText
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
from agentgather.room.tasks.refusals import InvalidAssignee, InvalidClientId, InvalidDependsOn, InvalidDue, TaskNotFound
from agentgather.room.tasks.task import TaskId, TaskStatus

Json = Mapping[str, Any]

TASKS_MAX = 500  # in one answer, where each is 2 KB at most: below what any door on the way lets pass
READY = "ready"  # of the filter: open, with nothing to wait for, and the asker may claim it


def read_task_id(text: str) -> TaskId:
    """The task that a path names. Raises TaskNotFound."""
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise TaskNotFound("a task is named by its number, as in /tasks/12")
    return TaskId(int(text))


def read_status(text: str | None) -> str | None:
    """The status that a list is asked for. Raises `invalid_status`."""
    if text is not None and text != READY and text not in TaskStatus.__members__.values():
        known = ", ".join((*TaskStatus, READY))
        raise RequestRefused("invalid_status", f"status is one of {known}", field="status")
    return text


def read_added(body: Json, *, actor: Alias) -> AddTask:
    client_id = body.get("client_id")
    if not isinstance(client_id, str | None):
        raise InvalidClientId("client_id must be a JSON string", field="client_id")
    return AddTask(
        actor,
        _text(body, "title"),
        _text(body, "description", default=""),
        _depends_on(body.get("depends_on", [])),
        _assignee(body.get("assignee")),
        _due(body.get("due")),
        client_id,
    )


def read_step(step: str, body: Json, *, actor: Alias, task: TaskId) -> TaskCommand:
    """What is asked of a task that is there: `step` is the last part of the path."""
    match step:
        case "claim":
            return ClaimTask(actor, task)
        case "release":
            return ReleaseTask(actor, task)
        case "complete":
            return CompleteTask(actor, task, _text(body, "result", default=""))
        case "cancel":
            return CancelTask(actor, task, _text(body, "reason", default=""))
        case "reassign":
            if "assignee" not in body:
                raise InvalidAssignee("say to whom: an alias, or null for everybody", field="assignee")
            return ReassignTask(actor, task, _assignee(body["assignee"]))
    return EditTask(
        actor,
        task,
        _text(body, "title") if "title" in body else None,
        _text(body, "description") if "description" in body else None,
        _depends_on(body["depends_on"]) if "depends_on" in body else None,
        _due(body.get("due")),
        is_due_set="due" in body,
    )


def _text(body: Json, field: str, *, default: str | None = None) -> str:
    value = body.get(field, default)
    if not isinstance(value, str):
        raise InvalidText(f"{field} is missing or is not text", field=field)
    return value


def _depends_on(value: Any) -> tuple[TaskId, ...]:
    if not isinstance(value, list) or not all(is_message_id(one) for one in value):
        raise InvalidDependsOn("depends_on is a list of tasks' numbers", field="depends_on")
    return tuple(dict.fromkeys(TaskId(one) for one in value))


def _assignee(value: Any) -> Alias | None:
    if not isinstance(value, str | None):
        raise InvalidAssignee("assignee is an alias, or null for everybody", field="assignee")
    return None if value is None else Alias(value)


def _due(value: Any) -> datetime | None:
    """A moment as the log will tell it: what comes again after a start is still the same."""
    if value is None:
        return None
    try:
        return moment(timestamp(moment(value)))
    except (TypeError, ValueError, OverflowError):
        raise InvalidDue("due is a moment such as 2026-01-05T09:30:00Z, or null for none", field="due") from None
