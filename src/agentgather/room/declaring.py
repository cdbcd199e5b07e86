"""The rules of what a participant declares of its attention: only what it says itself, and only what changes is noted."""

from __future__ import annotations

from agentgather.room.commands import Declaring
from agentgather.room.events import AttentionDeclared
from agentgather.room.message import Message
from agentgather.room.modes import Declared, in_order
from agentgather.room.participant import Participant
from agentgather.room.scribe import Scribe

SECONDS_MAX = 7 * 86_400  # of a cadence or a safety wake: a week


def declared(declaring: Declaring | None, *, actor: Participant, scribe: Scribe) -> list[Message]:
    """The note of what `actor` declares now, if that is not what it declared before."""
    if declaring is None:
        return []
    after = _after(actor.declared, declaring)
    if after == actor.declared:
        return []
    event = AttentionDeclared(actor.alias, after.supported_modes, after.poll_cadence_s, after.safety_wake_s)
    return [scribe.note(f"{actor.alias} says how it attends: {_told(after)}", event)]


def _after(before: Declared, declaring: Declaring) -> Declared:
    modes = before.supported_modes if declaring.supported_modes is None else in_order(declaring.supported_modes)
    return Declared(
        modes,
        _seconds(before.poll_cadence_s, declaring.poll_cadence_s),
        _seconds(before.safety_wake_s, declaring.safety_wake_s),
    )


def _seconds(before: int | None, said: int | None) -> int | None:
    return before if said is None else said or None


def _told(declared: Declared) -> str:
    parts = [", ".join(declared.supported_modes) or "no mode"]
    if declared.poll_cadence_s is not None:
        parts.append(f"looks every {declared.poll_cadence_s} s")
    if declared.safety_wake_s is not None:
        parts.append(f"is woken every {declared.safety_wake_s} s whatever happened")
    return "; ".join(parts)
