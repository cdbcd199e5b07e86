"""Records <-> JSON: the field names and their order (contract section 3.1), as answered and as kept in the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentgather.api.event_json import event_json, read_event
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, RoomId, is_message_id

Json = dict[str, Any]


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def compact(value: Any) -> bytes:
    """`value` as compact UTF-8 JSON, non-ASCII raw, no newline. Raises ValueError for NaN and infinities."""
    return _encode(value).encode()


def record_json(record: Message) -> Json:
    """`record` as every door answers it."""
    written: Json = {
        "id": record.id,
        "room": record.room,
        "ts": record.ts,
        "from": record.author,
        "type": record.type.value,
        "text": record.text,
        "mentions": list(record.mentions),
    }
    if record.reply_to is not None:
        written["reply_to"] = record.reply_to
    if record.client_msg_id is not None:
        written["client_msg_id"] = record.client_msg_id
    if record.to:
        written["to"] = list(record.to)
    if record.context is not None:
        written["context"] = record.context
    if record.needs_reply:
        written["need_reply"] = True
    if record.is_done:
        written["done"] = True
    if record.event is not None:
        written["event"] = event_json(record.event)
    if record.is_retracted:
        written["retracted"] = True
    return written


def read_record(value: Any) -> Message:
    """The record that a JSON object stands for, one of 0.1 included. Raises KeyError, TypeError or ValueError."""
    if not isinstance(value, Mapping):
        raise TypeError("a record is a JSON object")
    if not is_message_id(value["id"]):
        raise ValueError("a record's id is a positive integer")
    texts = [value["room"], value["ts"], value["from"], value["text"]]
    names = [*value["mentions"], *value.get("to", ())]
    if not all(isinstance(text, str) for text in (*texts, *names)):
        raise TypeError("room, ts, from, text and aliases are text")
    reply_to, client_msg_id, context = (value.get(name) for name in ("reply_to", "client_msg_id", "context"))
    if not (reply_to is None or is_message_id(reply_to)):
        raise ValueError("reply_to is a record's id")
    if not isinstance(client_msg_id, str | None) or not isinstance(context, dict | None):
        raise TypeError("client_msg_id is text, context an object")
    event = value.get("event")
    return Message(
        id=MessageId(value["id"]),
        room=RoomId(value["room"]),
        ts=value["ts"],
        author=Alias(value["from"]),
        type=MessageType(value["type"]),
        text=value["text"],
        mentions=tuple(value["mentions"]),
        reply_to=reply_to,
        client_msg_id=client_msg_id,
        to=tuple(value.get("to", ())),
        context=context,
        event=None if event is None else read_event(event),
        is_retracted=bool(value.get("retracted", False)),
        needs_reply=value.get("need_reply") is True,
        is_done=value.get("done") is True,
    )
