"""What of a room concerns a participant, and is worth waking it for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentgather.client.answers import Record, Waited
from agentgather.room.names import alias
from agentgather.room.refusals import Refusal

SOMEBODY = "somebody"  # whoever has a name that no room gives
SESSION_STARTED = "session.started"
FIRST = (
    "need_reply",
    "task",
    "contract",
    "session",
    "answer",
    "role",
    "to",
    "mention",
)  # of several reasons, the one that is told


@dataclass(frozen=True, slots=True)
class Cause:
    """One record that concerns the participant. `sender` is an alias, `reason` one of ours: neither is anybody's text."""

    id: int
    sender: str
    reason: str


def causes_of(waited: Waited, *, me: str) -> list[Cause]:
    """What of an answer is worth waking `me` for: as the room says, or, of a room that says nothing of it, by its records."""
    if waited.concerns is None:
        return [cause for record in waited.records if (cause := cause_of(record, me=me)) is not None]
    types = {record.id: record.type for record in waited.records}
    return [Cause(one.id, _alias(one.by), _first(one.reasons, types[one.id])) for one in waited.concerns]


def _first(reasons: Sequence[str], record_type: str) -> str:
    """One of several reasons; a room may know more of them than we do."""
    if record_type == "handoff":
        return "handoff"
    return next((known for known in FIRST if known in reasons), "note")


def cause_of(record: Record, *, me: str) -> Cause | None:
    """Why `record` is worth waking `me` for; None when it is not."""
    if record.author == me or record.is_retracted or _is_by(record, me):
        return None
    reason = _reason(record, me)
    return None if reason is None else Cause(record.id, sender_of(record), reason)


def sender_of(record: Record) -> str:
    """Who is behind a record, as an alias: of a note of the room it is whoever did what it notes."""
    by = _event(record).get("by")
    return _alias(by if record.author == "system" and isinstance(by, str) else record.author)


def _alias(named: str) -> str:
    if named == "system":
        return "the room"
    try:
        return alias(named)
    except Refusal:
        return SOMEBODY


def _reason(record: Record, me: str) -> str | None:
    if record.event_kind == SESSION_STARTED:
        return "session"
    if record.type == "system":
        return _board(record) if record.calls(me) else None
    if not record.calls(me):
        return None
    if record.raw.get("need_reply") is True:
        return "need_reply"
    if record.type == "handoff":
        return "handoff"
    return "to" if me in record.to else "mention"


def _board(record: Record) -> str:
    """The board that a note of the room is about: `task` of `task.assigned`."""
    board, _, _ = (record.event_kind or "").partition(".")
    return board if board in ("task", "contract", "lease") else "note"


def _is_by(record: Record, me: str) -> bool:
    return record.author == "system" and _event(record).get("by") == me


def _event(record: Record) -> dict[str, object]:
    event = record.raw.get("event")
    return event if isinstance(event, dict) else {}
