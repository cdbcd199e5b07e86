"""What the room's API takes and answers, by name, for the OpenAPI document."""

from __future__ import annotations

from agentgather.api.attention_bodies import SESSION_ID_UNITS_MAX
from agentgather.api.errors import STATUS_OF
from agentgather.http.openapi_contracts import CONTRACT_FACTS, CONTRACTS_ANSWERED, CONTRACTS_TAKEN
from agentgather.http.openapi_delivery import DELIVERY_ANSWERED, DELIVERY_TAKEN
from agentgather.http.openapi_leases import LEASE_FACTS, LEASES_ANSWERED, LEASES_TAKEN
from agentgather.http.openapi_records import RECORDS
from agentgather.http.openapi_shapes import (
    ALIAS,
    CURSOR,
    FLAG,
    LABEL,
    LENGTH,
    MOMENT,
    NO,
    RECIPIENT,
    RECORD_ID,
    ROOM_STATUS,
    YES,
    Schema,
    choice,
    fields,
    many,
    named,
    nullable,
    text,
    whole,
)
from agentgather.http.openapi_tasks import TASK_ID, TASKS_ANSWERED, TASKS_TAKEN
from agentgather.http.openapi_wakes import WAKES_ANSWERED, WAKES_FACTS, WAKES_TAKEN
from agentgather.live.live_room import Reason
from agentgather.room.concern import ConcernReason
from agentgather.room.declaring import SECONDS_MAX
from agentgather.room.limits import RoomLimits
from agentgather.room.live_state import WORKING_ON_UNITS_MAX
from agentgather.room.message import MessageType
from agentgather.room.modes import Mode, WakeTier
from agentgather.room.participant import Kind, Policy, Role
from agentgather.room.session.rules import EXPECTED_MINUTES_MAX

_ENDS_OF_A_WAIT = [reason for reason in Reason if reason is not Reason.UNAUTHORIZED]  # that one is a 401
_COMMAND = text("a command line for bash and curl")
_QR = nullable(
    many(text(pattern="^[01]{21,177}$"))
    | {
        "minItems": 21,
        "maxItems": 177,
        "description": "browser_url as a QR code: a square of modules, row by row from the top, 1 is dark; the quiet zone of "
        "4 light modules round it is left to whoever draws it. null: the URL is longer than a code can hold",
    }
)
_SECRET = text("shown here and never again: hand it to that participant only")

_LIMITS = RoomLimits()
_BY_DEFAULT = "unless the host set another maximum"
_CONTEXT_BOUNDS = (
    f"{_LIMITS.context_bytes_max:,} bytes of JSON and {_LIMITS.context_depth_max} levels at most {_BY_DEFAULT}"
)

_LABELS = many(LABEL) | {
    "description": "what somebody does here: names of yours, which permit nothing; in place of those there were. "
    f"{_LIMITS.labels_max} different ones at most {_BY_DEFAULT}",
    "examples": [["reviewer"]],
}


def _declared_seconds(description: str) -> Schema:
    return nullable(whole(f"{description}; 0 takes it away", most=SECONDS_MAX))


_DECLARING: dict[str, Schema] = {
    "supported_modes": nullable(
        many(choice(Mode))
        | {"maxItems": len(Mode), "description": "what you can do, in place of what you declared before"}
    ),
    "poll_cadence_s": _declared_seconds("how often you look by yourself"),
    "safety_wake_s": _declared_seconds("after how long at most you are woken, whatever happened"),
}
_WORKING: dict[str, Schema] = {
    "working": FLAG | {"description": "true until you wait, speak, go, or half an hour is over"},
    "working_on": nullable(text("on what, in a line", minLength=1, maxLength=WORKING_ON_UNITS_MAX)),
}

