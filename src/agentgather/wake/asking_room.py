"""Asking the room for a wake before it is handed over: the room has a budget of its own, for all whom it calls."""

from __future__ import annotations

from agentgather.client.errors import Refused, Unreachable
from agentgather.client.follow import Reach
from agentgather.wake.adapter import Wake
from agentgather.wake.plan import WakePlan
from agentgather.wake.told import Told

AWAY_SECONDS = 5.0  # until a room that could not be asked is asked again: nobody is woken for a room they cannot reach
_OLDER = ("not_found", "method_not_allowed")  # a room that has no such budget


async def ask_room(reach: Reach, plan: WakePlan, wake: Wake, *, now: float) -> tuple[bool, tuple[Told, ...]]:
    """Whether `wake` may be handed over now, and what is told of that; if not, the plan knows when to try again.

    Never raises for a room that says no, or does not answer. `now` is in Unix seconds.
    """
    try:
        async with reach() as room:
            await room.ask_wake(wake.id)
    except Refused as refused:
        if refused.code in _OLDER:
            return True, ()
        again_at = now + max(1.0, refused.retry_after_seconds or AWAY_SECONDS)
        if refused.code == "wake_budget_spent":
            return False, plan.refused(again_at=again_at, now=now)
        plan.withheld(again_at=again_at)
        return False, ()
    except Unreachable:
        plan.withheld(again_at=now + AWAY_SECONDS)
        return False, ()
    return True, plan.granted(now=now)
