"""The session that is on, as the log tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room.names import Alias
from agentgather.room.participant import Policy
from agentgather.room.session.events import SessionEvent, SessionStarted


@dataclass(frozen=True, slots=True)
class ActiveSession:
    """`started_at` is UTC. It stays until the host ends it or the room closes, however long was expected."""

    by: Alias
    started_at: datetime
    expected_minutes: int | None
    policy: Policy | None


def apply(event: SessionEvent, *, at: datetime) -> ActiveSession | None:
    """The session after `event`; None when none is on."""
    if isinstance(event, SessionStarted):
        return ActiveSession(event.by, at, event.expected_minutes, event.policy)
    return None
