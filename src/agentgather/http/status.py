"""GET /status: who is here, what holds, and how far everybody is."""

from __future__ import annotations

from typing import Any

from agentgather.api.answers import participant_answer, room_status
from agentgather.http.asked import Asked, json_answer
from agentgather.live.live_room import LiveRoom
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.participant import Attention
from agentgather.serving.answer import Answer


def status(asked: Asked) -> Answer:
    return json_answer(status_fields(asked))


def status_fields(asked: Asked) -> dict[str, Any]:
    """The status object of contract section 2.5, and ours beside it; it touches nobody's presence."""
    room, state = asked.room, asked.room.state
    return {
        "ok": True,
        "room": state.room,
        "me": asked.alias,
        "is_host": asked.seat.is_host,
        "room_status": room_status(is_open=state.is_open),
        "brief_version": state.brief.version,
        "attendance_policy": state.policy.value,
        "stale_after_ms": room.stale_after_ms,
        "brief_updated_at": timestamp(state.brief.updated_at),
        "brief_updated_by": state.brief.updated_by,
        "participants": [public_participant(room, alias) for alias in state.participants],
        "role": asked.seat.role.value,
        "expires_at": timestamp(state.expires_at) if state.expires_at else None,
        "server_time": timestamp(room.clock()),
        "last_id": room.timeline.last_id,
        "chain": room.timeline.chain_head(),
        "paused": room.paused(),
        "public_url": asked.address.public_of(asked.room.id),
    }


def public_participant(room: LiveRoom, alias: Alias) -> dict[str, Any]:
    """A participant as everybody in the room may see it. Never a token, never a digest."""
    state = room.state
    seat = state.participants[alias]
    sighting = room.presence.of(alias, default=seat.joined_at)
    age_ms = room.seen_age_ms(alias, now=room.clock())
    attention = Attention.ATTENDING if room.held_count(alias) else sighting.attention
    return participant_answer(
        seat,
        attention=attention,
        last_seen_at=sighting.last_seen_at,
        seen_age_ms=age_ms,
        stale_after_ms=room.stale_after_ms,
        policy=state.policy,
        delivered_id=sighting.delivered_id,
        read_id=sighting.read_id,
    )
