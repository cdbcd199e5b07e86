"""Whom a record is for, and who wants to know what became of it."""

from __future__ import annotations

from agentgather.room.message import Message
from agentgather.room.names import Alias


def sender(record: Message) -> Alias:
    """Who caused `record`: its author, or of a note of the room whoever did what it notes."""
    return getattr(record.event, "by", None) or record.author


def recipients(record: Message) -> tuple[Alias, ...]:
    """Those whom `record` mentions, each once, its sender left out; most records have none."""
    if not record.mentions:
        return ()
    left_out = sender(record)
    return tuple(alias for alias in record.mentions if alias != left_out)
