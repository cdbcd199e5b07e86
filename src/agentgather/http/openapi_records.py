"""The records of a room as the OpenAPI document describes them: messages, what happened to the room, and its seats."""

from __future__ import annotations

from agentgather.http.openapi_contracts import CONTRACT_EVENTS
from agentgather.http.openapi_leases import LEASE_EVENTS
from agentgather.http.openapi_shapes import (
    ALIAS,
    CURSOR,
    FLAG,
    LABEL,
    MOMENT,
    RECIPIENT,
    RECORD_ID,
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
from agentgather.http.openapi_tasks import TASK_EVENTS
from agentgather.http.openapi_wakes import WAKES_EVENTS
from agentgather.live.waited import Reason
from agentgather.room.live_state import WORKING_ON_UNITS_MAX, LiveState
from agentgather.room.message import MessageType
from agentgather.room.modes import Mode, WakeTier
from agentgather.room.participant import Attention, Install, Kind, Location, Policy, Role

_SEAT: dict[str, Schema] = {
    "alias": ALIAS,
    "kind": choice(Kind),
    "role": choice(Role),
    "location": choice(Location),
    "install": choice(Install),
    "is_host": FLAG,
    "has_joined": FLAG,
    "joinedAt": MOMENT,
}
_DECLARED: dict[str, Schema] = {
    "supported_modes": many(choice(Mode)) | {"description": "what it declared that it can do, the most capable first"},
    "poll_cadence_s": nullable(whole("how often it looks by itself", least=1)),
    "safety_wake_s": nullable(whole("after how long at most it is woken, whatever happened", least=1)),
}
_SEAT_SOMETIMES: dict[str, Schema] = {
    "display_name": text(),
    "has_left": YES,
    "labels": many(LABEL),
    "requested_mode": choice(Mode, description="how the host wishes its attention was had"),
    **_DECLARED,
    "removed_at": MOMENT,
}
_KEPT_BRIEF = fields({"body": text(), "version": whole(), "updated_at": MOMENT, "updated_by": ALIAS})


def _inside(schema: Schema) -> Schema:
    """JSON written into a text."""
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}


_ENDS_OF_A_STREAM = [reason for reason in Reason if reason not in (Reason.MESSAGE, Reason.HEARTBEAT)]

_EVENTS: dict[str, dict[str, Schema]] = {
    "room.created": {
        "host": ALIAS,
        "host_kind": choice(Kind),
        "policy": choice(Policy),
        "brief": text(),
        "expires_at": nullable(MOMENT),
    },
    "room.adopted": {
        "participants": many(named("Seat")),
        "policy": choice(Policy),
        "brief": _KEPT_BRIEF,
        "created_at": MOMENT,
        "expires_at": nullable(MOMENT),
    },
    "room.closed": {"by_ttl": FLAG},
    "participant.invited": {"alias": ALIAS, "participant_kind": choice(Kind), "role": choice(Role)},
    "participant.joined": {"alias": ALIAS},
    "participant.left": {"alias": ALIAS},
    "participant.removed": {"alias": ALIAS},
    "token.rotated": {"alias": ALIAS},
    "profile.changed": {"alias": ALIAS, "display_name": text()},
    "labels.set": {"alias": ALIAS, "labels": many(LABEL), "by": ALIAS},
    "attention.declared": {"alias": ALIAS, **_DECLARED},
    "brief.changed": {"by": ALIAS, "version": whole(), "body": text()},
    "policy.set": {"policy": choice(Policy)},
    "session.started": {"by": ALIAS, "expected_minutes": nullable(whole(least=1)), "policy": nullable(choice(Policy))},
    "session.ended": {"by": ALIAS},
    "expiry.moved": {"expires_at": nullable(MOMENT)},
    "expiry.warned": {"expires_at": MOMENT},
    "loop.tripped": {"alias": ALIAS},
    "loop.continued": {},
    "message.retracted": {"message_id": RECORD_ID, "scrubbed": FLAG},
    **TASK_EVENTS,
    **LEASE_EVENTS,
    **CONTRACT_EVENTS,
    **WAKES_EVENTS,
}

_EVENTS_SOMETIMES: dict[str, dict[str, Schema]] = {
    "participant.invited": {"labels": many(LABEL), "requested_mode": choice(Mode)}
}

_RECORD: dict[str, Schema] = {
    "id": RECORD_ID,
    "room": ALIAS,
    "ts": MOMENT,
    "from": ALIAS,
    "type": choice(MessageType),
    "text": text(),
    "mentions": many(ALIAS),
}
_RECORD_SOMETIMES: dict[str, Schema] = {
    "reply_to": RECORD_ID,
    "client_msg_id": text(),
    "to": many(RECIPIENT),
    "context": {"type": "object"},
    "need_reply": YES,
    "done": YES,
    "event": named("Event"),
    "retracted": YES,
}
_PROOF = text("what a recipient gives back to say that it has this message before it", pattern="^[a-z2-7]{8}$")

RECORDS: dict[str, Schema] = {
    "Record": fields(
        _RECORD,
        {**_RECORD_SOMETIMES, "proof": _PROOF},
        description="One record of the room's log. Records with `event` are the room's own and change it; the others "
        "were said by `from`. A retracted record answers with empty text for ever.",
    ),
    "SealedRecord": fields(
        _RECORD,
        {**_RECORD_SOMETIMES, "salt": text(), "digest": text(), "chain": text()},
        description="A line of the log: a Record with its seal, by which whoever holds the lines verifies them. `digest` "
        "stands in place of `salt` once the text was taken back; lines of 0.1 have no seal.",
    ),
    "StreamEvent": {
        "description": "One server-sent event. After `closed` nothing more comes.",
        "oneOf": [
            fields({"id": text(pattern="^[0-9]+$"), "event": {"const": "message"}, "data": _inside(named("Record"))}),
            fields(
                {"event": {"const": "closed"}, "data": _inside(fields({"reason": choice(_ENDS_OF_A_STREAM)}))},
                {"id": text()},
            ),
        ],
    },
    "Event": {
        "description": "What happened to the room. Match on `kind`, never on the text of its record; "
        "kinds may be added in time.",
        "oneOf": [
            fields({"kind": {"const": kind}, **parts}, _EVENTS_SOMETIMES.get(kind)) for kind, parts in _EVENTS.items()
        ],
    },
    "Seat": fields(_SEAT, _SEAT_SOMETIMES, description="A participant as the log keeps it."),
    "Participant": fields(
        {
            **_SEAT,
            "attention": choice(Attention),
            "lastSeenAt": MOMENT,
            "attendance_required": FLAG,
            "attendance_state": choice([*Attention, "not_attending", "stale"]),
            "last_seen_age_ms": whole(),
            "stale_after_ms": whole(),
            "delivered_id": CURSOR,
            "read_id": CURSOR,
            "effective_mode": choice(
                Mode, description="the most capable declared mode that is not above the requested one, else manual"
            ),
            "wake_tier": choice(
                WakeTier, description="A: a message itself is noticed; B: with the next beat; C: a person tells"
            ),
            "live_state": choice(LiveState, description="what it does now, as far as it is seen"),
        },
        {**_SEAT_SOMETIMES, "working_on": text(maxLength=WORKING_ON_UNITS_MAX)},
        description="A participant as everybody in the room may see it.",
    ),
}
