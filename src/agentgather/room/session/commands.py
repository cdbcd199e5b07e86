"""What is asked about the room's session. Both are the host's."""

from __future__ import annotations

from dataclasses import dataclass

from agentgather.room.names import Alias


@dataclass(frozen=True, slots=True)
class StartSession:
    """`expected_minutes` is a guess, and ends nothing. `policy` is the attendance that is asked for meanwhile, as it was sent."""

    actor: Alias
    expected_minutes: int | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class EndSession:
    actor: Alias


SessionCommand = StartSession | EndSession
