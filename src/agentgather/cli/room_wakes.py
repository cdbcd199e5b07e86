"""`agentgather room wakes`: how many wakes the whole room may cause, and how many it caused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn


def view(*, flags: Flags = ANYONE) -> int:
    """Show how many wakes the room may cause, and how many it caused."""

    async def work(turn: Turn) -> None:
        wakes = (await turn.ask(lambda room: room.status())).get("wakes")
        told = wakes if isinstance(wakes, dict) else {}
        turn.output.answer({"ok": True, "wakes": wakes}, *wakes_lines(told))

    return take_turn(flags, work)


def set_budget(*, an_hour: int | None = None, a_day: int | None = None, flags: Flags = ANYONE) -> int:
    """Say how many wakes the whole room may cause, whoever is woken. What you leave out stays as it is.

    Parameters
    ----------
    an_hour
        Wakes within an hour, 1 to 10000.
    a_day
        Wakes within a day, 1 to 10000.
    """
    if an_hour is None and a_day is None:
        raise Failure("usage", "say --an-hour, --a-day, or both")

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.set_wake_budget(an_hour=an_hour, a_day=a_day))
        turn.output.answer(answer, *wakes_lines(answer.get("wakes") or {}))

    return take_turn(flags, work)


def wakes_lines(wakes: Mapping[str, Any]) -> list[str]:
    """The budget and what of it is spent, as a person reads it; of a room of before there were budgets, that."""
    if not wakes:
        return ["this room counts no wakes"]
    lines = [
        f"{wakes.get('last_hour')} of {wakes.get('an_hour')} wakes in the last hour, "
        f"{wakes.get('last_day')} of {wakes.get('a_day')} in the last day"
    ]
    return [*lines, spent_line(wakes)] if wakes.get("free_at") else lines


def spent_line(wakes: Mapping[str, Any]) -> str:
    return (
        f"the budget of wakes is spent: nobody is woken before {single(wakes.get('free_at'))} (agentgather room wakes)"
    )
