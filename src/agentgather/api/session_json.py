"""Sessions as JSON: their events in the log, and the one that is on as it is answered."""

from __future__ import annotations

from typing import Any

from agentgather.api.event_parts import Part, alias_part, optional, same, whole
from agentgather.room.message import timestamp
from agentgather.room.participant import Policy
from agentgather.room.session.board import ActiveSession
from agentgather.room.session.events import SessionEnded, SessionStarted

SESSION_SHAPES: dict[str, tuple[type[Any], tuple[Part, ...]]] = {
    "session.started": (
        SessionStarted,
        (
            alias_part("by"),
            Part("expected_minutes", same, optional(whole)),
            Part("policy", optional(lambda policy: policy.value), optional(Policy)),
        ),
    ),
    "session.ended": (SessionEnded, (alias_part("by"),)),
}


def session_json(session: ActiveSession | None) -> dict[str, Any] | None:
    """The session that is on; None when none is."""
    if session is None:
        return None
    return {
        "by": session.by,
        "started_at": timestamp(session.started_at),
        "expected_minutes": session.expected_minutes,
        "policy": session.policy.value if session.policy is not None else None,
    }
