"""What a model is told of an error: the code that a command would end with, and a next step that a model can take."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from agentgather.client.errors import Refused, Unreachable
from agentgather.mcp.trouble import trouble_of
from agentgather.room.names import room_id
from agentgather.settings.sources import SettingRefused
from agentgather.store.home import DocumentDamaged
from agentgather.store.lock import RoomLocked
from agentgather.store.opening import RoomExists


@pytest.mark.parametrize(
    ("error", "code", "next_step"),
    [
        (Unreachable("silence", hint="stop that process if it hangs"), "unreachable", "make the same call again"),
        (Unreachable("no", code="not_served", hint="start it"), "not_served", "ask your user"),
        (Refused("removed", "gone", status=410), "removed", "tell your user"),
        (DocumentDamaged(Path("x"), "it is not JSON"), "damaged", "ask your user"),
        (RoomLocked(7), "room_locked", "try again"),
        (RoomExists(room_id("lab")), "room_exists", "choose another name"),
        (SettingRefused("no", field="port"), "invalid_setting", "agentgather config"),
        (PermissionError(errno.EACCES, "Permission denied", "/home/ann"), "file_refused", ""),
        (OSError(errno.ENOSPC, "No space left"), "storage_full", ""),
    ],
)
def test_an_expected_error_has_its_code_and_what_to_do_next(error: Exception, code: str, next_step: str) -> None:
    trouble = trouble_of(error)
    assert trouble is not None
    told = trouble.to_json()
    assert (told["error"], next_step in told.get("next", "")) == (code, True)


def test_a_bug_is_none() -> None:
    assert trouble_of(ZeroDivisionError()) is None
