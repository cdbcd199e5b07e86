"""A lease, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from agentgather.room.names import Alias

LeaseId = NewType("LeaseId", int)  # 1, 2, 3, … in each room


class Ending(StrEnum):
    """Why a lease ended before its time: somebody's word, or that its holder went. Its time is nobody's doing."""

    RELEASED = "released"
    LEFT = "left"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Lease:
    """`holder` works on what `globs` match, and nobody else does, until `until`. `globs` are in their normal form."""

    id: LeaseId
    holder: Alias
    globs: tuple[str, ...]
    note: str
    taken_at: datetime
    until: datetime

    def is_live(self, now: datetime) -> bool:
        return now < self.until
