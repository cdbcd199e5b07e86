"""What a transcript is made from, and what every writer of one can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from agentgather.room.names import RoomId


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands before the records: `status` as GET /status answers it, `brief` as GET /brief does."""

    room: RoomId
    status: Mapping[str, Any]
    brief: Mapping[str, Any]
    exported_at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """What stands after them: how many there were, and the head of their chain (None: nothing is sealed)."""

    records: int
    chain: str | None


class Writer(Protocol):
    """Writes one transcript, piece by piece: joined, the pieces are the file. Records are lines of the log, parsed."""

    def begin(self) -> str: ...

    def resume(self, last: Mapping[str, object], /) -> None:
        """Go on after the record `last`, which another writer of this format wrote; in place of `begin`."""
        ...

    def record(self, fields: Mapping[str, object]) -> str: ...

    def end(self, ending: Ending, /) -> str: ...
