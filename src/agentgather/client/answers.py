"""What a room answers, read with care: an answer that is not one becomes an error here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from agentgather.client.asking import Json, no_room

_T = TypeVar("_T")

NUMBER_MAX = 2**53 - 1  # the largest number every JSON reader keeps exactly


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the timeline as a client needs it; `raw` is the whole of what the room answered."""

    raw: Json
    id: int
    ts: str
    author: str
    type: str
    text: str
    mentions: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    reply_to: int | None = None
    event_kind: str | None = None
    is_retracted: bool = False
    needs_reply: bool = False
    is_done: bool = False
    proof: str | None = None

    def calls(self, alias: str | None) -> bool:
        """Whether this record mentions `alias` or is addressed to it."""
        return alias is not None and (alias in self.mentions or alias in self.to)


@dataclass(frozen=True, slots=True)
class Page:
    """Records in order. `next_since_id` is the cursor of whoever has read them."""

    raw: Json
    records: tuple[Record, ...]
    next_since_id: int
    is_open: bool
    has_more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, newest first. `next_before_id` is where it goes on, None at its end."""

    raw: Json
    records: tuple[Record, ...]
    next_before_id: int | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """How far a message came at one of those it is for. `moments` is the time of each state that was seen; `wakes` as told."""

    alias: str
    state: str
    moments: Mapping[str, str]
    answer_id: int | None
    wakes: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a message. `has_reached`: it came as far as was asked at all of them."""

    raw: Json
    message_id: int
    recipients: tuple[Recipient, ...]
    has_reached: bool


@dataclass(frozen=True, slots=True)
class Concerned:
    """What the room says of one record of a wait: that it concerns whoever waits, by whom it is, and why."""

    id: int
    by: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waited:
    """The answer of a wait. `reason`: message, heartbeat, removed, closed or shutdown. `is_last`: waiting is over.

    `concerns` are those of `records` that concern whoever waits; None from a room of 0.1, which does not say.
    """

    raw: Json
    records: tuple[Record, ...]
    next_since_id: int
    room: str
    participant: str
    reason: str
    is_mention: bool
    is_last: bool
    concerns: tuple[Concerned, ...] | None = None


def read_record(value: Any) -> Record:
    """Raises Unreachable (`not_a_room`)."""
    fields = _object(value)
    event = fields.get("event")
    kind = event.get("kind") if isinstance(event, Mapping) else None
    return Record(
        raw=fields,
        id=_number(fields, "id"),
        ts=_field(fields, "ts", str),
        author=_field(fields, "from", str),
        type=_field(fields, "type", str),
        text=_field(fields, "text", str),
        mentions=_names(fields.get("mentions", [])),
        to=_names(fields.get("to", [])),
        reply_to=_number(fields, "reply_to") if "reply_to" in fields else None,
        event_kind=kind if isinstance(kind, str) else None,
        is_retracted=fields.get("retracted") is True,
        needs_reply=fields.get("need_reply") is True,
        is_done=fields.get("done") is True,
        proof=_proof(fields.get("proof")),
    )


def read_page(raw: Json) -> Page:
    return Page(
        raw,
        _records(raw),
        _number(raw, "next_since_id"),
        is_open=raw.get("room_status") != "closed",
        has_more=raw.get("has_more") is True,
    )


def read_found(raw: Json) -> Found:
    is_end = raw.get("next_before_id") is None
    return Found(raw, _records(raw), None if is_end else _number(raw, "next_before_id"))


def read_delivered(raw: Json) -> Delivered:
    """Raises Unreachable (`not_a_room`)."""
    recipients = tuple(_recipient(value) for value in _field(raw, "recipients", list))
    return Delivered(raw, _number(raw, "message_id"), recipients, has_reached=raw.get("reached") is True)


def _recipient(value: Any) -> Recipient:
    fields = _object(value)
    named = ("fetched_at", "in_context_at", "answered_at", "done_at")
    moments = {name.removesuffix("_at"): at for name in named if isinstance(at := fields.get(name), str)}
    return Recipient(
        _field(fields, "participant", str),
        _field(fields, "state", str),
        moments,
        None if fields.get("answer_id") is None else _number(fields, "answer_id"),
        tuple(_object(wake) for wake in _field(fields, "wakes", list)),
    )


def read_waited(raw: Json) -> Waited:
    """The wait object; a room of 0.1 gives no `reason`, it follows from the rest."""
    records = _records(raw)
    reason = raw.get("reason")
    if not isinstance(reason, str):
        if raw.get("participant_status") == "removed":
            reason = "removed"
        elif raw.get("room_status") == "closed":
            reason = "closed"
        else:
            reason = "message" if records else "heartbeat"
    return Waited(
        raw,
        records,
        _number(raw, "next_since_id"),
        room=_field(raw, "room", str),
        participant=_field(raw, "participant", str),
        reason=reason,
        is_mention=raw.get("mentioned") is True,
        is_last=reason in ("removed", "closed"),
        concerns=_concerns(raw["concerns"], records) if "concerns" in raw else None,
    )


def _concerns(value: Any, records: tuple[Record, ...]) -> tuple[Concerned, ...]:
    """Of records that are not there nothing is said."""
    if not isinstance(value, list):
        raise no_room("its answer has no proper `concerns`")
    ids = {record.id for record in records}
    told = [
        Concerned(_number(one, "id"), _field(one, "by", str), _names(one.get("reasons"))) for one in map(_object, value)
    ]
    return tuple(one for one in told if one.id in ids)


def _proof(value: Any) -> str | None:
    """A proof goes into a command line: it is one, or it is nothing."""
    return value if isinstance(value, str) and re.fullmatch(r"[a-z2-7]{8}", value) else None


def _records(raw: Json) -> tuple[Record, ...]:
    return tuple(read_record(value) for value in _field(raw, "messages", list))


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise no_room("a part of its answer is no object")
    return value


def _field(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = fields.get(name)
    if type(value) is not kind:
        raise no_room(f"its answer has no proper `{name}`")
    return value


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = _field(fields, name, int)
    if not 0 <= value <= NUMBER_MAX:
        raise no_room(f"its answer has no proper `{name}`")
    return value


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise no_room("its answer has no proper list of names")
    return tuple(value)
