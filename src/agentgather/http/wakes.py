"""The room's budget of wakes: asked for by whoever wakes an agent, set by the host."""

from __future__ import annotations

from contextlib import suppress

from agentgather.api.wakes_json import read_wake_budget, read_wake_id, spending_json
from agentgather.http.asked import Asked, json_answer
from agentgather.live.live_room import LiveRoom
from agentgather.room.names import Alias
from agentgather.room.participant import Kind
from agentgather.room.refusals import Refusal, RoomIsClosed, WakeBudgetSpent
from agentgather.room.wakes.board import Spending
from agentgather.room.wakes.commands import EndWakeBudget
from agentgather.serving.answer import Answer


async def ask(asked: Asked) -> Answer:
    """One wake of the caller, before it is handed over. Asked again by the same id it counts once."""
    wake_id = read_wake_id(await asked.body())
    room, now = asked.room, asked.room.clock()
    if not room.state.is_open:
        raise RoomIsClosed("the room is closed; nobody is woken for it any more")
    room.deliveries.admit(asked.alias, now=now)
    try:
        is_repeat = room.wakes.grant(
            asked.alias,
            wake_id,
            others=other_agents(room, asked.alias),
            board=room.state.wakes,
            limits=room.limits,
            now=now,
        )
    except WakeBudgetSpent:
        await _note_end(room)
        raise
    told = {"ok": True, "wake_id": wake_id, "wakes": spending_json(spending(room))}
    return json_answer(told | ({"idempotent": True} if is_repeat else {}))


async def set_budget(asked: Asked) -> Answer:
    await asked.room.submit(read_wake_budget(await asked.body(), actor=asked.alias))
    return json_answer({"ok": True, "wakes": spending_json(spending(asked.room))})


def other_agents(room: LiveRoom, alias: Alias) -> list[Alias]:
    """Who may be woken here beside `alias`."""
    seats = room.state.participants.values()
    return [seat.alias for seat in seats if seat.alias != alias and seat.kind is Kind.AGENT and not seat.is_removed]


def spending(room: LiveRoom) -> Spending:
    """How much of its budget the room has spent by now."""
    return room.wakes.spending(room.state.wakes, room.limits, now=room.clock())


async def _note_end(room: LiveRoom) -> None:
    """Have it noted that the budget ended. What keeps the room from that keeps nobody from the answer."""
    told = spending(room)
    if told.ended is not None and told.free_at is not None:
        with suppress(Refusal):
            await room.submit(EndWakeBudget(told.ended, told.free_at))
