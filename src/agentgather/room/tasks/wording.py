"""What the room's notes say of the board: one line each, `@alias` only for whom it concerns, others' words quoted."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.room.names import Alias
from agentgather.room.tasks.task import LapseReason, Task, TaskId
from agentgather.room.text import quoted

_NAMED_MAX = 8  # tasks in one note
_EXCERPT_CHARACTERS = 200


def called(alias: Alias, *, by: Alias) -> str:
    """`alias`, so that it is called, unless it is its own doing."""
    return alias if alias == by else f"@{alias}"


def task_named(task_id: TaskId, title: str) -> str:
    return f"task {task_id} {quoted(title)}"


def ids_named(ids: Sequence[TaskId]) -> str:
    """`task 2`, `tasks 2 and 3`, `tasks 1, 2 and 3`; of very many the first few."""
    return ("task " if len(ids) == 1 else "tasks ") + _joined([str(one) for one in ids])


def concerned(tasks: Sequence[Task], *, by: Alias, is_for_assignee: bool) -> str:
    """`task 5 (@doc)`, `tasks 5 (@doc) and 6`: with who may claim it, or who added it."""
    told = []
    for task in tasks:
        whom = task.assignee if is_for_assignee else task.added_by
        told.append(str(task.id) if whom is None else f"{task.id} ({called(whom, by=by)})")
    return ("task " if len(tasks) == 1 else "tasks ") + _joined(told)


def excerpt(text: str) -> str:
    """The beginning of a text, as `: …` behind a sentence; nothing of nothing."""
    text = text.strip()
    if not text:
        return ""
    return ": " + quoted(text if len(text) <= _EXCERPT_CHARACTERS else text[:_EXCERPT_CHARACTERS] + "…")


def lapsed(task: Task, holder: Alias, reason: LapseReason, *, lease_seconds: int) -> str:
    why = {
        LapseReason.LEFT: f"{holder} left",
        LapseReason.REMOVED: f"{holder} was removed",
        LapseReason.SILENT: f"@{holder} gave no sign of life for {_length(lease_seconds)}",
    }[reason]
    whose = "" if task.added_by == holder else f" (@{task.added_by} added it)"
    return f"{task_named(task.id, task.title)} is free again: {why}{whose}"


def _joined(words: list[str]) -> str:
    if len(words) > _NAMED_MAX:
        words = [*words[: _NAMED_MAX - 1], f"{len(words) - _NAMED_MAX + 1} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _length(seconds: int) -> str:
    count, unit = (seconds // 60, "minute") if seconds % 60 == 0 else (seconds, "second")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
