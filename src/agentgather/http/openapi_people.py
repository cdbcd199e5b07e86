"""Participants: how they are invited, come, go and are shown, as the OpenAPI document describes it."""

from __future__ import annotations

from agentgather.api import paths
from agentgather.api.attention_bodies import SESSION_ID_UNITS_MAX
from agentgather.http.openapi_operation import NEW, NOTHING, WRITE, Operation, okay
from agentgather.http.openapi_shapes import (
    ALIAS,
    BY_DEFAULT,
    COMMAND,
    FLAG,
    LABEL,
    LENGTH,
    MOMENT,
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
from agentgather.room.declaring import SECONDS_MAX
from agentgather.room.limits import RoomLimits
from agentgather.room.live_state import WORKING_ON_UNITS_MAX
from agentgather.room.modes import Mode, WakeTier
from agentgather.room.participant import Kind, Policy, Role

_LIMITS = RoomLimits()
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
_LABELS = many(LABEL) | {
    "description": "what somebody does here: names of yours, which permit nothing; in place of those there were. "
    f"{_LIMITS.labels_max} different ones at most {BY_DEFAULT}",
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

PEOPLE_TAKEN: dict[str, Schema] = {
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
                f"1 to {_LIMITS.display_name_units_max} characters {BY_DEFAULT}, none of them invisible",
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
}

PEOPLE_ANSWERED: dict[str, Schema] = {
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
            "commands": {"type": "object", "additionalProperties": COMMAND},
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
            "card_command": COMMAND,
            "browser_url": text(),
            "qr": _QR,
        }
    ),
}

PEOPLE_OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", paths.JOIN): Operation(
        "join",
        "Say that you are here",
        fields({"ok": YES, "participant": ALIAS}, {"warning": text("another session of yours seems to be alive")}),
        (*NEW, "invalid_labels", "invalid_attention", "loop_guard"),
        body=named("Joining"),
    ),
    ("POST", paths.LEAVE): Operation(
        "leave", "Say that you go for now; the seat and its token stay", okay(), NEW, body=NOTHING
    ),
    ("GET", paths.PROFILE): Operation("showProfile", "How you are shown", okay(participant=named("Participant"))),
    ("POST", paths.PROFILE): Operation(
        "setProfile",
        "Change how you are shown and what you do here",
        okay(participant=named("Participant")),
        (*NEW, "invalid_display_name", "display_name_taken", "invalid_labels", "invalid_attention", "loop_guard"),
        body=named("NewProfile"),
    ),
    ("POST", paths.ATTENTION): Operation(
        "setAttention",
        "Say how your attention is had, or what you work on",
        okay(participant=named("Participant")),
        (*NEW, "invalid_attention", "loop_guard"),
        body=named("Attention"),
    ),
    ("POST", paths.INVITES): Operation(
        "invite",
        "Give somebody a seat and its token",
        named("Invitation"),
        (
            *NEW,
            "invalid_alias",
            "alias_reserved",
            "alias_taken",
            "host_seat",
            "invalid_kind",
            "invalid_role",
            "invalid_labels",
            "invalid_attention",
            "invalid_ttl",
            "room_full",
        ),
        body=named("Invite"),
        status=201,
    ),
    ("POST", paths.REMOVE): Operation(
        "removeParticipant",
        "Take a seat away for good: its token stops working",
        okay(alias=ALIAS),
        (*WRITE, "unknown_participant", "host_seat"),
        body=NOTHING,
    ),
    ("POST", paths.LABELS): Operation(
        "setLabels",
        "Say what somebody does here",
        okay(participant=named("Participant")),
        (*NEW, "invalid_labels", "unknown_participant", "removed", "loop_guard"),
        body=named("Labels"),
    ),
    ("POST", paths.ROTATE): Operation(
        "rotateToken",
        "Replace a seat's token: the old one stops working",
        named("Invitation"),
        (*WRITE, "unknown_participant", "removed"),
        body=NOTHING,
    ),
}
