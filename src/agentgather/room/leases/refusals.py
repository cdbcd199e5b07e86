"""Every no of leases."""

from __future__ import annotations

from agentgather.room.refusals import Refusal


class InvalidGlob(Refusal):
    code = "invalid_glob"


class InvalidLease(Refusal):
    """The minutes or the note of a lease."""

    code = "invalid_lease"


class LeaseHeld(Refusal):
    """Somebody else works there."""

    code = "lease_held"


class LeaseLimit(Refusal):
    code = "lease_limit"


class LeaseNotFound(Refusal):
    code = "lease_not_found"
