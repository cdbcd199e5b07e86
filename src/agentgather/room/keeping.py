"""What a room asks of whoever keeps its log: blocking calls, made off the event loop (store/ has the adapters)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agentgather.room.delivery.marks import Mark
from agentgather.room.message import Message
from agentgather.room.names import MessageId
from agentgather.room.participant import Attention, Participant
from agentgather.room.state import RoomState


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it is kept: the record, its public JSON object as bytes (no newline), and its line of the log.

    A record that is for somebody has its short proof (`api.proof`) at the end of its public JSON; the line has not.

    `line` includes the seal and the newline. A record of 0.1 has no seal; its line is what its file holds.
    """

    record: Message
    json: bytes
    line: bytes


class Journal(Protocol):
    """The append-only log of one room. One caller at a time; every call may block on the disk."""

    def append(self, records: Sequence[Message]) -> list[Kept]:
        """Make `records` durable, all in one write and one fsync, and return them as kept.

        Raises StorageFull or StorageFailed; then none of them is in the log as far as anyone will ever see, and the
        next call first reopens and verifies the file.
        """
        ...

    def recover(self) -> None:
        """Reopen and verify the log after a failure; does nothing when it is well. Raises as `append` does."""
        ...

    def scrub(self, message_id: MessageId) -> Kept:
        """Take the text of a record out of the log for good; the chain stays verifiable. Raises as `append` does."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SavedSeat:
    """A seat as the roster file keeps it: the participant, its credential's digest, and what was last seen of it.

    `token_hash` is the hex SHA-256 of the token, None when the seat has none. Ids are 0 before the first delivery.
    """

    participant: Participant
    token_hash: str | None
    token_expires_at: datetime | None
    attention: Attention
    last_seen_at: datetime
    delivered_id: int = 0
    read_id: int = 0


class DeliveryFile(Protocol):
    """What was seen of messages, kept beside the log. One caller at a time; calls may block, and raise a storage Refusal.

    `through` counts every mark ever written, `line_count` the lines there are. After a failure, over a file that was found
    damaged, and once it is nearly full, `is_sound` is false: then it is not appended to before it was rewritten.
    """

    @property
    def through(self) -> int: ...
    @property
    def line_count(self) -> int: ...
    @property
    def is_sound(self) -> bool: ...

    def append(self, marks: Sequence[Mark]) -> None:
        """Make `marks` durable after those before."""
        ...

    def rewrite(self, marks: Iterable[Mark]) -> None:
        """Make `marks` all that is kept; where there is no room for all, the newest of them."""
        ...


class Documents(Protocol):
    """The checkpoints of one room, replaced atomically. Every call may block; raises StorageFull or StorageFailed."""

    def save_roster(self, seats: Sequence[SavedSeat], *, through_id: int, deliveries_through: int = 0) -> None:
        """`deliveries_through`: how many marks the room's delivery file has had."""
        ...

    def save_room(self, state: RoomState) -> None:
        """Write room.json and brief.md for `state`."""
        ...
