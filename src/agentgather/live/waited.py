"""How a held wait ended, and what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agentgather.room.keeping import Kept


class Reason(StrEnum):
    """How a wait ended. (The sixth way, its caller gone, leaves nobody to tell.)"""

    MESSAGE = "message"
    HEARTBEAT = "heartbeat"
    REMOVED = "removed"
    CLOSED = "closed"
    SHUTDOWN = "shutdown"
    UNAUTHORIZED = "unauthorized"  # the token was replaced or ran out while it waited


@dataclass(frozen=True, slots=True)
class Waited:
    """What a wait brought: `kept` is what is new (empty unless MESSAGE or CLOSED), `has_more` that there is yet more."""

    reason: Reason
    kept: Sequence[Kept] = ()
    has_more: bool = False
