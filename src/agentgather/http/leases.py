"""The leases of a room: who works on which paths."""

from __future__ import annotations

from agentgather.api.lease_json import lease_answer, read_lease_id, read_take
from agentgather.http.asked import Asked, json_answer
from agentgather.room.leases.commands import ReleaseLease
from agentgather.room.leases.events import LeaseTaken
from agentgather.room.leases.rules import held
from agentgather.serving.answer import Answer


def list_leases(asked: Asked) -> Answer:
    """Those that hold now, by number."""
    now = asked.room.clock()
    live = asked.room.state.leases.live(now)
    return json_answer({"ok": True, "leases": [lease_answer(lease, now=now) for lease in live]})


async def take_lease(asked: Asked) -> Answer:
    """201 with the lease that is new, 200 with the one that was held already and now holds longer."""
    command = read_take(await asked.body(), actor=asked.alias)
    _seen(asked)
    outcome = await asked.room.submit(command)
    now = asked.room.clock()
    lease = held(outcome.state, command, now=now)
    answer = {"ok": True, "lease": lease_answer(lease, now=now)}
    is_new = any(isinstance(record.event, LeaseTaken) for record in outcome.records)
    return json_answer(answer, 201) if is_new else json_answer({**answer, "extended": True})


async def release_lease(asked: Asked, *, lease_id: str) -> Answer:
    """End a lease before its time; one that is over stays over."""
    await asked.body()
    lease = read_lease_id(lease_id)
    _seen(asked)
    await asked.room.submit(ReleaseLease(asked.alias, lease))
    return json_answer({"ok": True, "lease_id": lease})


def _seen(asked: Asked) -> None:
    asked.room.presence.touch(asked.alias, now=asked.room.clock())
