"""What happened to the room's session."""

from __future__ import annotations

from dataclasses import dataclass

from agentgather.room.names import Alias
from agentgather.room.participant import Policy


@dataclass(frozen=True, slots=True)
class SessionStarted:
    by: Alias
    expected_minutes: int | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class SessionEnded:
    by: Alias


SessionEvent = SessionStarted | SessionEnded
