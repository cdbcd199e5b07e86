"""How one's attention is had, said on the command line in the words that everybody is shown."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from agentgather.cli.mode_flag import GivenMode
from agentgather.room.modes import Mode
from tests.cli.terminal import tell


def test_the_command_line_knows_the_modes_of_the_room_and_no_other() -> None:
    assert get_args(GivenMode) == tuple(mode.value for mode in Mode)


def test_a_mode_is_asked_for_and_declared_by_its_name(tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "lab").code == 0
    declared = ("--mode", "wake_on_event", "--mode", "manual", "--safety-wake", "900")
    assert "its mode is wake_on_event (tier A)" in tell(tmp_path, "attention", *declared).out
    assert tell(tmp_path, "room", "invite", "bob", "--mode", "heartbeat").code == 0
    seats = {one["alias"]: one for one in tell(tmp_path, "room", "status", "--json").answer["participants"]}
    assert seats["host"]["supported_modes"] == ["wake_on_event", "manual"]
    assert seats["bob"]["requested_mode"] == "heartbeat"
    refused = tell(tmp_path, "attention", "--mode", "sleep")
    assert (refused.code, "wake_on_event" in refused.err) == (2, True)
