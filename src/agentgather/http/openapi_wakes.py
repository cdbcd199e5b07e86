"""The room's budget of wakes, as the OpenAPI document describes it."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.http.openapi_operation import NEW, Operation, okay
from agentgather.http.openapi_shapes import ALIAS, MOMENT, YES, Schema, choice, fields, named, nullable, text, whole
from agentgather.room.wakes.events import Span
from agentgather.room.wakes.rules import WAKES_MAX

_MOST = whole(least=1, most=WAKES_MAX)
_WAKE_ID = text("what is told afterwards of this wake has the same", pattern="^[A-Za-z0-9._:-]{1,64}$")

WAKES_EVENTS: dict[str, dict[str, Schema]] = {
    "wakes.budget_set": {"by": ALIAS, "an_hour": _MOST, "a_day": _MOST},
    "wakes.budget_ended": {"span": choice(Span), "wakes": whole(), "free_at": MOMENT},
}

WAKES_FACTS: dict[str, Schema] = {"free_at": MOMENT}  # of `wake_budget_spent`

WAKES_TAKEN: dict[str, Schema] = {
    "WakeAsked": fields({"wake_id": _WAKE_ID}, examples=[{"wake_id": "wake-1"}]),
    "WakeBudget": fields(
        {}, {"an_hour": nullable(_MOST), "a_day": nullable(_MOST)}, examples=[{"an_hour": 60}, {"a_day": 300}]
    ),
}

WAKES_ANSWERED: dict[str, Schema] = {
    "RoomWakes": fields(
        {
            "an_hour": _MOST,
            "a_day": _MOST,
            "last_hour": whole(),
            "last_day": whole(),
            "free_at": nullable(
                MOMENT | {"description": "before then nobody is woken; null: the next wake may be now"}
            ),
        },
        description="How many wakes the whole room may cause, and how many it caused.",
    )
}

WAKES_OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", paths.ROOM_WAKES): Operation(
        "askWake",
        "Ask for one wake of your own agent, before you wake it; by the same id again it counts once",
        fields(
            {"ok": YES, "wake_id": _WAKE_ID, "wakes": named("RoomWakes")},
            {"idempotent": YES | {"description": "it had been asked for before"}},
        ),
        ("room_closed", "rate_limited", "invalid_wake", "wake_budget_spent"),
        body=named("WakeAsked"),
    ),
    ("POST", paths.WAKE_BUDGET): Operation(
        "setWakeBudget",
        "Say how many wakes the whole room may cause; what is left out stays as it is",
        okay(wakes=named("RoomWakes")),
        (*NEW, "invalid_budget", "loop_guard"),
        body=named("WakeBudget"),
    ),
}
