"""`agentgather wake status`: what is to be woken for, and what was, as the process that wakes has it on disk."""

from __future__ import annotations

import time
from typing import Any

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.wakes.budget import DAY_SECONDS
from agentgather.wake.notebook import Notebook


def status(*, flags: Flags = ANYONE) -> int:
    """Show whether somebody wakes the seat, what it is to be woken for, and what it was woken for and has not fetched."""

    async def work(turn: Turn) -> None:
        room, me = await turn.who()
        notebook = Notebook(turn.home, room, me)
        kept = notebook.read() or {}
        plan: dict[str, Any] = kept.get("plan", {})
        pid = notebook.holder()
        told = {
            "ok": True,
            "room": room,
            "alias": me,
            "pid": pid,
            "via": kept.get("via"),
            "since_id": plan.get("since_id", 0),
            "waiting": [one[0] for one in plan.get("waiting", [])],
            "woken": [one[0] for one in plan.get("woken", [])],
            "wakes_today": sum(at > time.time() - DAY_SECONDS for at in plan.get("spent", [])),
        }
        turn.output.answer(told, *_lines(told))

    return take_turn(flags, work)


def _lines(told: dict[str, Any]) -> list[str]:
    who = f"{told['alias']} in {told['room']}"
    first = (
        f"nobody wakes {who}" if told["pid"] is None else f"process {told['pid']} wakes {who} by {single(told['via'])}"
    )
    return [
        first,
        f"to be woken for: {_ids(told['waiting'])}",
        f"woken for, and not fetched: {_ids(told['woken'])}",
        f"wakes within a day: {told['wakes_today']}",
    ]


def _ids(ids: list[int]) -> str:
    return ", ".join(f"#{one}" for one in ids) or "nothing"