TAKEN: dict[str, Schema] = {
    **TASKS_TAKEN,
    **CONTRACTS_TAKEN,
    "Post": fields(
        {
            "text": text(
                f"{_LIMITS.text_units_max:,} UTF-16 units at most {_BY_DEFAULT}; @name calls somebody", pattern="\\S"
            )
        },
        {
            "type": {
                "anyOf": [
                    choice(kind for kind in MessageType if kind is not MessageType.SYSTEM),
                    {"description": "whatever else is recorded as `message`"},
                ]
            },
            "reply_to": RECORD_ID,
            "client_msg_id": text(
                "one of your own for each message makes it safe to send again", pattern="^[A-Za-z0-9._:-]{1,128}$"
            ),
            "to": {
                "anyOf": [RECIPIENT, many(RECIPIENT)],
                "description": "whom it is for: aliases, `role:<label>` for whoever has that label now, `all` for whoever is "
                "here. Everybody reads it; those are called as by @name",
            },
            "context": nullable({"type": "object", "description": _CONTEXT_BOUNDS}),
            "need_reply": {"type": "boolean", "description": "whom it is for is asked to answer it with `reply_to`"},
            "done": {"type": "boolean", "description": "with `reply_to`: what that message asked is done"},
        },
        examples=[{"text": "@rev please check the ids", "client_msg_id": "ops-1"}],
    ),
    **DELIVERY_TAKEN,
    "NewBrief": fields(
        {"body": text(f"{_LIMITS.brief_units_max:,} UTF-16 units at most {_BY_DEFAULT}", examples=["Ship it by noon."])}
    ),
    "Joining": fields(
        {},
        {
            "labels": nullable(_LABELS),
            **_DECLARING,
            "session_id": nullable(
                text(
                    "which session of yours this is; nobody is shown it. Another one alive at this seat is warned of",
                    minLength=1,
                    maxLength=SESSION_ID_UNITS_MAX,
                )
            ),
        },
        description="it may be left out",
    ),
    "Attention": fields(
        {}, {**_DECLARING, **_WORKING}, anyOf=[{"required": [name]} for name in (*_DECLARING, *_WORKING)]
    ),
    "NewProfile": fields(
        {},
        {
            "display_name": text(
                f"1 to {_LIMITS.display_name_units_max} characters {_BY_DEFAULT}, none of them invisible",
                minLength=1,
                examples=["The Reviewer"],
            ),
            "labels": nullable(_LABELS),
            **_DECLARING,
            **_WORKING,
        },
        anyOf=[{"required": [name]} for name in ("display_name", "labels", *_DECLARING, *_WORKING)],
    ),
    "Labels": fields({"labels": _LABELS}),
    "SessionChange": {
        "anyOf": [
            fields(
                {"action": {"const": "start"}},
                {
                    "expected_minutes": nullable(
                        whole("a guess, which ends nothing", least=1, most=EXPECTED_MINUTES_MAX)
                    ),
                    "policy": nullable(choice(Policy, description="the attendance that is asked for meanwhile")),
                },
            ),
            fields({"action": {"const": "end"}}),
        ]
    },
    "Invite": fields(
        {"alias": ALIAS},
        {
            "kind": choice(Kind, default=Kind.AGENT),
            "role": choice((Role.GUEST, Role.OBSERVER), default=Role.GUEST),
            "labels": nullable(_LABELS),
            "requested_mode": nullable(choice(Mode)),
            "ttl": nullable(LENGTH),
            "rotate": {
                "anyOf": [FLAG, {"description": "whatever is not true counts as false"}],
                "description": "true: the alias may have a seat already; its token is replaced",
            },
        },
    ),
    **LEASES_TAKEN,
    **WAKES_TAKEN,
}

