"""What `watch` and `attend` share: how long a wait is held, and how waiting ends."""

from __future__ import annotations

from agentgather.cli.exit_codes import OK
from agentgather.cli.failures import Failure

HOLD_SECONDS_MAX = 600.0  # what a host can allow at most; the room refuses what it does not


def check_hold(hold: float | None) -> None:
    if hold is not None and not 0 <= hold <= HOLD_SECONDS_MAX:
        raise Failure("usage", "--hold is a number of seconds, 0 to 55 unless the host allows more", field="hold")


def ending(reason: str) -> int:
    """The exit code of waiting that is over for good. Raises Failure where somebody took the seat away."""
    if reason == "closed":
        return OK
    if reason == "removed":
        raise Failure("removed", "you were removed from this room", hint="ask the host for a new invitation")
    raise Failure(
        "unauthorized",
        "your token is not valid in this room: it was replaced, or it has expired",
        hint="ask the host for a new invitation, then: agentgather room join INVITATION",
    )
