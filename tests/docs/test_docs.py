"""The documents say what is: every command, flag, code, setting and endpoint, and the README's blocks run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentgather.api.errors import STATUS_OF
from agentgather.cli import exit_codes
from agentgather.cli.broker_settings import ROWS
from agentgather.cli.main import make_app
from agentgather.cli.setting_flags import shown
from agentgather.cli.table import COMMANDS, Row
from agentgather.http.routes import ROUTES
from agentgather.settings.setting import Setting
from agentgather.settings.table import SETTINGS
from agentgather.tunnel import keep as tunnel
from agentgather.wire.codec import TYPES as FRAME_TYPES
from agentgather_broker.refusals import STATUS_OF as BROKERS_STATUS_OF
from tests.cli.terminal import environment, serving

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
CLI = (DOCS / "cli.md").read_text(encoding="utf-8")
ERRORS = (DOCS / "errors.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

EVERY_COMMANDS = frozenset({"--json", "--home", "--room", "--token-file", "--url", "--help"})
SETTINGS_OF_SERVING = frozenset(setting.flag for setting in SETTINGS if setting.area != "start")
SETTINGS_OF_BROKER = frozenset(setting.flag for setting in ROWS)


def headings(text: str, level: int) -> set[str]:
    return set(re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE))


def section(text: str, heading: str) -> str:
    """What stands under `heading` until the next one of its level or above."""
    mark = heading.split(" ", 1)[0]
    after = f"\n{text}".partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{len(mark)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def flags_of(row: Row) -> set[str]:
    """Every option that the command's parser knows, those included that its help does not show."""
    app = make_app(row)
    for word in row.words.split():
        app = app[word]
    return {name for one in app.assemble_argument_collection() for name in one.names if name.startswith("--")}


def anchors(text: str) -> set[str]:
    """What a link may name after `#`: the headings, as they are spelt in a URL."""
    titles = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_command_has_its_heading_and_nothing_else_does() -> None:
    documented = {name for name in headings(CLI, 2) if name.startswith("agentgather ")}
    assert documented == {f"agentgather {row.words}" for row in COMMANDS}


def test_every_command_is_in_the_list_at_the_top() -> None:
    listed = re.findall(r"\(#(agentgather-[a-z-]+)\)", CLI.partition("\n## ")[0])
    assert sorted(listed) == sorted(f"agentgather-{row.words.replace(' ', '-')}" for row in COMMANDS)


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.words)
def test_every_flag_of_a_command_has_its_line_and_no_other_is_named(row: Row) -> None:
    told = section(CLI, f"## agentgather {row.words}")
    real = flags_of(row)
    has_settings, has_brokers = real >= SETTINGS_OF_SERVING, real >= SETTINGS_OF_BROKER
    told_elsewhere = EVERY_COMMANDS | (
        SETTINGS_OF_SERVING if has_settings else SETTINGS_OF_BROKER if has_brokers else set()
    )
    with_a_line = set(re.findall(r"^- `(--[a-z-]+)", told, re.MULTILINE))
    assert real - told_elsewhere <= with_a_line
    assert with_a_line <= real
    words = re.sub(r"^```json\n.+?^```", "", told, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", words)) <= real | EVERY_COMMANDS
    assert ("Every [setting](#settings) is an option too." in told) is has_settings
    assert ("Every [setting of a broker](#settings-of-a-broker) is an option too." in told) is has_brokers


def test_what_every_command_takes_is_what_every_command_takes() -> None:
    on_this_machine = {row.words for row in COMMANDS if "--token-file" not in flags_of(row)}
    assert all({"--json", "--home"} <= flags_of(row) for row in COMMANDS)
    sentence = re.search(r"own files do not: (.+?)\.\n", section(CLI, "## What every command takes"), re.DOTALL)
    assert sentence is not None
    assert set(re.findall(r"`(.+?)`", sentence[1])) == on_this_machine


@pytest.mark.parametrize(("heading", "settings"), [("## Settings", SETTINGS), ("## Settings of a broker", ROWS)])
def test_every_setting_stands_in_the_table_with_its_default_and_meaning(
    heading: str, settings: tuple[Setting, ...]
) -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| (.+?) \|$", section(CLI, heading), re.MULTILINE))
    assert set(rows) == {setting.flag for setting in settings}
    for setting in settings:
        default = "" if setting.default is None else shown(setting)
        cells = [cell.strip() for cell in rows[setting.flag].split("|")]
        assert cells[:2] == [f"`{setting.env}`", f"`{setting.key}`"]
        assert cells[2].lower() == default.lower(), setting.flag
        assert cells[3] == f"{setting.unit}: {setting.doc}"


def test_every_exit_code_stands_in_the_table() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section(CLI, "## Exit codes"), re.MULTILINE)}
    assert documented == {value for name, value in vars(exit_codes).items() if name.isupper() and type(value) is int}


def test_every_code_has_its_heading_with_its_status_and_exit_code() -> None:
    api = section(ERRORS, "## From the API")
    assert headings(api, 3) == set(STATUS_OF)
    for code, status in STATUS_OF.items():
        said = section(api, f"### {code}")
        assert said.strip().startswith(f"Status {status}, exit code {exit_codes.exit_code_of(code)}. "), code


def test_every_code_of_a_broker_has_its_heading_with_its_status_and_exit_code() -> None:
    brokers = section(ERRORS, "## From a broker")
    own = {code: status for code, status in BROKERS_STATUS_OF.items() if code not in STATUS_OF}
    assert headings(brokers, 3) == set(own)
    for code, status in own.items():
        said = section(brokers, f"### {code}")
        assert said.strip().startswith(f"Status {status}, exit code {exit_codes.exit_code_of(code)}. "), code
    for code in set(BROKERS_STATUS_OF) & set(STATUS_OF):
        assert BROKERS_STATUS_OF[code] == STATUS_OF[code], code


