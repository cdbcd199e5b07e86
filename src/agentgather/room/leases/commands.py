"""What is asked of leases. `actor` comes from the credential, as in every command."""

from __future__ import annotations

from dataclasses import dataclass

from agentgather.room.leases.lease import LeaseId
from agentgather.room.names import Alias


@dataclass(frozen=True, slots=True)
class TakeLease:
    """Work alone on what `globs` match for so many `minutes`. Asked again with the same globs, it is extended."""

    actor: Alias
    globs: tuple[str, ...]
    minutes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseLease:
    actor: Alias
    lease: LeaseId


LeaseCommand = TakeLease | ReleaseLease
