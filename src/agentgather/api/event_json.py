"""Events <-> the small object that a record carries as `event`. Clients match on its `kind`, never on prose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from agentgather.room import events
from agentgather.room.message import moment, timestamp
from agentgather.room.names import Alias, MessageId
from agentgather.room.participant import Brief, Install, Kind, Location, Participant, Policy, Role

Json = dict[str, Any]


class UnknownEvent(ValueError):
    """An `event` object that no version of ours has written, or one that lacks a part."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of an event: its name here and on the wire, and how its value is written and read."""

    name: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    wire_name: str = ""


def _same(value: Any) -> Any:
    return value


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("expected a whole number")
    return value


def _alias(name: str = "alias") -> _Part:
    return _Part(name, _same, lambda value: Alias(_text(value)))


def _when(name: str) -> _Part:
    return _Part(name, _optional(timestamp), _optional(lambda value: moment(_text(value))))


def brief_json(brief: Brief) -> Json:
    return {
        "body": brief.body,
        "version": brief.version,
        "updated_at": timestamp(brief.updated_at),
        "updated_by": brief.updated_by,
    }


def _read_brief(value: Json) -> Brief:
    at = moment(_text(value["updated_at"]))
    return Brief(_text(value["body"]), _whole(value["version"]), at, Alias(_text(value["updated_by"])))


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
    if seat.removed_at is not None:
        written["removed_at"] = timestamp(seat.removed_at)
    return written


def read_seat(value: Mapping[str, Any]) -> Participant:
    """A participant from the log or a roster file, those of 0.1 included (they know `is_host` and no `role`).

    Raises KeyError, TypeError or ValueError when it is none.
    """
    role = Role(value["role"]) if "role" in value else Role.HOST if value.get("is_host") else Role.GUEST
    return Participant(
        alias=Alias(_text(value["alias"])),
        kind=Kind(value["kind"]),
        role=role,
        joined_at=moment(_text(value["joinedAt"])),
        display_name=_optional(_text)(value.get("display_name")),
        location=Location(value.get("location", "local")),
        install=Install(value.get("install", "lite")),
        has_joined=bool(value.get("has_joined", value.get("attention") == "attending")),
        removed_at=_optional(lambda text: moment(_text(text)))(value.get("removed_at")),
    )


_KIND = _Part("kind", lambda kind: kind.value, Kind, "participant_kind")
_POLICY = _Part("policy", lambda policy: policy.value, Policy)
_ROLE = _Part("role", lambda role: role.value, Role)

_SHAPES: dict[str, tuple[type[Any], tuple[_Part, ...]]] = {
    "room.created": (
        events.RoomCreated,
        (
            _alias("host"),
            _Part("host_kind", lambda kind: kind.value, Kind),
            _POLICY,
            _Part("brief", _same, _text),
            _when("expires_at"),
        ),
    ),
    "room.adopted": (
        events.RoomAdopted,
        (
            _Part(
                "participants",
                lambda seats: [seat_json(seat) for seat in seats],
                lambda seats: tuple(read_seat(seat) for seat in seats),
            ),
            _POLICY,
            _Part("brief", brief_json, _read_brief),
            _when("created_at"),
            _when("expires_at"),
        ),
    ),
    "room.closed": (events.RoomClosed, (_Part("by_ttl", _same, bool),)),
    "participant.invited": (events.ParticipantInvited, (_alias(), _KIND, _ROLE)),
    "participant.joined": (events.ParticipantJoined, (_alias(),)),
    "participant.left": (events.ParticipantLeft, (_alias(),)),
    "participant.removed": (events.ParticipantRemoved, (_alias(),)),
    "token.rotated": (events.TokenRotated, (_alias(),)),
    "profile.changed": (events.ProfileChanged, (_alias(), _Part("display_name", _same, _text))),
    "brief.changed": (
        events.BriefChanged,
        (_alias("by"), _Part("version", _same, _whole), _Part("body", _same, _text)),
    ),
    "policy.set": (events.PolicySet, (_POLICY,)),
    "expiry.moved": (events.ExpiryMoved, (_when("expires_at"),)),
    "expiry.warned": (events.ExpiryWarned, (_when("expires_at"),)),
    "loop.tripped": (events.LoopTripped, (_alias(),)),
    "loop.continued": (events.LoopContinued, ()),
    "message.retracted": (
        events.MessageRetracted,
        (
            _Part("message_id", _same, lambda value: MessageId(_whole(value))),
            _Part("is_scrubbed", _same, bool, "scrubbed"),
        ),
    ),
}
_KIND_OF = {shape[0]: kind for kind, shape in _SHAPES.items()}
EVENT_KINDS: tuple[str, ...] = tuple(_SHAPES)


def event_json(event: events.Event) -> Json:
    """`event` as it stands in a record: its `kind` first, then what is needed to replay it."""
    kind = _KIND_OF[type(event)]
    written: Json = {"kind": kind}
    for part in _SHAPES[kind][1]:
        written[part.wire_name or part.name] = part.write(getattr(event, part.name))
    return written


def read_event(value: Any) -> events.Event:
    """The event that an `event` object stands for. Raises UnknownEvent."""
    try:
        shape, parts = _SHAPES[value["kind"]]
        return cast(events.Event, shape(**{part.name: part.read(value[part.wire_name or part.name]) for part in parts}))
    except (KeyError, TypeError, ValueError) as broken:
        raise UnknownEvent(f"not an event of this version: {type(broken).__name__}") from None
