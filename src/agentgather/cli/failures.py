"""Every error a command can end with, as the one line its caller reads: a code, a sentence, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.api.errors import error_body
from agentgather.cli.exit_codes import exit_code_of
from agentgather.room.refusals import Refusal


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
    if isinstance(error, Refusal):
        return Failure(
            error.code,
            error.message,
            field=error.field,
            retry_after_seconds=error.retry_after_seconds,
            facts=error.facts,
        )
    return _client_failure(error) or _store_failure(error) or _setting_failure(error) or _disk_failure(error)


def _client_failure(error: BaseException) -> Failure | None:
    from agentgather.client.errors import Refused, Unreachable

    if isinstance(error, Refused):
        return Failure(
            error.code,
            error.message,
            field=error.field,
            retry_after_seconds=error.retry_after_seconds,
            error_id=error.error_id,
            facts=error.facts,
        )
    if isinstance(error, Unreachable):
        return Failure(error.code, error.message, hint=error.hint)
    return None


def _store_failure(error: BaseException) -> Failure | None:
    from agentgather.store.home import DocumentDamaged
    from agentgather.store.lock import RoomLocked
    from agentgather.store.log_file import LogDamaged
    from agentgather.store.opening import NoSuchRoom, RoomExists

    if isinstance(error, DocumentDamaged | LogDamaged):
        where = f"{error.path}: {error.reason}" if isinstance(error, DocumentDamaged) else f"the room's log, {error}"
        return Failure("damaged", where, hint="see: agentgather doctor; it can also --repair")
    if isinstance(error, RoomLocked):
        return Failure("room_locked", str(error), hint="stop that process, or wait until it is done")
    if isinstance(error, NoSuchRoom):
        return Failure("room_not_found", f"there is no room {error} in this home", hint="see: agentgather room list")
    if isinstance(error, RoomExists):
        return Failure("room_exists", f"there is a room {error} in this home already", hint="choose another name")
    return None


def _setting_failure(error: BaseException) -> Failure | None:
    from agentgather.settings.sources import SettingRefused

    if isinstance(error, SettingRefused):
        return Failure(error.code, error.message, field=error.field, hint="see: agentgather config")
    return None


def _disk_failure(error: BaseException) -> Failure | None:
    """An OSError with a file in it is about the caller's files, a full or failing disk about theirs too; any other is a bug."""
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Failure("storage_full", "the disk here is full: what was to be written could not be")
    if error.filename is not None:
        code = "file_not_found" if isinstance(error, FileNotFoundError) else "file_refused"
        return Failure(code, f"{error.filename}: {error.strerror or type(error).__name__}")
    if error.errno in (errno.EIO, errno.EROFS, errno.ESTALE):
        message = f"the disk here answered {errno.errorcode[error.errno]}: what was to be written may not be there"
        return Failure("storage_failed", message, hint="see: agentgather doctor")
    return None
