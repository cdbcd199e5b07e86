"""Leases as JSON: the events of the log, what clients ask for, and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agentgather.api.event_parts import Part, alias_part, same, text, when, whole
from agentgather.room.leases.commands import TakeLease
from agentgather.room.leases.events import LeaseEnded, LeaseExtended, LeaseTaken
from agentgather.room.leases.lease import Ending, Lease, LeaseId
from agentgather.room.leases.refusals import InvalidGlob, InvalidLease, LeaseNotFound
from agentgather.room.leases.rules import MINUTES
from agentgather.room.message import timestamp
from agentgather.room.names import Alias

Json = dict[str, Any]

_LEASE = Part("lease", same, lambda value: LeaseId(whole(value)))
_NOTE = Part("note", same, text)
_GLOBS = Part("globs", list, lambda value: tuple(text(one) for one in value))
_ENDING = Part("ending", lambda ending: ending.value, Ending)

LEASE_SHAPES: dict[str, tuple[type[Any], tuple[Part, ...]]] = {
    "lease.taken": (LeaseTaken, (alias_part("by"), _LEASE, _GLOBS, _NOTE, when("until"))),
    "lease.extended": (LeaseExtended, (alias_part("by"), _LEASE, _NOTE, when("until"))),
    "lease.ended": (LeaseEnded, (alias_part("by"), _LEASE, _ENDING)),
}


def read_take(body: Mapping[str, Any], *, actor: Alias) -> TakeLease:
    """A lease as asked for: `globs` (a list, or one), `minutes` and `note`. Raises the refusal of the field at fault."""
    globs = body.get("globs")
    globs = [globs] if isinstance(globs, str) else globs
    if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
        raise InvalidGlob("globs is a list of texts such as src/http/**", field="globs")
    minutes = MINUTES if (asked := body.get("minutes")) is None else asked
    if type(minutes) is not int:
        raise InvalidLease("minutes is a whole number", field="minutes")
    note = body.get("note", "")
    if not isinstance(note, str):
        raise InvalidLease("note must be a JSON string", field="note")
    return TakeLease(actor, tuple(globs), minutes, note)


def read_lease_id(written: str) -> LeaseId:
    """The lease that a path names. Raises LeaseNotFound."""
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        raise LeaseNotFound("a lease has a number; see /leases for those that hold")
    return LeaseId(int(written))


def lease_answer(lease: Lease, *, now: datetime) -> Json:
    """A lease as everybody in the room may see it. `seconds_left` spares the reader a clock."""
    return {
        "id": lease.id,
        "holder": lease.holder,
        "globs": list(lease.globs),
        "note": lease.note,
        "taken_at": timestamp(lease.taken_at),
        "until": timestamp(lease.until),
        "seconds_left": max(0, int((lease.until - now).total_seconds())),
    }