ANSWERED: dict[str, Schema] = {
    **RECORDS,
    **TASKS_ANSWERED,
    **LEASES_ANSWERED,
    **WAKES_ANSWERED,
    **DELIVERY_ANSWERED,
    **CONTRACTS_ANSWERED,
    "Error": fields(
        {
            "ok": NO,
            "error": choice(STATUS_OF, description="the code to act on; it never changes its meaning"),
            "message": text("what was refused, what is true now, what to do"),
        },
        {
            "field": text("the field or parameter at fault"),
            "retry_after": whole("seconds", least=1),
            "error_id": text("of a bug: the host finds it in the log"),
            "holder": nullable(ALIAS) | {"description": "who holds what was asked for; null: nobody"},
            "assignee": ALIAS | {"description": "whom it is meant for"},
            "pending": many(TASK_ID) | {"description": "the tasks that have to be completed first"},
            "cycle": many(TASK_ID) | {"description": "from the task along dependencies back to it"},
            "status": choice(("completed", "cancelled"), description="how the task ended"),
            **LEASE_FACTS,
            **WAKES_FACTS,
            **CONTRACT_FACTS,
        },
    ),
    "Brief": fields(
        {"body": text(), "brief_version": whole(), "brief_updated_at": MOMENT, "brief_updated_by": ALIAS},
        description="The room's shared context.",
    ),
    "Page": fields(
        {
            "ok": YES,
            "messages": many(named("Record")),
            "next_since_id": CURSOR,
            "room_status": ROOM_STATUS,
            "has_more": FLAG,
        }
    ),
    "Found": fields(
        {
            "ok": YES,
            "messages": many(named("Record")),
            "next_before_id": nullable(CURSOR),
            "has_more": FLAG,
        },
        description="Newest first. There may be fewer than `limit` although there are more: go on with `next_before_id`.",
    ),
    "Export": fields(
        {
            "agentgather": text("the version that wrote it"),
            "room": ALIAS,
            "room_status": ROOM_STATUS,
            "exported_at": MOMENT,
            "brief": named("Brief"),
            "participants": many(named("Participant")),
            "messages": many(named("SealedRecord")),
            "records": whole(),
            "chain": nullable(text("the head: whoever noted it elsewhere can tell whether this is the whole room")),
        }
    ),
    "ExportPart": fields(
        {"ok": YES, "text": text(), "next_since_id": CURSOR, "has_more": FLAG},
        description="Ask on with next_since_id while has_more is true.",
    ),
    "Said": fields({"ok": YES, "message": named("Record")}),
    "SaidBefore": fields({"ok": YES, "message": named("Record"), "idempotent": YES}),
    "Wait": fields(
        {
            "ok": YES,
            "room": ALIAS,
            "room_status": ROOM_STATUS,
            "participant": ALIAS,
            "heartbeat": FLAG,
            "messages": many(named("Record")),
            "mentioned": FLAG,
            "concerns": many(
                fields(
                    {"id": RECORD_ID, "by": text("an alias, or system"), "reasons": many(choice(ConcernReason))},
                    description="a record of these that concerns you, who said or did it, and why; kinds of reason may be added",
                )
            ),
            "next_since_id": CURSOR,
            "keep_waiting": FLAG,
            "next_cmd": nullable(_COMMAND),
            "reason": choice(_ENDS_OF_A_WAIT),
        },
        {"participant_status": {"const": "removed"}},
    ),
    "Status": fields(
        {
            "ok": YES,
            "room": ALIAS,
            "me": ALIAS,
            "is_host": FLAG,
            "room_status": ROOM_STATUS,
            "brief_version": whole(),
            "attendance_policy": choice(Policy),
            "stale_after_ms": whole(),
            "brief_updated_at": MOMENT,
            "brief_updated_by": ALIAS,
            "participants": many(named("Participant")),
            "role": choice(Role),
            "expires_at": nullable(MOMENT),
            "server_time": MOMENT,
            "last_id": CURSOR,
            "chain": nullable(text("the chain value of the newest record: what an export is checked against")),
            "paused": many(ALIAS),
            "session": nullable(named("Session")),
            "wakes": named("RoomWakes"),
            "public_url": nullable(text()),
        }
    ),
    "Session": fields(
        {
            "by": ALIAS,
            "started_at": MOMENT,
            "expected_minutes": nullable(whole(least=1)),
            "policy": nullable(choice(Policy)),
        },
        description="What the host called a session, until the host ends it. It stops nobody.",
    ),
    "Card": fields(
        {
            "ok": YES,
            "room": ALIAS,
            "room_status": ROOM_STATUS,
            "alias": ALIAS,
            "kind": choice(Kind),
            "role": choice(Role),
            "base_url": text(),
            "brief": fields({"body": text(), "version": whole(), "updated_by": ALIAS}),
            "attendance_policy": choice(Policy),
            "attendance_means": text(),
            "effective_mode": choice(Mode),
            "wake_tier": choice(WakeTier),
            "mode_means": text(),
            "requested_mode": nullable(choice(Mode)),
            "supported_modes": many(choice(Mode)),
            "hold_seconds": {"type": "number"},
            "commands": {"type": "object", "additionalProperties": _COMMAND},
            "browser_url": text(),
            "safety": text(),
        }
    ),
    "Invitation": fields(
        {
            "ok": YES,
            "room": ALIAS,
            "alias": ALIAS,
            "kind": choice(Kind),
            "role": choice(Role),
            "labels": many(LABEL),
            "token": _SECRET,
            "expires_at": nullable(MOMENT),
            "card_command": _COMMAND,
            "browser_url": text(),
            "qr": _QR,
        }
    ),
    "Health": fields({"ok": YES, "version": text(), "rooms": whole()}),
    "Trouble": fields(
        {
            "ok": NO,
            "version": text(),
            "rooms": whole(),
            "error": choice(STATUS_OF),
            "message": text(),
            "retry_after": whole("seconds", least=1),
        },
        description="A room here cannot record what is said; reading goes on.",
    ),
}
