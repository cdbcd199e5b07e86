"""The documents say what is: every command, flag, code, setting and endpoint, and the README's blocks run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentgather.api.errors import STATUS_OF
from agentgather.cli import exit_codes
from agentgather.cli.table import COMMANDS
from agentgather.http.routes import ROUTES
from agentgather.settings.table import SETTINGS
from tests.cli.terminal import serving, tell

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
CLI = (DOCS / "cli.md").read_text(encoding="utf-8")
ERRORS = (DOCS / "errors.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def headings(text: str, level: int) -> set[str]:
    return set(re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE))


def section(text: str, heading: str) -> str:
    """What stands under `heading` until the next one of its level."""
    mark = heading.split(" ", 1)[0]
    return text.partition(f"{heading}\n")[2].partition(f"\n{mark} ")[0]


def test_every_command_has_its_heading_and_nothing_else_does() -> None:
    documented = {name for name in headings(CLI, 2) if name.startswith("agentgather ")}
    assert documented == {f"agentgather {row.words}" for row in COMMANDS}


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.words)
def test_every_flag_of_a_command_is_documented_and_exists(row: object, tmp_path: Path) -> None:
    words = row.words  # type: ignore[attr-defined]
    told = tell(tmp_path, *words.split(), "--help", environ={"COLUMNS": "200"}).out
    real = set(re.findall(r"^ *(?:[A-Z-]+, )?(--[a-z-]+)", told, re.MULTILINE))
    everywhere = {"--json", "--room", "--token-file", "--url", "--home"}
    settings = {setting.flag for setting in SETTINGS}
    documented = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section(CLI, f"## agentgather {words}")))
    assert real - everywhere - settings <= documented
    assert documented <= real | everywhere | settings | {"--help"}


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| (.+?) \|$", section(CLI, "## Settings"), re.MULTILINE))
    assert set(rows) == {setting.flag for setting in SETTINGS}
    for setting in SETTINGS:
        default = "" if setting.default is None else str(setting.default)
        cells = [cell.strip() for cell in rows[setting.flag].split("|")]
        assert cells[:2] == [f"`{setting.env}`", f"`{setting.key}`"]
        assert cells[2].lower() == default.lower(), setting.flag


def test_every_exit_code_stands_in_the_table() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section(CLI, "## Exit codes"), re.MULTILINE)}
    assert documented == {value for name, value in vars(exit_codes).items() if name.isupper() and type(value) is int}


def test_every_code_has_its_heading_with_its_status_and_exit_code() -> None:
    api = section(ERRORS, "## From the API")
    assert headings(api, 3) == set(STATUS_OF)
    for code, status in STATUS_OF.items():
        said = section(api, f"### {code}")
        assert said.strip().startswith(f"Status {status}, exit code {exit_codes.exit_code_of(code)}. "), code


def test_every_code_of_the_command_line_has_its_heading() -> None:
    sources = [
        path.read_text()
        for folder in ("cli", "client", "settings")
        for path in (ROOT / "src/agentgather" / folder).glob("*.py")
    ]
    raised = set(re.findall(r"(?:Failure|Unreachable)\(\s*\"([a-z_]+)\"", "\n".join(sources)))
    raised |= set(re.findall(r"^\s+code = \"([a-z_]+)\"", "\n".join(sources), re.MULTILINE))
    listed = set(exit_codes._EXIT_OF) - {"route_not_found"}
    own = section(ERRORS, "## From the command line alone")
    assert (raised | listed) - set(STATUS_OF) <= headings(own, 3)
    for code in headings(own, 3):
        assert f"Exit code {exit_codes.exit_code_of(code)}. " in section(own, f"### {code}"), code
        assert f'"{code}"' in "\n".join(sources), code


def test_every_endpoint_has_its_heading_and_nothing_else_does() -> None:
    documented = {name for name in headings(PROTOCOL, 3) if name.split(" ")[0] in ("GET", "POST")}
    real = {f"{route.method} {route.path}" for route in ROUTES}
    assert documented == real | {"GET /", "GET /healthz", "GET /openapi.json"}


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_every_shell_block_of_the_readme_runs(tmp_path: Path) -> None:
    """In one bash, as somebody reads on, in a room that is served meanwhile."""
    blocks = re.findall(r"^```sh\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks
    folder = tmp_path / "checkout"
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    home = tmp_path / "home"
    with serving(home, "up", "--port", "0") as daemon:
        environ = {**os.environ, "AGENTGATHER_HOME": str(home)}
        script = "set -euo pipefail\n" + "\n".join(blocks)
        ran = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, ran.stderr
        assert "please look at the failing test" in (folder / "room.md").read_text()
        assert daemon.stop().code == 0


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= targets
