from __future__ import annotations

from pathlib import Path

from agentgather.store.home import Home, Seat
from agentgather.store.modes import WideMode, wide_modes
from tests.store.logs import LAB, OPS, make_room


def test_a_home_of_ours_lets_nobody_else_in(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_room(home)
    home.keep_seat(Seat(LAB, OPS, "http://127.0.0.1:8787", "agt_x"))
    assert list(wide_modes(home)) == []


def test_every_path_that_lets_others_in_is_named_with_a_better_mode(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_room(home)
    home.settings_file.write_text("")
    home.settings_file.chmod(0o664)
    home.root.chmod(0o755)
    home.messages_file(LAB).chmod(0o644)
    home.room_directory(LAB).chmod(0o710)
    assert set(wide_modes(home)) == {
        WideMode(home.root, 0o755, 0o700),
        WideMode(home.settings_file, 0o664, 0o644),
        WideMode(home.room_directory(LAB), 0o710, 0o700),
        WideMode(home.messages_file(LAB), 0o644, 0o600),
    }


def test_looking_changes_nothing_and_follows_no_link(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_room(home)
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "file").write_text("")
    (home.room_directory(LAB) / "link").symlink_to(tmp_path / "public")
    home.messages_file(LAB).chmod(0o644)
    assert [wide.path for wide in wide_modes(home)] == [home.messages_file(LAB)]
    assert [wide.path for wide in wide_modes(home)] == [home.messages_file(LAB)]


def test_a_home_that_is_not_there_lets_nobody_in(tmp_path: Path) -> None:
    assert list(wide_modes(Home(tmp_path / "nowhere"))) == []
