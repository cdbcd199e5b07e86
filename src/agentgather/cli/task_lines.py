"""A task as a person reads it: a row of the board, or whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentgather.cli.columns import columns
from agentgather.cli.output import indented, single


def board_lines(tasks: Sequence[Mapping[str, Any]], *, status: str | None = None) -> list[str]:
    """The board as a table, or of it what has `status`; what others wrote is made safe to show."""
    if not tasks:
        return ["there are no tasks" if status is None else f"there are no tasks that are {single(status)}"]
    rows: list[tuple[object, ...]] = [("TASK", "STATE", "FOR", "DUE", "TITLE")]
    rows += [
        (task.get("id"), state(task), task.get("assignee") or "-", task.get("due") or "-", task.get("title"))
        for task in tasks
    ]
    return columns(rows)


def task_lines(task: Mapping[str, Any]) -> list[str]:
    """One task with all that is known of it."""
    told = [
        ("for", task.get("assignee")),
        ("due", task.get("due")),
        ("after", _ids(task.get("depends_on"))),
        ("added by", f"{task.get('added_by')}, {task.get('added_at')}"),
        ("claimed", task.get("claimed_at")),
        ("finished", task.get("finished_at")),
    ]
    lines = [f"task {single(task.get('id'))}: {single(task.get('title'))}", f"  {state(task)}"]
    lines += [f"  {name}: {single(value)}" for name, value in told if value]
    lines += [f"\n    {indented(str(task[name]))}" for name in ("description",) if task.get(name)]
    if task.get("result"):
        lines.append(f"\n  {'result' if task.get('status') == 'completed' else 'reason'}:")
        lines.append(f"    {indented(str(task['result']))}")
    return lines


def state(task: Mapping[str, Any]) -> str:
    """Who is at it, what it waits for, or how it ended."""
    status = single(task.get("status"))
    if status == "claimed":
        return f"claimed by {single(task.get('holder'))}"
    if status != "open":
        return f"{status} by {single(task.get('finished_by'))}"
    waits = f"waits for {blocked}" if (blocked := _ids(task.get("blocked_by"))) else status
    lapsed = task.get("lapsed")
    if not isinstance(lapsed, Mapping):
        return waits
    why = {"left": "left", "removed": "was removed", "silent": "fell silent"}.get(str(lapsed.get("reason")), "is gone")
    return f"{waits}: {single(lapsed.get('holder'))} {why}"


def _ids(value: object) -> str:
    return ", ".join(single(one) for one in value) if isinstance(value, list) else ""
