"""Whom a record is for, and who wants to know what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentgather.room.message import Message
from agentgather.room.names import Alias

if TYPE_CHECKING:
    from agentgather.room.state import RoomState


def sender(record: Message) -> Alias:
    """Who caused `record`: its author, or of a note of the room whoever did what it notes."""
    return getattr(record.event, "by", None) or record.author


def recipients(record: Message) -> tuple[Alias, ...]:
    """Those whom `record` mentions, each once, its sender left out; most records have none."""
    if not record.mentions:
        return ()
    left_out = sender(record)
    return tuple(alias for alias in record.mentions if alias != left_out)


def asker(record: Message, state: RoomState) -> Alias | None:
    """Who needed `record` as an answer from its author and is still in the room; None when nobody did."""
    if record.reply_to is None or record.author not in state.answers.requests.get(record.reply_to, ()):
        return None
    asked_by = state.posts.get(record.reply_to)
    seat = None if asked_by is None else state.participants.get(asked_by)
    return None if seat is None or seat.is_removed else seat.alias
