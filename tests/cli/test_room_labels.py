"""Role labels from the command line: set by the host and by oneself, shown, and written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import tell


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose room nobody serves; bob has a seat in it."""
    tell(tmp_path, "room", "start", "lab")
    tell(tmp_path, "room", "invite", "bob", "--label", "reviewer", "--label", "docs")
    return tmp_path


def test_a_message_goes_to_whoever_has_a_role(home: Path) -> None:
    sent = tell(home, "send", "--to", "role:reviewer", "look at it", "--json").answer["message"]
    assert (sent["to"], sent["mentions"]) == (["role:reviewer"], ["bob"])
    assert tell(home, "send", "--to", "role:tester", "look at it", "--json").error["error"] == "invalid_to"
    assert tell(home, "send", "--to", "role:No One", "look at it", "--json").error["error"] == "invalid_labels"
    assert "reviewer" in tell(home, "room", "labels", "view").out
    assert "reviewer" in tell(home, "room", "status").out


def test_labels_are_replaced_and_taken_away(home: Path) -> None:
    assert tell(home, "room", "labels", "view", "--json").answer["labels"] == {"bob": ["reviewer", "docs"]}
    assert tell(home, "room", "labels", "set", "tester", "--of", "@bob").out == "bob: tester\n"
    assert tell(home, "room", "labels", "set", "lead").out == "host: lead\n"
    assert tell(home, "room", "labels", "set", "--none", "--of", "bob").out == "bob: no role label\n"
    assert tell(home, "room", "labels", "view").out.split() == ["host", "lead"]
    for words in ((), ("lead", "--none"), ("No",)):
        assert tell(home, "room", "labels", "set", *words).code != 0
