"""The rules of the host's wheel: the brief, the policy, the room's time, and its end."""

from __future__ import annotations

from datetime import datetime

from agentgather.room import events
from agentgather.room.commands import Extend, SetBrief, SetPolicy
from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_continue, check_may_speak, pause
from agentgather.room.message import Message, timestamp
from agentgather.room.participant import Participant, Policy
from agentgather.room.refusals import BriefTooLarge, InvalidBody, InvalidPolicy, InvalidTtl
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.text import is_storable, utf16_units


def set_brief(
    state: RoomState, command: SetBrief, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    check_brief(command.body, units_max=limits.brief_units_max)
    check_may_speak(state, actor, limits=limits)
    version = state.brief.version + 1
    event = events.BriefChanged(command.actor, version, command.body)
    updated = scribe.note(f"Room brief updated to v{version}", event)
    return [updated, *pause(state, actor, scribe=scribe, limits=limits)]


def check_brief(body: str, *, units_max: int) -> None:
    """Raise InvalidBody or BriefTooLarge when `body` cannot be a brief. An empty brief is one."""
    if not is_storable(body):
        raise InvalidBody("the brief holds a NUL or half of a surrogate pair; send well-formed Unicode", field="body")
    if (units := utf16_units(body)) > units_max:
        raise BriefTooLarge(f"the brief has {units} UTF-16 units, {units_max} is the maximum", field="body")


def set_policy(state: RoomState, command: SetPolicy, *, scribe: Scribe) -> list[Message]:
    policy = parse_policy(command.policy)
    if policy is state.policy:
        return []
    return [scribe.note(f"Attendance policy set to {policy}", events.PolicySet(policy))]


def parse_policy(text: str) -> Policy:
    """The policy called `text`. Raises InvalidPolicy."""
    try:
        return Policy(text)
    except ValueError:
        known = ", ".join(Policy)
        raise InvalidPolicy(f"an attendance policy is one of: {known}", field="policy") from None


def extend(command: Extend, *, scribe: Scribe) -> list[Message]:
    """Move the room's end. It cannot be moved into the past: that is what closing is for."""
    end = command.expires_at
    if end is None:
        return [scribe.note("the room has no end any more", events.ExpiryMoved(None))]
    if end <= scribe.now:
        raise InvalidTtl("the new end lies in the past; close the room instead", field="ttl")
    return [scribe.note(f"the room now ends at {timestamp(end)}", events.ExpiryMoved(end))]


def warn_of_expiry(state: RoomState, *, scribe: Scribe) -> list[Message]:
    if state.expires_at is None or state.is_expiry_warned:
        return []
    minutes = max(1, round((state.expires_at - scribe.now).total_seconds() / 60))
    text = f"the room ends in {minutes} minute{'s' if minutes > 1 else ''}; the host can extend it"
    return [scribe.note(text, events.ExpiryWarned(state.expires_at))]


def continue_room(state: RoomState, *, actor: Participant, scribe: Scribe) -> list[Message]:
    """Let agents speak again without a human's word, if it is a human who lets them. Nothing to continue, nothing to say."""
    check_may_continue(actor)
    if not state.streaks:
        return []
    return [scribe.note("the host lets agents continue", events.LoopContinued())]


def close(*, scribe: Scribe) -> list[Message]:
    return [scribe.note("room closed", events.RoomClosed())]


def expire(state: RoomState, *, now: datetime, scribe: Scribe) -> list[Message]:
    """Close a room that has come to its time; one that was extended meanwhile stays open."""
    if not state.has_expired(now):
        return []
    return [scribe.note("room closed by ttl", events.RoomClosed(by_ttl=True))]
