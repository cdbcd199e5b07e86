"""GET /status: who is here, what holds, and how far everybody is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agentgather.api.answers import Seen, participant_answer, participant_text, room_status, status_answer
from agentgather.api.session_json import session_json
from agentgather.api.wakes_json import spending_json
from agentgather.http.asked import Asked, bytes_answer
from agentgather.http.wakes import spending
from agentgather.live.live_room import LiveRoom
from agentgather.room.live_state import LiveState, live_state
from agentgather.room.message import timestamp
from agentgather.room.names import Alias
from agentgather.room.participant import Attention, Participant
from agentgather.serving.answer import Answer


def status(asked: Asked) -> Answer:
    room, now = asked.room, asked.room.clock()
    stale_after_ms, policy = room.stale_after_ms, room.state.policy
    participants = [
        participant_text(seat, _seen(room, seat, now=now), stale_after_ms=stale_after_ms, policy=policy)
        for seat in room.state.participants.values()
    ]
    return bytes_answer(status_answer(_before(asked), participants, _after(asked)))


def status_fields(asked: Asked) -> dict[str, Any]:
    """The status object of contract section 2.5, and ours beside it; it touches nobody's presence."""
    room = asked.room
    participants = [public_participant(room, alias) for alias in room.state.participants]
    return {**_before(asked), "participants": participants, **_after(asked)}


def public_participant(room: LiveRoom, alias: Alias) -> dict[str, Any]:
    """A participant as everybody in the room may see it. Never a token, never a digest."""
    seat = room.state.participants[alias]
    seen = _seen(room, seat, now=room.clock())
    return participant_answer(seat, seen, stale_after_ms=room.stale_after_ms, policy=room.state.policy)


def _seen(room: LiveRoom, seat: Participant, *, now: datetime) -> Seen:
    sighting = room.presence.of(seat.alias, default=seat.joined_at)
    is_holding = room.held_count(seat.alias) > 0
    attention = Attention.ATTENDING if is_holding else sighting.attention
    age_ms = 0 if is_holding else sighting.age_ms(now)
    is_working = sighting.is_working(now)
    state = live_state(
        seat,
        attention=attention,
        is_holding=is_holding,
        is_working=is_working,
        is_watched=room.peek_count(seat.alias) > 0,
        was_seen=seat.has_joined or attention is not Attention.MANUAL or sighting.last_seen_at > seat.joined_at,
        seen_age_ms=age_ms,
        stale_after_ms=room.stale_after_ms,
    )
    working_on = sighting.working_on if state is LiveState.WORKING else None
    return Seen(attention, sighting.last_seen_at, age_ms, sighting.delivered_id, sighting.read_id, state, working_on)


def _before(asked: Asked) -> dict[str, Any]:
    state = asked.room.state
    return {
        "ok": True,
        "room": state.room,
        "me": asked.alias,
        "is_host": asked.seat.is_host,
        "room_status": room_status(is_open=state.is_open),
        "brief_version": state.brief.version,
        "attendance_policy": state.policy.value,
        "stale_after_ms": asked.room.stale_after_ms,
        "brief_updated_at": timestamp(state.brief.updated_at),
        "brief_updated_by": state.brief.updated_by,
    }


def _after(asked: Asked) -> dict[str, Any]:
    room, state = asked.room, asked.room.state
    return {
        "role": asked.seat.role.value,
        "expires_at": timestamp(state.expires_at) if state.expires_at else None,
        "server_time": timestamp(room.clock()),
        "last_id": room.timeline.last_id,
        "chain": room.timeline.chain_head(),
        "paused": room.paused(),
        "session": session_json(state.session),
        "wakes": spending_json(spending(room)),
        "public_url": asked.address.public_of(room.id),
    }
