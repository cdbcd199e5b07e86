"""Records and logs to try a store with: those of a room of ours, and those that Agent Gather 0.1 left behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agentgather.room.founding import found
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, room_id
from agentgather.room.participant import Kind, Policy
from agentgather.store.creation import create_room
from agentgather.store.home import Home
from agentgather.store.journal import JsonlJournal, sealed

PROJECT = Path(__file__).parents[2]  # where programs of tests are run, so that they find these records too

LAB = room_id("lab")
OPS = Alias("ops")
BEN = Alias("ben")
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
DIGEST = "ab" * 32


def first_record(room: str = "lab", *, now: datetime = NOW, ttl: timedelta | None = None) -> Message:
    """Record 1 of a room that ops hosts, for ever or for `ttl`."""
    return found(
        room_id(room),
        host=OPS,
        host_kind=Kind.HUMAN,
        brief="Ship it.",
        policy=Policy.MANUAL_OK,
        expires_at=now + ttl if ttl else None,
        now=now,
        limits=RoomLimits(),
    )


def say(number: int, text: str | None = None, **more: Any) -> Message:
    """Record `number`, something that ops says."""
    said = f"line {number}" if text is None else text
    return Message(MessageId(number), LAB, "2026-01-05T09:30:00.123Z", OPS, MessageType.MESSAGE, said, **more)


def conversation(count: int) -> list[Message]:
    """The `count` records of a young room: how it began, then what was said."""
    return [first_record(), *(say(number) for number in range(2, count + 1))][:count]


def log_of(records: Sequence[Message]) -> bytes:
    """A sealed log of `records`."""
    return b"".join(one.line for one in sealed(records, head="")[0])


def make_room(home: Home, *, records: int = 1) -> None:
    """A room in `home` whose log has `records` records."""
    create_room(home, first_record(), host_token_hash=DIGEST)
    if records > 1:
        journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
        journal.append(conversation(records)[1:])
        journal.close()


def old_line(number: int, text: str = "hello", **more: Any) -> dict[str, Any]:
    """A record as 0.1 wrote it (contract section 3.1)."""
    return {
        "id": number,
        "room": "lab",
        "ts": "2025-03-01T10:00:00.000Z",
        "from": "ops",
        "type": "message",
        "text": text,
        "mentions": [],
        **more,
    }


def old_log(*lines: dict[str, Any]) -> bytes:
    """`lines` as 0.1 wrote them: compact, non-ASCII raw."""
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)


def make_old_room(home: Home, log: bytes, *, next_message_id: int = 1, **room: Any) -> Path:
    """A room directory as Agent Gather 0.1 leaves it (contract section 4); answers its path."""
    directory = home.room_directory(LAB)
    directory.mkdir(parents=True)
    document = {
        "id": "lab",
        "status": "open",
        "attendance_policy": "agents-foreground",
        "createdAt": "2025-03-01T09:00:00.000Z",
        "updatedAt": "2025-03-01T10:00:00.000Z",
        "next_message_id": next_message_id,
        "brief_version": 3,
        "brief_updated_at": "2025-03-01T09:30:00.000Z",
        "brief_updated_by": "ops",
        **room,
    }
    seat = {
        "location": "local",
        "joinedAt": "2025-03-01T09:00:00.000Z",
        "lastSeenAt": "2025-03-01T10:00:00.000Z",
    }
    roster = [
        {"alias": "ops", "kind": "human", "install": "host", "attention": "attending", "is_host": True}
        | {"token_hash": DIGEST, **seat},
        {"alias": "ben", "display_name": "Ben", "kind": "agent", "install": "lite", "attention": "manual"}
        | {"is_host": False, "token_hash": "cd" * 32, **seat},
    ]
    (directory / "room.json").write_text(json.dumps(document, indent=2) + "\n")
    (directory / "participants.json").write_text(json.dumps(roster, indent=2) + "\n")
    (directory / "brief.md").write_text("Fix the parser.")
    (directory / "messages.jsonl").write_bytes(log)
    return directory
