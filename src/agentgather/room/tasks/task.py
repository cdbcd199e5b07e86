"""A task, and the few words that its life is told in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from agentgather.room.names import Alias

TaskId = NewType("TaskId", int)  # 1, 2, 3, … in each room


class TaskStatus(StrEnum):
    """OPEN waits for somebody, CLAIMED is being done. The other two are for good."""

    OPEN = "open"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class LapseReason(StrEnum):
    """Why a claim ended without its holder's word. SILENT: there was no sign of life for the length of a lease."""

    LEFT = "left"
    REMOVED = "removed"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Lapse:
    """The last claim that ended by itself."""

    holder: Alias
    reason: LapseReason
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the board.

    `holder` is set while it is CLAIMED; `finished_by`, `finished_at` and `result` (of a cancelled one: the reason) once it
    is COMPLETED or CANCELLED. `assignee` is who alone may claim it, None: everybody. `lapsed` stays until the next claim.
    """

    id: TaskId
    title: str
    description: str
    added_by: Alias
    added_at: datetime
    depends_on: tuple[TaskId, ...] = ()
    assignee: Alias | None = None
    due: datetime | None = None
    status: TaskStatus = TaskStatus.OPEN
    holder: Alias | None = None
    claimed_at: datetime | None = None
    lapsed: Lapse | None = None
    finished_by: Alias | None = None
    finished_at: datetime | None = None
    result: str = ""
