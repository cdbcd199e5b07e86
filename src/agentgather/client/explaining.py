"""What an expected error says: a code of docs/errors.md, a sentence, and what to do. How it is shown is its teller's business."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentgather.client.errors import Refused, Unreachable
from agentgather.room.refusals import Refusal
from agentgather.settings.sources import SettingRefused
from agentgather.store.home import DocumentDamaged
from agentgather.store.lock import RoomLocked
from agentgather.store.log_file import LogDamaged
from agentgather.store.opening import NoSuchRoom, RoomExists


@dataclass(frozen=True, slots=True)
class Explained:
    """`hint` is for whoever types commands."""

    code: str
    message: str
    field: str | None = None
    hint: str | None = None
    retry_after_seconds: float | None = None
    error_id: str | None = None
    facts: Mapping[str, Any] | None = None


def explain(error: BaseException) -> Explained | None:
    """What an expected error says; None for a bug."""
    if isinstance(error, Refused | Refusal):
        return Explained(
            error.code,
            error.message,
            field=error.field,
            retry_after_seconds=error.retry_after_seconds,
            error_id=error.error_id if isinstance(error, Refused) else None,
            facts=error.facts,
        )
    if isinstance(error, Unreachable):
        return Explained(error.code, error.message, hint=error.hint)
    if isinstance(error, SettingRefused):
        return Explained(error.code, error.message, field=error.field, hint="see: agentgather config")
    return _of_the_store(error) or _of_the_disk(error)


def _of_the_store(error: BaseException) -> Explained | None:
    if isinstance(error, DocumentDamaged | LogDamaged):
        where = f"{error.path}: {error.reason}" if isinstance(error, DocumentDamaged) else f"the room's log, {error}"
        return Explained("damaged", where, hint="see: agentgather doctor; it can also --repair")
    if isinstance(error, RoomLocked):
        return Explained("room_locked", str(error), hint="stop that process, or wait until it is done")
    if isinstance(error, NoSuchRoom):
        return Explained("room_not_found", f"there is no room {error} in this home", hint="see: agentgather room list")
    if isinstance(error, RoomExists):
        return Explained("room_exists", f"there is a room {error} in this home already", hint="choose another name")
    return None


def _of_the_disk(error: BaseException) -> Explained | None:
    """An OSError with a file in it is about the caller's files, a full or failing disk about theirs too; any other is a bug."""
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Explained("storage_full", "the disk here is full: what was to be written could not be")
    if error.filename is not None:
        code = "file_not_found" if isinstance(error, FileNotFoundError) else "file_refused"
        return Explained(code, f"{error.filename}: {error.strerror or type(error).__name__}")
    if error.errno in (errno.EIO, errno.EROFS, errno.ESTALE):
        message = f"the disk here answered {errno.errorcode[error.errno]}: what was to be written may not be there"
        return Explained("storage_failed", message, hint="see: agentgather doctor")
    return None
