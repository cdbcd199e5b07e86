"""What happened on the task board, in the past tense. `by` is who did it; a lapse is nobody's doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room.names import Alias
from agentgather.room.tasks.task import LapseReason, TaskId


@dataclass(frozen=True, slots=True)
class TaskAdded:
    by: Alias
    task: TaskId
    title: str
    description: str
    depends_on: tuple[TaskId, ...]
    assignee: Alias | None
    due: datetime | None
    client_id: str | None


@dataclass(frozen=True, slots=True)
class TaskClaimed:
    by: Alias
    task: TaskId


@dataclass(frozen=True, slots=True)
class TaskReleased:
    """`by` is its holder, or the host."""

    by: Alias
    task: TaskId


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    by: Alias
    task: TaskId
    result: str


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    by: Alias
    task: TaskId
    reason: str


@dataclass(frozen=True, slots=True)
class TaskReassigned:
    """Whoever else held it holds it no longer."""

    by: Alias
    task: TaskId
    assignee: Alias | None


@dataclass(frozen=True, slots=True)
class TaskEdited:
    """All four as they are now."""

    by: Alias
    task: TaskId
    title: str
    description: str
    depends_on: tuple[TaskId, ...]
    due: datetime | None


@dataclass(frozen=True, slots=True)
class TaskLapsed:
    task: TaskId
    holder: Alias
    reason: LapseReason


TaskSpoken = TaskAdded | TaskClaimed | TaskReleased | TaskCompleted | TaskCancelled | TaskReassigned | TaskEdited
TaskEvent = TaskSpoken | TaskLapsed
Happened = tuple[str, TaskEvent] | None  # the note that tells it, and the event; None: it is so already
