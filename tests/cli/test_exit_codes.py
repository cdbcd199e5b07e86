from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from agentgather.api.errors import STATUS_OF
from agentgather.cli import exit_codes
from agentgather.cli.exit_codes import exit_code_of
from agentgather.cli.failures import failure_of
from agentgather.client.errors import Refused, Unreachable
from agentgather.room.refusals import InvalidAlias
from agentgather.settings.sources import SettingRefused
from agentgather.store.json_files import DocumentDamaged
from agentgather.store.lock import RoomLocked
from agentgather.store.log_file import LogDamaged


def test_what_is_not_there_is_not_found_and_what_passes_is_unreachable() -> None:
    for code, status in STATUS_OF.items():
        if status == 404:
            assert exit_code_of(code) == exit_codes.NOT_FOUND, code
        elif status == 503:
            assert exit_code_of(code) == exit_codes.UNREACHABLE, code
        elif status == 500 and code == "internal_error":
            assert exit_code_of(code) == exit_codes.BUG
        else:
            assert exit_code_of(code) == exit_codes.REFUSED, code


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (Refused("room_closed", "closed", status=403), exit_codes.REFUSED),
        (Unreachable("silence"), exit_codes.UNREACHABLE),
        (InvalidAlias("no alias"), exit_codes.REFUSED),
        (SettingRefused("no", field="port"), exit_codes.USAGE),
        (DocumentDamaged(Path("x"), "it is not JSON"), exit_codes.DAMAGED),
        (LogDamaged(line=1, offset=0, reason="no"), exit_codes.DAMAGED),
        (RoomLocked(7), exit_codes.REFUSED),
        (FileNotFoundError(2, "No such file or directory", "/nowhere"), exit_codes.NOT_FOUND),
    ],
)
def test_every_expected_error_has_its_exit_code_and_a_sentence(error: Exception, exit_code: int) -> None:
    failure = failure_of(error)
    assert failure is not None
    assert failure.exit_code == exit_code
    assert failure.to_json()["message"]


def test_a_bug_is_not_taken_for_something_expected() -> None:
    assert failure_of(ZeroDivisionError()) is None
    assert failure_of(OSError(errno.EBADF, "Bad file descriptor")) is None


@pytest.mark.parametrize(
    ("number", "code"),
    [
        *((number, "storage_full") for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)),
        *((number, "storage_failed") for number in (errno.EIO, errno.EROFS, errno.ESTALE)),
    ],
)
def test_a_disk_that_refuses_is_no_bug(number: int, code: str) -> None:
    """A write or a sync names no file."""
    failure = failure_of(OSError(number, os.strerror(number)))
    assert failure is not None
    assert (failure.code, failure.exit_code) == (code, exit_codes.REFUSED)
