"""The shapes of the OpenAPI document: what is sent, what is answered."""

from __future__ import annotations

from typing import Any

from agentgather.api.event_json import EVENT_KINDS
from agentgather.room.limits import RoomLimits
from agentgather.room.message import MessageType
from agentgather.room.participant import Attention, Install, Kind, Location, Policy, Role

Json = dict[str, Any]

_LIMITS = RoomLimits()
_SAFE_INTEGER_MAX = 2**53 - 1


def text(**more: Any) -> Json:
    return {"type": "string", **more}


def choice(values: Any) -> Json:
    return {"type": "string", "enum": [str(value) for value in values]}


def named(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def objectof(required: Json, optional: Json | None = None) -> Json:
    """An object with fields that are always there and fields that may be; others may be added in time."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def nullable(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


RECORD_ID: Json = {"type": "integer", "minimum": 1, "maximum": _SAFE_INTEGER_MAX}
CURSOR: Json = {"type": "integer", "minimum": 0, "maximum": _SAFE_INTEGER_MAX}
ALIAS = text(pattern="^[a-z0-9-]{1,64}$")
MOMENT = text(format="date-time")
OK: Json = {"const": True}
STATUS = choice(["open", "closed"])
TTL = text(description="a length of time: 24h, 90m, 1h30m, 45s, 2d; or none")

_SEAT = {"alias": ALIAS, "kind": choice(Kind), "role": choice(Role)}
_ISSUED = {
    **_SEAT,
    "token": text(description="shown here and never again"),
    "expires_at": nullable(MOMENT),
    "card_command": text(),
    "browser_url": text(),
}

SCHEMAS: dict[str, Json] = {
    "Error": objectof(
        {"ok": {"const": False}, "error": text(), "message": text()},
        {"field": text(), "retry_after": {"type": "integer"}, "error_id": text()},
    ),
    "Record": objectof(
        {
            "id": RECORD_ID,
            "room": ALIAS,
            "ts": MOMENT,
            "from": ALIAS,
            "type": choice(MessageType),
            "text": text(),
            "mentions": {"type": "array", "items": ALIAS},
        },
        {
            "reply_to": RECORD_ID,
            "client_msg_id": text(),
            "to": {"type": "array", "items": ALIAS},
            "context": {"type": "object"},
            "event": objectof({"kind": choice(EVENT_KINDS)}),
            "retracted": OK,
        },
    ),
    "Participant": objectof(
        {
            **_SEAT,
            "location": choice(Location),
            "install": choice(Install),
            "is_host": {"type": "boolean"},
            "has_joined": {"type": "boolean"},
            "joinedAt": MOMENT,
            "attention": choice(Attention),
            "lastSeenAt": MOMENT,
            "attendance_required": {"type": "boolean"},
            "attendance_state": choice([*Attention, "not_attending", "stale"]),
            "last_seen_age_ms": {"type": "integer", "minimum": 0},
            "stale_after_ms": {"type": "integer", "minimum": 0},
            "delivered_id": CURSOR,
            "read_id": CURSOR,
        },
        {"display_name": text(), "removed_at": MOMENT},
    ),
    "Brief": objectof(
        {"body": text(), "brief_version": {"type": "integer"}, "brief_updated_at": MOMENT, "brief_updated_by": ALIAS}
    ),
    "Post": objectof(
        {"text": text(minLength=1, maxLength=_LIMITS.text_units_max)},
        {
            "type": choice(kind for kind in MessageType if kind is not MessageType.SYSTEM),
            "reply_to": RECORD_ID,
            "client_msg_id": text(pattern="^[A-Za-z0-9._:-]{1,128}$"),
            "to": {"type": "array", "items": ALIAS, "maxItems": _LIMITS.to_max},
            "context": {"type": "object"},
        },
    ),
    "Invitation": objectof(
        {"alias": ALIAS},
        {"kind": choice(Kind), "role": choice([Role.GUEST, Role.OBSERVER]), "ttl": TTL, "rotate": {"type": "boolean"}},
    ),
    "Issued": objectof({"ok": OK, "room": ALIAS, **_ISSUED}),
    "Page": objectof(
        {
            "ok": OK,
            "messages": {"type": "array", "items": named("Record")},
            "next_since_id": CURSOR,
            "room_status": STATUS,
            "has_more": {"type": "boolean"},
        }
    ),
    "Wait": objectof(
        {
            "ok": OK,
            "room": ALIAS,
            "room_status": STATUS,
            "participant": ALIAS,
            "heartbeat": {"type": "boolean"},
            "messages": {"type": "array", "items": named("Record")},
            "mentioned": {"type": "boolean"},
            "next_since_id": CURSOR,
            "keep_waiting": {"type": "boolean"},
            "next_cmd": nullable(text()),
            "reason": choice(["message", "heartbeat", "removed", "closed", "shutdown"]),
        },
        {"participant_status": {"const": "removed"}},
    ),
    "Status": objectof(
        {
            "ok": OK,
            "room": ALIAS,
            "me": ALIAS,
            "is_host": {"type": "boolean"},
            "room_status": STATUS,
            "brief_version": {"type": "integer"},
            "attendance_policy": choice(Policy),
            "stale_after_ms": {"type": "integer"},
            "brief_updated_at": MOMENT,
            "brief_updated_by": ALIAS,
            "participants": {"type": "array", "items": named("Participant")},
            "role": choice(Role),
            "expires_at": nullable(MOMENT),
            "server_time": MOMENT,
            "last_id": CURSOR,
            "chain": nullable(text()),
            "paused": {"type": "array", "items": ALIAS},
            "public_url": nullable(text()),
        }
    ),
    "Card": objectof(
        {
            "ok": OK,
            **_SEAT,
            "room": ALIAS,
            "room_status": STATUS,
            "base_url": text(),
            "brief": {"type": "object"},
            "attendance_policy": choice(Policy),
            "commands": {"type": "object", "additionalProperties": text()},
            "browser_url": text(),
            "safety": text(),
        }
    ),
    "Health": objectof(
        {"ok": {"type": "boolean"}, "version": text(), "rooms": {"type": "integer"}},
        {"error": text(), "message": text()},
    ),
}
