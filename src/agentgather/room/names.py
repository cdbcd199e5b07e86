"""The identities of a room, and the only parsers that turn a string into one."""

from __future__ import annotations

import re
from typing import NewType

from agentgather.room.refusals import AliasReserved, InvalidAlias, InvalidLabels, InvalidRoomId

RoomId = NewType("RoomId", str)
Alias = NewType("Alias", str)
MessageId = NewType("MessageId", int)
Label = NewType("Label", str)

SYSTEM = Alias("system")
RESERVED_ALIASES = frozenset({"system", "all", "here", "everyone", "room", "broker"})
# A label is no permission, and must not look like one.
RESERVED_LABELS = RESERVED_ALIASES | {"host", "guest", "observer"}

_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_LABEL = re.compile(r"[a-z0-9-]{1,32}")
_MESSAGE_ID_MAX = 2**53 - 1  # the largest integer every JSON reader keeps exactly


def room_id(text: str) -> RoomId:
    """Parse a room id: 1-64 lowercase ASCII letters, digits or hyphens. Raises InvalidRoomId."""
    if not _SLUG.fullmatch(text):
        raise InvalidRoomId("a room id is 1 to 64 characters: lowercase letters, digits and hyphens")
    return RoomId(text)


def alias(text: str) -> Alias:
    """Parse an alias as it may stand in any log (same shape as a room id). Raises InvalidAlias."""
    if not _SLUG.fullmatch(text):
        raise InvalidAlias("an alias is 1 to 64 characters: lowercase letters, digits and hyphens")
    return Alias(text)


def new_alias(text: str) -> Alias:
    """Parse an alias for somebody new. Raises InvalidAlias, or AliasReserved for a name the room itself uses."""
    parsed = alias(text)
    if parsed in RESERVED_ALIASES:
        raise AliasReserved(f"the alias {parsed!r} is reserved for the room itself; choose another")
    return parsed


def label(text: str) -> Label:
    """Parse a role label: 1-32 lowercase ASCII letters, digits or hyphens, no word of the room's. Raises InvalidLabels."""
    if not _LABEL.fullmatch(text):
        raise InvalidLabels(
            "a label is 1 to 32 characters: lowercase letters, digits and hyphens, as in reviewer", field="labels"
        )
    if text in RESERVED_LABELS:
        raise InvalidLabels(f"the label {text!r} is the room's own word; choose another", field="labels")
    return Label(text)


def is_message_id(value: object) -> bool:
    """Whether `value` can be the id of a record: an integer from 1 to 2**53 - 1."""
    return type(value) is int and 1 <= value <= _MESSAGE_ID_MAX
