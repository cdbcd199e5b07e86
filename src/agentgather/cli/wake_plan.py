"""The plan of a command that wakes, as it was left."""

from __future__ import annotations

import time

from agentgather.cli.turn import Turn
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import DocumentDamaged
from agentgather.wake.marks import Marks
from agentgather.wake.notebook import Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.rules import WakeRules
from agentgather.wake.told import Told


def taken_up(
    turn: Turn, rules: WakeRules, *, room: RoomId, me: Alias, notebook: Notebook, seen: Marks
) -> tuple[WakePlan, tuple[Told, ...]]:
    """The plan as it was left, or a new one, which begins after what the participant has fetched already.

    Raises DocumentDamaged.
    """

    def new() -> WakePlan:
        return WakePlan(rules, room=room, me=me, room_url=turn.seat.base_url, since_id=seen.fetched_id)

    kept = notebook.read()
    if kept is None:
        return new(), ()
    plan = new()
    try:
        told = plan.take_up(kept["plan"], now=time.time())
    except (KeyError, ValueError):
        raise DocumentDamaged(notebook.path, "it is no note of wakes") from None
    if plan.since_id > seen.last_id:  # it was kept for another room of this name
        return new(), ()
    return plan, told
