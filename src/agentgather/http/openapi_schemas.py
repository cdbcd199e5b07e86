"""What the room's API takes and answers, by name, for the OpenAPI document."""

from __future__ import annotations

from agentgather.api.errors import STATUS_OF
from agentgather.http.openapi_contracts import CONTRACT_FACTS, CONTRACTS_ANSWERED, CONTRACTS_TAKEN
from agentgather.http.openapi_delivery import DELIVERY_ANSWERED, DELIVERY_TAKEN
from agentgather.http.openapi_leases import LEASE_FACTS, LEASES_ANSWERED, LEASES_TAKEN
from agentgather.http.openapi_people import PEOPLE_ANSWERED, PEOPLE_TAKEN
from agentgather.http.openapi_records import RECORDS
from agentgather.http.openapi_shapes import (
    ALIAS,
    BY_DEFAULT,
    COMMAND,
    CURSOR,
    FLAG,
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
from agentgather.live.waited import Reason
from agentgather.room.concern import ConcernReason
from agentgather.room.limits import RoomLimits
from agentgather.room.message import MessageType
from agentgather.room.participant import Policy, Role
from agentgather.room.session.rules import EXPECTED_MINUTES_MAX

_ENDS_OF_A_WAIT = [reason for reason in Reason if reason is not Reason.UNAUTHORIZED]  # that one is a 401

_LIMITS = RoomLimits()
_CONTEXT_BOUNDS = (
    f"{_LIMITS.context_bytes_max:,} bytes of JSON and {_LIMITS.context_depth_max} levels at most {BY_DEFAULT}"
)

TAKEN: dict[str, Schema] = {
    **TASKS_TAKEN,
    **CONTRACTS_TAKEN,
    "Post": fields(
        {
            "text": text(
                f"{_LIMITS.text_units_max:,} UTF-16 units at most {BY_DEFAULT}; @name calls somebody", pattern="\\S"
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
        {"body": text(f"{_LIMITS.brief_units_max:,} UTF-16 units at most {BY_DEFAULT}", examples=["Ship it by noon."])}
    ),
    **PEOPLE_TAKEN,
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
            "next_cmd": nullable(COMMAND),
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
    **PEOPLE_ANSWERED,
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
