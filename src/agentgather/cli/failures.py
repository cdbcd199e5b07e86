"""Every error a command can end with, as the one line its caller reads: a code, a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.api.errors import error_body
from agentgather.cli.exit_codes import exit_code_of


@dataclass(slots=True)
class Failure(Exception):
    """A command cannot go on. `code` is one of docs/errors.md, `hint` what to do next."""

    code: str
    message: str
    field: str | None = None
    hint: str | None = None
    retry_after_seconds: float | None = None
    error_id: str | None = None
    facts: Mapping[str, Any] | None = None
    ends_with: int | None = None  # the exit code, where it is not that of the code alone

    def __str__(self) -> str:
        return self.message

    @property
    def exit_code(self) -> int:
        return exit_code_of(self.code) if self.ends_with is None else self.ends_with

    def to_json(self) -> dict[str, Any]:
        body = error_body(self.code, self.message, field=self.field, error_id=self.error_id, facts=self.facts)
        if self.retry_after_seconds is not None:
            body["retry_after"] = self.retry_after_seconds
        if self.hint is not None:
            body["hint"] = self.hint
        return body


def failure_of(error: BaseException) -> Failure | None:
    """What an expected error says to whoever ran the command; None for a bug."""
    if isinstance(error, Failure):
        return error
    from agentgather.client.explaining import explain

    told = explain(error)
    if told is None:
        return None
    return Failure(
        told.code,
        told.message,
        field=told.field,
        hint=told.hint,
        retry_after_seconds=told.retry_after_seconds,
        error_id=told.error_id,
        facts=told.facts,
    )
