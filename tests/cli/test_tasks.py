"""The task board from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import tell


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a room that nobody serves: each command opens it for itself. Tests add to its one board."""
    root = tmp_path_factory.mktemp("home")
    tell(root, "room", "start", "lab")
    return root


def added(home: Path, *words: str, stdin: str = "") -> dict[str, Any]:
    return dict(tell(home, "task", "add", *words, "--json", stdin=stdin).answer["task"])


def test_work_is_added_taken_and_done(home: Path) -> None:
    assert tell(home, "task", "list", "--status", "claimed").out == "there are no tasks that are claimed\n"
    first = added(home, "Design", "it", "--description", "Two pages.\nNot more.")
    due = datetime.now(UTC) + timedelta(hours=2)
    second = added(
        home, "Build it", "--after", str(first["id"]), "--assign", "@host", "--due", "2h", "--file", "-", stdin="d"
    )
    assert (first["title"], second["blocked_by"], second["assignee"], second["description"]) == (
        "Design it",
        [first["id"]],
        "host",
        "d",
    )
    assert abs(datetime.fromisoformat(second["due"]) - due) < timedelta(minutes=5)
    one, two = str(first["id"]), str(second["id"])
    blocked = tell(home, "task", "claim", two, "--json")
    assert (blocked.code, blocked.error["error"], blocked.error["pending"]) == (
        3,
        "dependencies_pending",
        [first["id"]],
    )
    shown = tell(home, "task", "claim", one).out
    assert shown.startswith(f"it is yours\ntask {one}: Design it\n  claimed by host\n")
    assert shown.endswith("\n    Two pages.\n    Not more.\n")
    done = tell(home, "task", "complete", one, "-", "--json", stdin="all green").answer["task"]
    assert (done["status"], done["result"]) == ("completed", "all green")
    assert tell(home, "task", "claim", two).code == 0
    assert tell(home, "task", "release", two).out == f"task {two} (Build it): open\n"
    tell(home, "task", "claim", two)
    tell(home, "room", "leave")
    board = tell(home, "task", "list").out
    assert f"\n{one}     completed by host" in board
    assert f"\n{two}     open: host left" in board
    ready = tell(home, "task", "list", "--status", "ready", "--json").answer["tasks"]
    assert second["id"] in [task["id"] for task in ready]


def test_a_plan_is_changed(home: Path) -> None:
    before, task = added(home, "before"), added(home, "t", "--due", "2030-01-05T09:30Z")
    number = str(task["id"])
    assert task["due"] == "2030-01-05T09:30:00.000Z"
    edited = tell(home, "task", "edit", number, "--title", "u", "--after", str(before["id"]), "--due", "none", "--json")
    told = edited.answer["task"]
    assert (told["title"], told["depends_on"], told["due"]) == ("u", [before["id"]], None)
    assert tell(home, "task", "edit", number, "--after-nothing", "--json").answer["task"]["depends_on"] == []
    assert tell(home, "task", "reassign", number, "host").out == f"task {number} is for host, open\n"
    assert tell(home, "task", "reassign", number, "--everybody", "--json").answer["task"]["assignee"] is None
    cancelled = tell(home, "task", "cancel", number, "no", "need", "--json").answer["task"]
    assert (cancelled["status"], cancelled["result"]) == ("cancelled", "no need")
    assert tell(home, "task", "show", number).out.endswith("reason:\n    no need\n")


def test_adding_again_with_its_id_is_one_task(home: Path) -> None:
    first = tell(home, "task", "add", "once", "--client-id", "x-1").out
    assert tell(home, "task", "add", "once", "--client-id", "x-1").out == first[:-1] + " (it was there already)\n"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("add",), 2, "usage"),
        (("add", "t", "--due", "soon"), 3, "invalid_due"),
        (("add", "t", "--description", "a", "--file", "-"), 2, "usage"),
        (("edit", "1"), 2, "usage"),
        (("edit", "1", "--after", "2", "--after-nothing"), 2, "usage"),
        (("reassign", "1"), 2, "usage"),
        (("claim", "777"), 4, "task_not_found"),
        (("list", "--status", "lost"), 3, "invalid_status"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], code: int, error: str, home: Path) -> None:
    refused = tell(home, "task", *words, "--json")
    assert (refused.code, refused.error["error"]) == (code, error)


def test_a_board_cannot_drive_a_terminal(home: Path) -> None:
    number = str(added(home, "x", "--description", "a\x1b[2Jb\u202ec")["id"])
    assert "    a\\x1b[2Jb\\u202ec\n" in tell(home, "task", "show", number).out
