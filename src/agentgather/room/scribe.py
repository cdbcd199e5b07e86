"""How a record is written down: the next number, one timestamp, and whom its text calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from agentgather.room.addressing import addressed
from agentgather.room.delivery.recipients import asker
from agentgather.room.events import Event
from agentgather.room.mentions import mentions
from agentgather.room.message import Message, MessageType, timestamp
from agentgather.room.names import SYSTEM, Alias, MessageId
from agentgather.room.state import RoomState


class Scribe:
    """Numbers the records of one decision on from the last record of `state`. `now` is the moment of all of them."""

    def __init__(self, state: RoomState, *, now: datetime) -> None:
        self._state = state
        self._next = state.last_id + 1
        self._roster = state.participants
        self.now = now

    def note(self, text: str, event: Event, *, newcomers: Iterable[Alias] = ()) -> Message:
        """A system record. `newcomers` are seats that this very event creates, so that the text may call them."""
        roster = {*self._roster, *newcomers} if newcomers else self._roster
        return self._numbered(
            Message(
                id=MessageId(0),
                room=self._state.room,
                ts=timestamp(self.now),
                author=SYSTEM,
                type=MessageType.SYSTEM,
                text=text,
                mentions=mentions(text, roster=roster),
                event=event,
            )
        )

    def say(self, message: Message) -> Message:
        """A participant's record: `message` with its number, its time and its mentions.

        Those of `to` come after the text's, and then whoever needed this answer: an agent that asked may sleep until it comes.
        """
        meant = addressed(message.to, roster=self._roster, sender=message.author)
        asked_by = asker(message, self._state)
        awaited = () if asked_by is None else (asked_by,)
        called = dict.fromkeys((*mentions(message.text, roster=self._roster), *meant, *awaited))
        return self._numbered(replace(message, ts=timestamp(self.now), mentions=tuple(called)))

    def _numbered(self, record: Message) -> Message:
        record = replace(record, id=MessageId(self._next))
        self._next += 1
        return record
