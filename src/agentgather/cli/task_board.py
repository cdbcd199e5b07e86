"""`agentgather task list` and `show`: what is on the board."""

from __future__ import annotations

from functools import partial
from typing import Any

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.task_lines import board_lines, task_lines
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.room_client import RoomClient


def list_tasks(*, status: str | None = None, flags: Flags = ANYONE) -> int:
    """Show the task board.

    Parameters
    ----------
    status
        Only these: open, claimed, completed, cancelled, or ready (open, and you may claim it now). Default: all.
    """
    return take_turn(flags, lambda turn: _list(turn, status=status))


async def _list(turn: Turn, *, status: str | None) -> None:
    tasks: list[dict[str, Any]] = []
    after_id: int | None = None
    while True:
        page = await turn.ask(partial(RoomClient.tasks, status=status, after_id=after_id))
        tasks += [task for task in page.get("tasks", []) if isinstance(task, dict)]
        next_after_id = page.get("next_after_id")
        if type(next_after_id) is not int or next_after_id <= (after_id or 0):
            break
        after_id = next_after_id
    told = {name: page.get(name) for name in ("last_id", "claim_lease_seconds")}
    turn.output.answer({"ok": True, "tasks": tasks, **told}, *board_lines(tasks, status=status))


def show(task: int, /, *, flags: Flags = ANYONE) -> int:
    """Show one task with its description and its result.

    Parameters
    ----------
    task
        The number of the task.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.task(task))
        turn.output.answer(answer, *task_lines(answer.get("task") or {}))

    return take_turn(flags, work)
