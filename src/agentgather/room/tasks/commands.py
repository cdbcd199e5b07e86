"""What is asked of the task board. `actor` comes from the credential, as in every command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room.names import Alias
from agentgather.room.tasks.task import TaskId


@dataclass(frozen=True, slots=True)
class AddTask:
    """`client_id` makes it safe to ask again: one id of one author is one task."""

    actor: Alias
    title: str
    description: str = ""
    depends_on: tuple[TaskId, ...] = ()
    assignee: Alias | None = None
    due: datetime | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimTask:
    actor: Alias
    task: TaskId


@dataclass(frozen=True, slots=True)
class ReleaseTask:
    actor: Alias
    task: TaskId


@dataclass(frozen=True, slots=True)
class CompleteTask:
    actor: Alias
    task: TaskId
    result: str = ""


@dataclass(frozen=True, slots=True)
class CancelTask:
    actor: Alias
    task: TaskId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReassignTask:
    """`assignee` None: everybody may claim it."""

    actor: Alias
    task: TaskId
    assignee: Alias | None


@dataclass(frozen=True, slots=True)
class EditTask:
    """None leaves a field as it is. `is_due_set`: `due` counts, and None takes it away."""

    actor: Alias
    task: TaskId
    title: str | None = None
    description: str | None = None
    depends_on: tuple[TaskId, ...] | None = None
    due: datetime | None = None
    is_due_set: bool = False


@dataclass(frozen=True, slots=True)
class LapseClaims:
    """The house's own: these participants gave no sign of life for the length of a lease."""

    silent: tuple[Alias, ...]


TaskCommand = AddTask | ClaimTask | ReleaseTask | CompleteTask | CancelTask | ReassignTask | EditTask
