from __future__ import annotations

from pathlib import Path

from agentgather.settings.table import SETTINGS
from tests.cli.terminal import tell


def test_every_setting_is_shown_with_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "agentgather.toml").write_text("[room]\nloop_posts_max = 7\n")
    answer = tell(tmp_path, "config", "--json", environ={"AGENTGATHER_PORT": "9000"}).answer
    told = {one["name"]: one for one in answer["settings"]}
    assert list(told) == [setting.name for setting in SETTINGS]
    assert (told["port"]["value"], told["port"]["source"], told["port"]["origin"]) == (
        9000,
        "environment",
        "AGENTGATHER_PORT",
    )
    assert (told["loop_posts_max"]["value"], told["loop_posts_max"]["source"]) == (7, "file")
    assert told["loop_posts_max"]["origin"] == f"{tmp_path / 'agentgather.toml'}, room.loop_posts_max"
    assert (told["host"]["value"], told["host"]["source"]) == ("127.0.0.1", "default")
    assert (told["public_url"]["flag"], told["public_url"]["variable"]) == ("--url", "AGENTGATHER_PUBLIC_URL")


def test_what_is_shown_can_be_kept_as_the_file(tmp_path: Path) -> None:
    shown = tell(tmp_path, "config").out.splitlines()[1:]
    rows = [line.split("  ") for line in shown]
    lines = [row[0] if row[0].startswith("[") or row == [""] else f"{row[0]} = {_second(row)}" for row in rows]
    (tmp_path / "agentgather.toml").write_text("\n".join(lines) + "\n")
    kept = tell(tmp_path, "config", "--json").answer
    assert {one["source"] for one in kept["settings"]} == {"file"}
    assert [one["value"] for one in kept["settings"]] == [setting.default for setting in SETTINGS]


def _second(row: list[str]) -> str:
    return next(cell.strip() for cell in row[1:] if cell.strip())


def test_an_impossible_setting_is_named(tmp_path: Path) -> None:
    refused = tell(tmp_path, "config", "--json", environ={"AGENTGATHER_PORT": "70000"})
    assert (refused.code, refused.error["error"], refused.error["field"]) == (2, "invalid_setting", "port")
    assert "AGENTGATHER_PORT" in refused.error["message"]
