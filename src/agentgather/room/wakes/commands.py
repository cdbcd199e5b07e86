"""What is asked about the room's budget of wakes: the host sets it, and the room itself says that it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room.names import Alias
from agentgather.room.wakes.events import Span


@dataclass(frozen=True, slots=True)
class SetWakeBudget:
    """What is None stays as it is."""

    actor: Alias
    an_hour: int | None = None
    a_day: int | None = None


@dataclass(frozen=True, slots=True)
class EndWakeBudget:
    """The house's own: somebody asked for a wake beyond the budget of `span`, and there is none before `free_at`."""

    span: Span
    free_at: datetime
