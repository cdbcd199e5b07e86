"""The rules of the roster: who comes, goes, is named, invited, removed, or given a new token."""

from __future__ import annotations

import re

from agentgather.room import events
from agentgather.room.commands import Invite, Join, Remove, Rotate, SetProfile
from agentgather.room.declaring import declared
from agentgather.room.labelling import check_labels, having, labelled
from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, is_coming_and_going, pause
from agentgather.room.message import Message
from agentgather.room.names import RESERVED_ALIASES, Alias
from agentgather.room.participant import Participant, Role
from agentgather.room.refusals import (
    AliasTaken,
    DisplayNameTaken,
    HostSeat,
    InvalidDisplayName,
    InvalidRole,
    Removed,
    RoomFull,
    UnknownParticipant,
)
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.text import is_storable, quoted, utf16_units, visible

_BLANKS = re.compile(r"\s+")


def join(state: RoomState, command: Join, *, actor: Participant, scribe: Scribe, limits: RoomLimits) -> list[Message]:
    """Say that a participant came, and as what. Coming again without having left says nothing twice."""
    came = [] if actor.has_joined else [scribe.note(f"{actor.alias} joined", events.ParticipantJoined(actor.alias))]
    about = _about(command, actor=actor, scribe=scribe, limits=limits)
    return [*came, *_spoken(state, about, actor=actor, scribe=scribe, limits=limits)]


def leave(state: RoomState, *, actor: Participant, scribe: Scribe, limits: RoomLimits) -> list[Message]:
    """Say that a participant went. The seat and its token stay.

    Agents that come and go in answer to one another stop being news: then only their presence tells.
    """
    if not actor.has_joined or is_coming_and_going(state, actor, limits=limits):
        return []
    return [scribe.note(f"{actor.alias} left", events.ParticipantLeft(actor.alias))]


def set_profile(
    state: RoomState, command: SetProfile, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """Change how a participant is shown, and what it says of itself."""
    notes = []
    if command.display_name is not None:
        name = display_name(command.display_name, units_max=limits.display_name_units_max)
        if name != actor.display_name:
            _check_free(state, name, actor=actor)
            event = events.ProfileChanged(actor.alias, name)
            shown = quoted(name) if "@" in name else name  # a name calls nobody
            notes.append(scribe.note(f"{actor.alias} is now shown as {shown}", event))
    notes += _about(command, actor=actor, scribe=scribe, limits=limits)
    return _spoken(state, notes, actor=actor, scribe=scribe, limits=limits)


def _about(command: Join | SetProfile, *, actor: Participant, scribe: Scribe, limits: RoomLimits) -> list[Message]:
    """What a participant says of itself that was not so already."""
    check_labels(command.labels, limits=limits)
    notes = []
    if command.labels is not None and set(command.labels) != set(actor.labels):
        notes.append(labelled(actor, command.labels, by=actor, scribe=scribe))
    return [*notes, *declared(command.declaring, actor=actor, scribe=scribe)]


def _spoken(
    state: RoomState, notes: list[Message], *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """`notes` of what an actor puts before everybody, each of which an agent has said. Raises LoopGuard."""
    if not notes:
        return []
    check_may_speak(state, actor, limits=limits)
    return [*notes, *pause(state, actor, scribe=scribe, limits=limits, times=len(notes))]


def _check_free(state: RoomState, name: str, *, actor: Participant) -> None:
    """Raise DisplayNameTaken: no two participants are shown alike, whatever the case."""
    if name.casefold() in RESERVED_ALIASES:
        raise DisplayNameTaken(f"{name!r} would pass for the room itself; choose another", field="display_name")
    for other in state.participants.values():
        shown = {other.alias.casefold(), other.shown_name.casefold()}
        if other.alias != actor.alias and name.casefold() in shown:
            raise DisplayNameTaken(f"{other.alias} is already shown as {name!r}; choose another", field="display_name")


def display_name(text: str, *, units_max: int) -> str:
    """`text` as a name to show: trimmed, runs of blanks made one. Raises InvalidDisplayName."""
    name = _BLANKS.sub(" ", text).strip()
    if not 1 <= utf16_units(name) <= units_max:
        raise InvalidDisplayName(f"a display name has 1 to {units_max} characters", field="display_name")
    if visible(text.strip()) != text.strip() or not is_storable(text):
        raise InvalidDisplayName(
            "a display name holds no control or invisible characters; they could disguise a sender",
            field="display_name",
        )
    return name


def invite(state: RoomState, command: Invite, *, scribe: Scribe, limits: RoomLimits) -> list[Message]:
    """Give an alias a seat. A seat that exists is only touched when the host asks for rotation; the host's never."""
    if command.role is Role.HOST:
        raise InvalidRole("a room has one host, from its start; invite a guest or an observer", field="role")
    known = state.participants.get(command.alias)
    if known is not None and known.is_host:
        raise HostSeat(f"{command.alias} is the host's own seat; it cannot be given away")
    if known is not None and not command.is_rotation:
        status = "was removed" if known.is_removed else "has a seat"
        raise AliasTaken(
            f"{command.alias} already {status} in this room; choose another alias, or rotate to replace its token",
            field="alias",
        )
    if known is None and len(state.participants) >= limits.participants_max:
        raise RoomFull(f"the room has {limits.participants_max} seats and all are given; rotate one that is not used")
    check_labels(command.labels, limits=limits)
    event = events.ParticipantInvited(command.alias, command.kind, command.role, command.labels, command.requested_mode)
    role = "" if command.role is Role.GUEST else f" as {command.role}"
    labels = f" and {having(command.labels)}" if command.labels else ""
    return [scribe.note(f"{command.alias} was invited{role}{labels}", event, newcomers=[command.alias])]


def seat_to_remove(state: RoomState, command: Remove) -> Participant:
    """The seat that `command` names. Raises UnknownParticipant, or HostSeat for the one that stays."""
    seat = seat_of(state, command.alias)
    if seat.is_host:
        raise HostSeat("the host's own seat cannot be removed; close the room instead")
    return seat


def remove(seat: Participant, *, scribe: Scribe) -> list[Message]:
    """Take a seat away for good: its token stops working. Removing it again changes nothing."""
    if seat.is_removed:
        return []
    return [scribe.note(f"{seat.alias} was removed", events.ParticipantRemoved(seat.alias))]


def rotate(state: RoomState, command: Rotate, *, scribe: Scribe) -> list[Message]:
    """Replace a seat's token; the old one stops working at once."""
    seat = seat_of(state, command.alias)
    if seat.is_removed:
        raise Removed(f"{seat.alias} was removed; invite it again with rotation to let it back in")
    return [scribe.note(f"{seat.alias} has a new token", events.TokenRotated(seat.alias))]


def seat_of(state: RoomState, alias: Alias) -> Participant:
    """The seat of `alias`. Raises UnknownParticipant."""
    seat = state.participants.get(alias)
    if seat is None:
        raise UnknownParticipant(f"nobody called {visible(alias, keep_newlines=False)} is in this room; see /status")
    return seat
