"""Which room a folder's agents meet in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agentgather.mcp.folder import Folder, folder_of, room_of
from agentgather.store.home import Home


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("api", "api"),
        ("My Api_2", "my-api-2"),
        ("..x", "x"),
        ("日本", "project"),
        ("a" * 90, "a" * 58),
        ("-", "project"),
    ],
)
def test_a_room_is_named_after_its_folder(name: str, slug: str) -> None:
    assert Folder(Path("/work") / name).slug == slug


def test_a_folder_within_a_checkout_is_the_checkout(tmp_path: Path) -> None:
    top, other = tmp_path / "api", tmp_path / "plain" / "sub"
    (top / ".git").mkdir(parents=True)
    (top / "src" / "deep").mkdir(parents=True)
    other.mkdir(parents=True)
    assert folder_of(top / "src" / "deep") == folder_of(top) == Folder(top.resolve())
    assert folder_of(other) == Folder(other.resolve())


def test_linked_worktrees_meet_in_the_room_of_their_main_checkout(tmp_path: Path) -> None:
    main, linked = tmp_path / "api", tmp_path / "elsewhere"

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=main, check=True, capture_output=True
        )

    main.mkdir()
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "begin")
    git("worktree", "add", "-q", str(linked))
    assert folder_of(linked) == folder_of(main)
    packed = tmp_path / "packed"
    packed.mkdir()
    (packed / ".git").write_bytes((linked / ".git").read_bytes())  # as an archive may bring it
    assert folder_of(packed) == Folder(packed.resolve())


def test_two_folders_of_one_name_have_two_rooms_and_keep_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first, second = Folder(tmp_path / "a" / "api"), Folder(tmp_path / "b" / "api")
    assert room_of(first, home) == "api"
    assert room_of(second, home) == f"api-{second.digest[:5]}"
    assert [room_of(first, home), room_of(second, home)] == ["api", f"api-{second.digest[:5]}"]


def test_a_folder_that_is_called_like_another_one_s_room_does_not_get_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    second = Folder(tmp_path / "b" / "api")
    rooms = [
        room_of(Folder(tmp_path / "a" / "api"), home),
        room_of(Folder(tmp_path / "c" / f"api-{second.digest[:5]}"), home),
        room_of(second, home),
    ]
    assert rooms == ["api", f"api-{second.digest[:5]}", f"api-{second.digest[:6]}"]
