"""The record: one line of a room's log, whether somebody said it or the room itself noted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from agentgather.room.events import Event
from agentgather.room.names import Alias, MessageId, RoomId


class MessageType(StrEnum):
    """What a record is. Clients may ask for any but SYSTEM; whatever else they ask for becomes MESSAGE."""

    MESSAGE = "message"
    QUESTION = "question"
    REPLY = "reply"
    STATUS = "status"
    REQUEST_REVIEW = "request_review"
    REQUEST_DEBUG = "request_debug"
    HANDOFF = "handoff"
    SYSTEM = "system"


def client_type(asked: object) -> MessageType:
    """The type a client's message gets: what it asked for, or MESSAGE when that is not a client's to use."""
    if isinstance(asked, str) and asked != MessageType.SYSTEM and asked in MessageType.__members__.values():
        return MessageType(asked)
    return MessageType.MESSAGE


@dataclass(frozen=True, slots=True)
class Message:
    """One record (contract section 3.1). `ts` is UTC with milliseconds and a `Z`; `author` is `from` on the wire.

    `to` is what was asked (aliases, `role:<label>`, `all`), `mentions` whom that was, beside those the text calls.
    `event` is present on records that change the room. `is_retracted` records answer with empty text for ever.
    `needs_reply`: its author asked those it mentions to answer it; it calls nobody by itself. `is_done`: its author says that
    what the message `reply_to` asked is done.
    """

    id: MessageId
    room: RoomId
    ts: str
    author: Alias
    type: MessageType
    text: str
    mentions: tuple[Alias, ...] = ()
    reply_to: MessageId | None = None
    client_msg_id: str | None = None
    to: tuple[str, ...] = ()
    context: Mapping[str, Any] | None = None
    event: Event | None = None
    is_retracted: bool = False
    needs_reply: bool = False
    is_done: bool = False

    def retracted(self) -> Message:
        """This record as every door shows it once it was taken back: its text and context are gone."""
        return replace(self, text="", context=None, is_retracted=True)


@lru_cache(maxsize=1024)  # the same few moments stand in every status
def timestamp(moment: datetime) -> str:
    """`moment` as the protocol writes it: `2026-01-05T09:30:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment a protocol timestamp names. Raises ValueError when it names none."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
