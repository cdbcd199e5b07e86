"""Events <-> the small object that a record carries as `event`. Clients match on its `kind`, never on prose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from agentgather.api.contract_json import CONTRACT_SHAPES
from agentgather.api.event_parts import Part, alias_part, optional, same, text, when, whole
from agentgather.api.lease_json import LEASE_SHAPES
from agentgather.api.session_json import SESSION_SHAPES
from agentgather.api.task_json import TASK_SHAPES
from agentgather.api.wakes_json import WAKES_SHAPES
from agentgather.room import events
from agentgather.room.message import moment, timestamp
from agentgather.room.modes import NOTHING_DECLARED, Declared, Mode
from agentgather.room.names import Alias, Label, MessageId
from agentgather.room.participant import Brief, Install, Kind, Location, Participant, Policy, Role

Json = dict[str, Any]


class UnknownEvent(ValueError):
    """An `event` object that no version of ours has written, or one that lacks a part."""


def brief_json(brief: Brief) -> Json:
    return {
        "body": brief.body,
        "version": brief.version,
        "updated_at": timestamp(brief.updated_at),
        "updated_by": brief.updated_by,
    }


def _read_brief(value: Json) -> Brief:
    at = moment(text(value["updated_at"]))
    return Brief(text(value["body"]), whole(value["version"]), at, Alias(text(value["updated_by"])))


def seat_json(seat: Participant) -> Json:
    """A participant as the log and the roster file keep it: no token, no presence (contract section 4.3)."""
    written: Json = {"alias": seat.alias}
    if seat.display_name is not None:
        written["display_name"] = seat.display_name
    written |= {
        "kind": seat.kind.value,
        "role": seat.role.value,
        "location": seat.location.value,
        "install": seat.install.value,
        "is_host": seat.is_host,
        "has_joined": seat.has_joined,
        "joinedAt": timestamp(seat.joined_at),
    }
    if seat.has_left:
        written["has_left"] = True
    if seat.labels:
        written["labels"] = list(seat.labels)
    if seat.requested_mode is not None:
        written["requested_mode"] = seat.requested_mode.value
    if seat.declared != NOTHING_DECLARED:
        written |= _declared_json(seat.declared)
    if seat.removed_at is not None:
        written["removed_at"] = timestamp(seat.removed_at)
    return written


def read_seat(value: Mapping[str, Any]) -> Participant:
    """A participant from the log or a roster file, those of 0.1 included (they know `is_host` and no `role`).

    Raises KeyError, TypeError or ValueError when it is none.
    """
    role = Role(value["role"]) if "role" in value else Role.HOST if value.get("is_host") else Role.GUEST
    return Participant(
        alias=Alias(text(value["alias"])),
        kind=Kind(value["kind"]),
        role=role,
        joined_at=moment(text(value["joinedAt"])),
        display_name=optional(text)(value.get("display_name")),
        location=Location(value.get("location", "local")),
        install=Install(value.get("install", "lite")),
        has_joined=bool(value.get("has_joined", value.get("attention") == "attending")),
        removed_at=optional(lambda value: moment(text(value)))(value.get("removed_at")),
        has_left=bool(value.get("has_left", False)),
        labels=read_labels(value.get("labels", [])),
        declared=_read_declared(value),
        requested_mode=optional(Mode)(value.get("requested_mode")),
    )


def _declared_json(declared: Declared) -> Json:
    return {
        "supported_modes": _modes_json(declared.supported_modes),
        "poll_cadence_s": declared.poll_cadence_s,
        "safety_wake_s": declared.safety_wake_s,
    }


def _read_declared(value: Mapping[str, Any]) -> Declared:
    seconds = optional(whole)
    return Declared(
        _read_modes(value.get("supported_modes", [])),
        seconds(value.get("poll_cadence_s")),
        seconds(value.get("safety_wake_s")),
    )


def _modes_json(modes: tuple[Mode, ...]) -> list[str]:
    return [mode.value for mode in modes]


def _read_modes(value: Any) -> tuple[Mode, ...]:
    return tuple(Mode(one) for one in value)


def read_labels(value: Any) -> tuple[Label, ...]:
    """The labels of a list. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError("expected a list")
    return tuple(Label(text(one)) for one in value)


