"""How speaking to a room fails: it said no, or nobody answered. Neither ever carries a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The room's own no: `code` and `message` are its words, `status` the HTTP status, `facts` what else its body says."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        field: str | None = None,
        retry_after_seconds: float | None = None,
        error_id: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.error_id = error_id
        self.facts: Mapping[str, Any] = facts or {}

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be welcome later: too much, too busy, or a door on the way in trouble."""
        return self.status in (408, 425, 429) or (self.status >= 500 and self.status not in (501, 507))


class Unreachable(Exception):
    """Nobody who could speak for the room answered; what was asked may or may not have happened.

    `code` is `unreachable`, `not_served` (the room is here, yet nobody serves it) or `not_a_room` (somebody else
    answered). `is_passing`: trying again may help.
    """

    def __init__(
        self, message: str, *, code: str = "unreachable", hint: str | None = None, is_passing: bool = True
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.is_passing = is_passing


def sole(error: BaseException) -> BaseException:
    """The one error inside groups of one, as nurseries wrap them."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
