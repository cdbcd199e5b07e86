"""The host's wheel: the brief, the policy, the room's time, and its end."""

from __future__ import annotations

from agentgather.api.answers import brief_answer, room_status
from agentgather.api.bodies import read_brief, read_policy, read_session, read_ttl
from agentgather.api.durations import parse_ttl
from agentgather.api.session_json import session_json
from agentgather.http.asked import Asked, json_answer
from agentgather.room.commands import Close, Continue, Extend, SetBrief, SetPolicy
from agentgather.room.message import timestamp
from agentgather.room.refusals import InvalidTtl
from agentgather.serving.answer import Answer


def show_brief(asked: Asked) -> Answer:
    return json_answer({"ok": True, "brief": brief_answer(asked.room.state.brief)})


async def set_brief(asked: Asked) -> Answer:
    outcome = await asked.room.submit(SetBrief(asked.alias, read_brief(await asked.body())))
    return json_answer({"ok": True, "brief": brief_answer(outcome.state.brief)})


async def set_policy(asked: Asked) -> Answer:
    outcome = await asked.room.submit(SetPolicy(asked.alias, read_policy(await asked.body())))
    return json_answer({"ok": True, "attendance_policy": outcome.state.policy.value})


async def extend(asked: Asked) -> Answer:
    """Move the room's end to `ttl` from now, or away with `none`."""
    ttl = read_ttl(await asked.body())
    if ttl is None:
        raise InvalidTtl("say how long from now: 2h, 90m, 1d, or none for no end", field="ttl")
    lifetime = parse_ttl(ttl, field="ttl")
    end = None if lifetime is None else asked.room.clock() + lifetime
    outcome = await asked.room.submit(Extend(asked.alias, end))
    expires_at = outcome.state.expires_at
    return json_answer({"ok": True, "expires_at": timestamp(expires_at) if expires_at else None})


async def set_session(asked: Asked) -> Answer:
    """Start or end the session; the answer is the one that is on, or null."""
    outcome = await asked.room.submit(read_session(await asked.body(), actor=asked.alias))
    return json_answer({"ok": True, "session": session_json(outcome.state.session)})


async def continue_room(asked: Asked) -> Answer:
    """Let agents that the loop guard paused speak again."""
    await asked.body()
    paused = asked.room.paused()
    await asked.room.submit(Continue(asked.alias))
    return json_answer({"ok": True, "continued": paused})


async def close(asked: Asked) -> Answer:
    """Close the room for good; closing it again says the same."""
    await asked.body()
    outcome = await asked.room.submit(Close(asked.alias))
    return json_answer({"ok": True, "room_status": room_status(is_open=outcome.state.is_open)})
