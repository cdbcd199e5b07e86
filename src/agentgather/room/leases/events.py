"""What happened to leases, in the past tense. That one's time is over is no event: whoever looks sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room.leases.lease import Ending, LeaseId
from agentgather.room.names import Alias


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    by: Alias
    lease: LeaseId
    globs: tuple[str, ...]
    note: str
    until: datetime


@dataclass(frozen=True, slots=True)
class LeaseExtended:
    """Its holder took it again: the end and the note as they are now."""

    by: Alias
    lease: LeaseId
    note: str
    until: datetime


@dataclass(frozen=True, slots=True)
class LeaseEnded:
    """Before its time. `by` is its holder, or the host where that is who ended it."""

    by: Alias
    lease: LeaseId
    ending: Ending


LeaseSpoken = LeaseTaken | LeaseExtended  # these an agent has said; to let go is free
LeaseEvent = LeaseSpoken | LeaseEnded