_KIND = Part("kind", lambda kind: kind.value, Kind, "participant_kind")
_POLICY = Part("policy", lambda policy: policy.value, Policy)
_ROLE = Part("role", lambda role: role.value, Role)

_SHAPES: dict[str, tuple[type[Any], tuple[Part, ...]]] = {
    "room.created": (
        events.RoomCreated,
        (
            alias_part("host"),
            Part("host_kind", lambda kind: kind.value, Kind),
            _POLICY,
            Part("brief", same, text),
            when("expires_at"),
        ),
    ),
    "room.adopted": (
        events.RoomAdopted,
        (
            Part(
                "participants",
                lambda seats: [seat_json(seat) for seat in seats],
                lambda seats: tuple(read_seat(seat) for seat in seats),
            ),
            _POLICY,
            Part("brief", brief_json, _read_brief),
            when("created_at"),
            when("expires_at"),
        ),
    ),
    "room.closed": (events.RoomClosed, (Part("by_ttl", same, bool),)),
    "participant.invited": (
        events.ParticipantInvited,
        (
            alias_part(),
            _KIND,
            _ROLE,
            Part("labels", list, read_labels, unless=None),
            Part("requested_mode", lambda mode: mode.value, Mode, unless=None),
        ),
    ),
    "participant.joined": (events.ParticipantJoined, (alias_part(),)),
    "participant.left": (events.ParticipantLeft, (alias_part(),)),
    "participant.removed": (events.ParticipantRemoved, (alias_part(),)),
    "token.rotated": (events.TokenRotated, (alias_part(),)),
    "profile.changed": (events.ProfileChanged, (alias_part(), Part("display_name", same, text))),
    "attention.declared": (
        events.AttentionDeclared,
        (
            alias_part(),
            Part("supported_modes", _modes_json, _read_modes),
            Part("poll_cadence_s", same, optional(whole)),
            Part("safety_wake_s", same, optional(whole)),
        ),
    ),
    "labels.set": (events.LabelsSet, (alias_part(), Part("labels", list, read_labels), alias_part("by"))),
    "brief.changed": (
        events.BriefChanged,
        (alias_part("by"), Part("version", same, whole), Part("body", same, text)),
    ),
    "policy.set": (events.PolicySet, (_POLICY,)),
    **SESSION_SHAPES,
    "expiry.moved": (events.ExpiryMoved, (when("expires_at"),)),
    "expiry.warned": (events.ExpiryWarned, (when("expires_at"),)),
    "loop.tripped": (events.LoopTripped, (alias_part(),)),
    "loop.continued": (events.LoopContinued, ()),
    "message.retracted": (
        events.MessageRetracted,
        (
            Part("message_id", same, lambda value: MessageId(whole(value))),
            Part("is_scrubbed", same, bool, "scrubbed"),
        ),
    ),
    **TASK_SHAPES,
    **LEASE_SHAPES,
    **CONTRACT_SHAPES,
    **WAKES_SHAPES,
}
_KIND_OF = {shape[0]: kind for kind, shape in _SHAPES.items()}
EVENT_KINDS: tuple[str, ...] = tuple(_SHAPES)


def event_json(event: events.Event) -> Json:
    """`event` as it stands in a record: its `kind` first, then what is needed to replay it."""
    kind = _KIND_OF[type(event)]
    written: Json = {"kind": kind}
    for part in _SHAPES[kind][1]:
        part.put(event, written)
    return written


def read_event(value: Any) -> events.Event:
    """The event that an `event` object stands for. Raises UnknownEvent."""
    try:
        shape, parts = _SHAPES[value["kind"]]
        return cast(events.Event, shape(**{part.name: part.taken(value) for part in parts}))
    except (KeyError, TypeError, ValueError) as broken:
        raise UnknownEvent(f"not an event of this version: {type(broken).__name__}") from None
