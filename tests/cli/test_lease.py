"""Leases from the command line, and real commits in real repositories that a hook keeps off what others have leased."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.cli.terminal import Ran, environment, serving, tell

ODD = "line\nbreak and spaces é.txt"


class Desk:
    """A served room: the host's home, and that of bob, who works in a repository."""

    def __init__(self, folder: Path) -> None:
        self.host, self.bob = folder / "host", folder / "bob"

    def join(self) -> None:
        invitation = tell(self.host, "room", "invite", "bob", "--json").answer
        assert tell(self.bob, "room", "join", "-", stdin=str(invitation["browser_url"])).code == 0

    def take(self, *globs: str, minutes: int = 90) -> int:
        answer = tell(self.host, "lease", "take", *globs, "--minutes", str(minutes), "--json").answer
        return int(answer["lease"]["id"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    with serving(desk.host, "up", "desk", "--port", "0", "--kind", "human"):
        desk.join()
        yield desk


@pytest.fixture
def desk(served: Desk) -> Iterator[Desk]:
    """The room, in which nobody holds anything before and after."""
    yield served
    for lease in tell(served.host, "lease", "list", "--json").answer["leases"]:
        assert tell(served.host, "lease", "release", str(lease["id"])).code == 0


class Checkout:
    """A repository that bob works in."""

    def __init__(self, top: Path, home: Path) -> None:
        self.top, self.home = top, home

    def git(self, *words: str, at: Path | None = None) -> CompletedProcess[str]:
        names = {
            f"GIT_{who}_{what}": "bob@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        env = environment(self.home, {**names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull})
        return subprocess.run(["git", *words], cwd=at or self.top, env=env, capture_output=True, text=True, timeout=60)

    def do(self, *words: str, at: Path | None = None) -> str:
        ended = self.git(*words, at=at)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def write(self, *paths: str, text: str = "x\n") -> None:
        for path in paths:
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            (self.top / path).write_text(text)

    def guard(self, *words: str) -> Ran:
        return tell(self.home, "lease", "guard", *words)


@pytest.fixture
def checkout(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """With a first commit of a few files; the test stands in its top."""
    top = tmp_path / "checkout"
    top.mkdir()
    made = Checkout(top, desk.bob)
    made.do("init", "-q", "-b", "main")
    made.write("src/a.py", "src/b.py", "docs/guide.md", "notes.txt", text="one\ntwo\nthree\n")
    made.do("add", ".")
    made.do("commit", "-qm", "first")
    monkeypatch.chdir(top)
    return made


def test_a_lease_is_taken_shown_refused_to_others_and_released(desk: Desk) -> None:
    taken = tell(desk.host, "lease", "take", "src//http/", "*.md", "--minutes", "90", "--note", "the\x1b door")
    assert (taken.code, taken.err) == (0, "")
    assert taken.out.endswith(" is yours for 1 h 30 min: src/http/** *.md\n")
    (line,) = tell(desk.bob, "lease", "list").out.splitlines()
    assert line.split("  ")[1:] == ["host", "1 h 30 min", "src/http/** *.md", "the\\x1b door"]
    (lease,) = tell(desk.bob, "lease", "list", "--json").answer["leases"]
    refused = tell(desk.bob, "lease", "take", "src/**/x.py", "--json")
    assert (refused.code, refused.error["error"]) == (3, "lease_held")
    assert "host holds lease" in refused.error["message"]
    assert tell(desk.bob, "lease", "release", str(lease["id"]), "--json").error["error"] == "not_holder"
    extended = tell(desk.host, "lease", "take", "*.md", "src/http/", "--minutes", "200", "--json").answer
    assert (extended["extended"], extended["lease"]["id"]) == (True, lease["id"])
    assert tell(desk.host, "lease", "release", str(lease["id"])).out == f"lease {lease['id']} is over\n"
    assert tell(desk.bob, "lease", "list").out == "nobody holds any path\n"
    missing = tell(desk.bob, "lease", "release", "9999", "--json")
    assert (missing.code, missing.error["error"]) == (4, "lease_not_found")
    for words in (("take",), ("take", "a", "--minutes", "0"), ("take", "/a")):
        assert tell(desk.bob, "lease", *words, "--json").code == 3


def test_a_commit_off_what_others_hold_passes_and_one_on_it_is_refused(desk: Desk, checkout: Checkout) -> None:
    answer = checkout.guard("--install", "--json")
    hook = checkout.top / ".git/hooks/pre-commit"
    assert (answer.answer["hook"], answer.answer["replaced"]) == (str(hook), False)
    assert os.access(hook, os.X_OK)
    desk.take("src/**", "**/*é.txt")
    tell(desk.bob, "lease", "take", "docs", "--json")  # one's own is in nobody's way
    checkout.write("docs/guide.md")
    assert checkout.git("commit", "-qam", "the guide").returncode == 0

    checkout.write("src/a.py", ODD)
    checkout.do("add", ".")
    head = checkout.do("rev-parse", "HEAD")
    refused = checkout.git("commit", "-qm", "too early")
    assert refused.returncode != 0
    assert "src/a.py: host has leased src/** for 1 h 30 min more" in refused.stderr
    assert "line\\nbreak and spaces é.txt: host has leased **/*é.txt" in refused.stderr
    assert "hint: ask host to release it" in refused.stderr
    assert checkout.do("rev-parse", "HEAD") == head
    assert (checkout.guard().code, checkout.guard("--check", "--json").error["error"]) == (3, "lease_held")

    assert checkout.guard("--install", "--strict", "--json").answer["replaced"] is True
    assert "--strict" in hook.read_text()
    assert checkout.guard("--uninstall", "--json").answer["removed"] is True
    assert not hook.exists()
    assert checkout.guard("--uninstall", "--json").answer["removed"] is False


def test_both_names_of_what_is_renamed_and_the_name_of_what_is_gone_are_looked_at(
    desk: Desk, checkout: Checkout
) -> None:
    for number, words in enumerate(
        (("mv", "src/a.py", "lib.py"), ("mv", "notes.txt", "src/notes.txt"), ("rm", "-q", "src/b.py"))
    ):
        lease = desk.take("src")
        checkout.do(*words)
        refused = checkout.guard("--json")
        assert refused.code == 3, words
        assert refused.error["message"].count("host has leased src for") == 1, words
        tell(desk.host, "lease", "release", str(lease))
        assert checkout.guard("--json").answer == {"ok": True, "paths": 2 - (number == 2), "asked": True}
        checkout.do("reset", "-q", "--hard")
    assert checkout.guard("--json").answer == {"ok": True, "paths": 0, "asked": False}


def test_a_merge_answers_only_for_what_it_changes_itself(desk: Desk, checkout: Checkout) -> None:
    checkout.do("checkout", "-qb", "theirs")
    checkout.write("src/a.py", "notes.txt", text="theirs\n")
    checkout.do("commit", "-qam", "theirs")
    checkout.do("checkout", "-q", "main")
    checkout.write("notes.txt", text="ours\n")
    checkout.do("commit", "-qam", "ours")
    desk.take("src/**")
    assert checkout.git("merge", "-q", "theirs").returncode == 1
    checkout.write("notes.txt", text="both\n")
    checkout.do("add", ".")
    assert checkout.guard("--json").answer["paths"] == 1
    checkout.write("src/a.py", text="and more\n")
    checkout.do("add", ".")
    assert checkout.guard("--json").code == 3


def test_the_hook_is_where_git_looks_for_it(desk: Desk, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = checkout.top.parent / "beside"
    checkout.do("worktree", "add", "-q", str(beside))
    monkeypatch.chdir(beside / "src")
    assert checkout.guard("--install", "--json").answer["hook"] == str(checkout.top / ".git/hooks/pre-commit")
    desk.take("src/**")
    checkout.write("../beside/src/a.py")
    assert "host has leased" in checkout.git("commit", "-qam", "in a worktree", at=beside).stderr
    checkout.do("config", "core.hooksPath", "our hooks")
    assert checkout.guard("--install", "--json").answer["hook"] == str(beside / "our hooks/pre-commit")
    assert "host has leased" in checkout.git("commit", "-qam", "again", at=beside).stderr
    checkout.do("config", "core.hooksPath", str(checkout.top.parent / "everybodys"))
    told = checkout.guard("--install")
    assert (told.code, "leads out of this repository" in told.err) == (0, True)


def test_a_hook_of_another_is_never_touched(checkout: Checkout) -> None:
    hook = checkout.top / ".git/hooks/pre-commit"
    checkout.guard("--install")
    mine = hook.read_text()
    for text in ("#!/bin/sh\nexit 0\n", mine + "make lint\n", ""):
        hook.write_text(text)
        for words in ("--install", "--uninstall"):
            refused = checkout.guard(words, "--json")
            assert (refused.code, refused.error["error"]) == (3, "hook_exists")
        assert hook.read_text() == text
    assert "lease guard --check || exit $?" in checkout.guard("--install", "--json").error["hint"]
    hook.unlink()
    hook.symlink_to(checkout.top / "nowhere")
    assert checkout.guard("--install", "--json").error["error"] == "hook_exists"
    assert os.readlink(hook) == str(checkout.top / "nowhere")


def test_a_room_out_of_reach_lets_commits_through_unless_it_is_strict(checkout: Checkout, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("agt_of_nobody_at_all")
    away = ("--token-file", str(token), "--url", "http://127.0.0.1:9", "--room", "away@bob")
    checkout.guard("--install", *away)
    assert "agt_" not in (checkout.top / ".git/hooks/pre-commit").read_text()
    checkout.write("src/a.py")
    passed = checkout.git("commit", "-qam", "nobody answers")
    assert passed.returncode == 0
    assert "leases were not looked at: nobody answers at 127.0.0.1:9; the commit goes through" in passed.stderr
    checkout.write("src/b.py")
    checkout.do("add", ".")
    strict = checkout.guard("--strict", *away, "--json")
    assert (strict.code, strict.error["error"]) == (5, "unreachable")
    seatless = tell(tmp_path / "empty", "lease", "guard", "--json")
    assert (seatless.code, seatless.answer["reason"]) == (0, "no_room")
    assert tell(tmp_path / "empty", "lease", "guard", "--strict").code == 4


def test_outside_of_a_repository_there_is_nothing_to_guard(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for words in (("--install",), ("--uninstall",), ("--check",), ()):
        refused = tell(desk.bob, "lease", "guard", *words, "--json")
        assert (refused.code, refused.error["error"]) == (4, "no_repository")
    assert tell(desk.bob, "lease", "guard", "--install", "--check", "--json").code == 2
