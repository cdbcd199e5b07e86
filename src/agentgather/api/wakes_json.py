"""The room's budget of wakes as JSON: its events in the log, what of it is spent, and what is asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgather.api.event_parts import Part, alias_part, same, whole
from agentgather.room.message import moment, timestamp
from agentgather.room.names import Alias
from agentgather.room.refusals import InvalidBudget, InvalidWake
from agentgather.room.wakes.board import Spending
from agentgather.room.wakes.commands import SetWakeBudget
from agentgather.room.wakes.events import Span, WakeBudgetEnded, WakeBudgetSet
from agentgather.room.wakes.rules import check_wake_id

WAKES_SHAPES: dict[str, tuple[type[Any], tuple[Part, ...]]] = {
    "wakes.budget_set": (
        WakeBudgetSet,
        (alias_part("by"), Part("an_hour", same, whole), Part("a_day", same, whole)),
    ),
    "wakes.budget_ended": (
        WakeBudgetEnded,
        (
            Part("span", lambda span: span.value, Span),
            Part("wakes", same, whole),
            Part("free_at", timestamp, moment),
        ),
    ),
}


def spending_json(spending: Spending) -> dict[str, Any]:
    """`free_at` null: the next wake may be now."""
    return {
        "an_hour": spending.an_hour,
        "a_day": spending.a_day,
        "last_hour": spending.last_hour,
        "last_day": spending.last_day,
        "free_at": timestamp(spending.free_at) if spending.free_at else None,
    }


def read_wake_budget(body: Mapping[str, Any], *, actor: Alias) -> SetWakeBudget:
    """`an_hour`, `a_day` or both. Raises InvalidBudget."""
    for name in ("an_hour", "a_day"):
        if body.get(name) is not None and type(body[name]) is not int:
            raise InvalidBudget(f"{name} is a whole number", field=name)
    return SetWakeBudget(actor, body.get("an_hour"), body.get("a_day"))


def read_wake_id(body: Mapping[str, Any]) -> str:
    """By which the wake that is asked for is told of afterwards. Raises InvalidWake."""
    if not isinstance(body.get("wake_id"), str):
        raise InvalidWake("wake_id must be a JSON string", field="wake_id")
    return check_wake_id(body["wake_id"])