def test_every_code_of_the_command_line_has_its_heading_and_nothing_else_does() -> None:
    sources = "\n".join(
        path.read_text()
        for folder in ("cli", "client", "settings")
        for path in (ROOT / "src/agentgather" / folder).glob("*.py")
    )
    raised = set(re.findall(r"\b(?:Failure|Explained)\(\s*\"([a-z_]+)\"", sources))
    raised |= set(re.findall(r"\bcode(?:: str)? = \"([a-z_]+)\"", sources))
    raised |= set(re.findall(r"\bcode=\"([a-z_]+)\"", sources))
    raised |= {"file_not_found", "file_refused"}  # chosen between in one line of explaining.py
    assert '"file_not_found" if ' in sources
    raised |= set(exit_codes._EXIT_OF)
    raised |= tunnel.FINAL | set(tunnel.FINAL_BYES)
    own = section(ERRORS, "## From the command line alone")
    assert headings(own, 3) == raised - set(STATUS_OF) - set(BROKERS_STATUS_OF)
    for code in headings(own, 3):
        assert section(own, f"### {code}").strip().startswith(f"Exit code {exit_codes.exit_code_of(code)}. "), code


def test_every_endpoint_has_its_heading_and_nothing_else_does() -> None:
    documented = {name for name in headings(PROTOCOL, 3) if name.split(" ")[0] in ("GET", "POST")}
    real = {f"{route.method} {route.path}" for route in ROUTES}
    assert documented == real | {"GET /", "POST /transcript.html", "GET /healthz", "GET /openapi.json"}


@pytest.mark.parametrize("path", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", text):
        if target.startswith("http"):
            continue
        other = path.parent / target if target else path
        assert other.exists(), target
        assert not anchor or anchor in anchors(other.read_text(encoding="utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_shows_is_one(path: Path) -> None:
    """In blocks and in the text: its words are a command's, and its options that command's."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:console|sh|ini)\n(.+?)^```", text, re.MULTILINE | re.DOTALL)
    shown = [line.partition("#")[0] for block in blocks for line in block.splitlines()]
    shown += re.findall(r"`(agentgather [a-z][^`]*)`", re.sub(r"^```.+?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in shown:
        for words in re.findall(r"agentgather ((?:[a-z][a-z-]* ?)+[^|>]*)", " ".join(line.split())):
            row = next((row for row in COMMANDS if re.match(rf"{row.words}(?:\s|$)", words)), None)
            assert row is not None, line
            assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", words)) <= flags_of(row) | {"--help"}, line


def test_every_shell_block_of_the_readme_runs(tmp_path: Path) -> None:
    """In one bash, as somebody reads on, in a room that is served meanwhile."""
    blocks = re.findall(r"^```(?:sh|bash)\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks
    folder = tmp_path / "checkout"
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    home = tmp_path / "home"
    with serving(home, "up", "--port", "0") as daemon:
        script = "set -euo pipefail\n" + "\n".join(blocks)
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env={**environment(home), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stderr
        assert "please look at the failing test" in (folder / "room.md").read_text()
        assert daemon.stop().code == 0


def test_make_room_prints_what_the_readme_shows_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    """Line by line, but for the port, the token, and where the command lies. The environment is there already."""
    shown = re.search(r"^\$ make room\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "bin").symlink_to(Path(sys.executable).parent)
    (venv / ".run").touch()
    words = ["make", "--no-print-directory", "-o", f"{venv}/.run", "room", f"VENV={venv}", "ARGS=--port 0"]
    made = subprocess.Popen(
        words,
        cwd=ROOT,
        env={name: value for name, value in environment(tmp_path / "home").items() if not name.startswith("MAKE")},
        start_new_session=True,  # Ctrl-C reaches everything that a terminal runs
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert made.stdout is not None
        printed = "".join(made.stdout.readline() for _ in shown[1].splitlines())
        os.killpg(made.pid, signal.SIGINT)
        rest, err = made.communicate(timeout=30)
        assert _without_what_varies(printed) == _without_what_varies(shown[1])
        assert rest == ""
        assert err.splitlines()[-1].endswith("INFO stopped"), err
    finally:
        if made.poll() is None:
            os.killpg(made.pid, signal.SIGKILL)
            made.communicate(timeout=30)


def _without_what_varies(text: str) -> str:
    plain = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    return re.sub(r"\S*\bagentgather room", "agentgather room", re.sub(r"agt_[\w…-]+", "TOKEN", plain))


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"room", "test"} <= set(re.findall(r"\bmake ([a-z]+)\b(?=[^`\n]*[`\n])", README))
    for path in PAGES:
        assert set(re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_of_json_is_json(path: Path) -> None:
    for block in re.findall(r"^```json\n(.+?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        assert isinstance(json.loads(block), dict)


def test_the_files_that_a_page_names_as_ours_are_there() -> None:
    for path in PAGES:
        for name in re.findall(r"`((?:src|web|tests|docs|bench|requirements)/[\w./-]+)`", path.read_text()):
            assert (ROOT / name).exists(), name
    assert os.access(ROOT / "LICENSE", os.R_OK)


def test_the_table_of_frames_is_the_codecs() -> None:
    table = dict(re.findall(r"^\| `(0x[0-9a-f]{2})` \| (\w+) \|", (DOCS / "tunnel.md").read_text(), re.MULTILINE))
    assert table == {f"0x{number:02x}": kind.__name__ for kind, number in FRAME_TYPES.items()}
