"""A room with a past: its log is written by the room's own code, not by so many posts."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agentgather.live.credentials import token_digest
from agentgather.room.founding import found
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message, MessageType
from agentgather.room.names import MessageId, new_alias, room_id
from agentgather.room.participant import Kind, Policy
from agentgather.room.scribe import Scribe
from agentgather.store.home import Home, Seat
from agentgather.store.opening import create_room, open_room

ROOM = room_id("bench")
HOST = new_alias("ops")
HOST_TOKEN = "agt_only-for-the-benchmark-0123456789abcdefghij"
_BATCH_RECORDS = 2_000  # sealed and made durable at once
_TEXTS = (
    "The build is green again; @ops please look at the two open points.",
    "I read `store/journal.py` twice. The write is one hop to a thread, then one fdatasync for all who wait.",
    "Done. Summary: the parser takes what it took before, rejects what it should, and is half as long. " * 3,
    "What happens to a wait that is held while the room is being closed?",
)


def make_room(root: Path, *, records: int, days: int = 0) -> Home:
    """A home at `root` with one room of `records` records, and the host's seat in it. Nobody else is invited yet.

    They were said in one moment, or evenly through the last `days` days.
    """
    home, now = Home(root), datetime.now(UTC)
    began, step = now - timedelta(days=days), timedelta(days=days) / records
    first = found(
        ROOM,
        host=HOST,
        host_kind=Kind.HUMAN,
        brief="Measure, do not guess.",
        policy=Policy.MANUAL_OK,
        expires_at=None,
        now=began,
        limits=RoomLimits(),
    )
    create_room(home, first, host_token_hash=token_digest(HOST_TOKEN))
    home.keep_seat(Seat(ROOM, HOST, "http://127.0.0.1:1", HOST_TOKEN))
    opened = open_room(home, ROOM, now=now)
    try:
        scribe, texts = Scribe(opened.state, now=began), itertools.cycle(_TEXTS)
        for start in range(1, records, _BATCH_RECORDS):
            batch = []
            for _ in range(min(_BATCH_RECORDS, records - start)):
                scribe.now += step
                batch.append(scribe.say(_said(next(texts))))
            opened.journal.append(batch)
    finally:
        opened.close()
    return home


def _said(text: str) -> Message:
    return Message(id=MessageId(0), room=ROOM, ts="", author=HOST, type=MessageType.MESSAGE, text=text)
