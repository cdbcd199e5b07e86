"""A hint that is pasted has to work, also where the program is not on the PATH."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agentgather.cli.own_name import own_name


def test_on_the_path_it_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "agentgather"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(program)])
    assert own_name() == "agentgather"


def test_elsewhere_it_is_called_as_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "agentgather").touch(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["a b/agentgather"])
    assert own_name() == "'a b/agentgather'"


def test_under_another_name_nobody_is_sent_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["-m"])
    assert own_name() == "agentgather"
