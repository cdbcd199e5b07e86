"""`agentgather mcp install`: our server among somebody's settings, which stay theirs."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agentgather.cli.mcp_programs import FILE_BYTES_MAX
from tests.cli.terminal import Ran, tell

FILES = {
    "codex": ".codex/config.toml",
    "gemini": ".gemini/settings.json",
    "opencode": ".config/opencode/opencode.json",
}


def install(home: Path, program: str, *more: str) -> Ran:
    return tell(
        home,
        "mcp",
        "install",
        "--for",
        program,
        "--json",
        *more,
        environ={"HOME": str(home), "CODEX_HOME": "", "XDG_CONFIG_HOME": ""},
    )


def ours(program: str, text: str) -> Any:
    if program == "codex":
        return tomllib.loads(text)["mcp_servers"]["agentgather"]
    settings = json.loads(text)
    return (settings["mcp"] if program == "opencode" else settings["mcpServers"])["agentgather"]


@pytest.mark.parametrize("program", [*FILES, "claude-code"])
def test_it_is_written_once_and_again_changes_nothing(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / FILES.get(program, ".mcp.json")
    shown = json.loads(install(tmp_path, program, "--print").out)
    assert not path.exists()
    told = json.loads(install(tmp_path, program).out)
    text = path.read_text()
    assert (told["path"], told["changed"], told["backup"], shown["text"]) == (str(path), True, None, text)
    entry = ours(program, text)
    words = entry["command"] if program == "opencode" else [entry["command"], *entry["args"]]
    assert words == ["agentgather", "mcp", "--host"]
    assert json.loads(install(tmp_path, program).out)["changed"] is False
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("program", "theirs"),
    [
        ("codex", '# mine\nmodel = "m"\n\n[mcp_servers.other]\ncommand = "x"\n'),
        ("gemini", '{"theme": "dark", "mcpServers": {"other": {"command": "x"}, "agentgather": {"env": {"A": "1"}}}}'),
        ("opencode", '{"model": "m", "mcp": {"servers": {"other": {"type": "local", "command": ["x"]}}}}'),
    ],
)
def test_what_somebody_else_wrote_stays(program: str, theirs: str, tmp_path: Path) -> None:
    path = tmp_path / FILES[program]
    path.parent.mkdir(parents=True)
    path.write_text(theirs)
    path.chmod(0o600)
    told = json.loads(install(tmp_path, program, "--no-host").out)
    assert Path(told["backup"]).read_text() == theirs
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    if program == "codex":
        assert text.startswith(theirs)
        assert ours(program, text)["args"] == ["mcp"]
    elif program == "gemini":
        settings = json.loads(text)
        assert (settings["theme"], settings["mcpServers"]["other"]) == ("dark", {"command": "x"})
        assert ours(program, text)["env"] == {"A": "1"}
    else:
        servers = json.loads(text)["mcp"]["servers"]
        assert set(servers) == {"other", "agentgather"}
        assert servers["agentgather"]["command"] == ["agentgather", "mcp"]


@pytest.mark.parametrize(
    ("program", "theirs"),
    [
        ("gemini", "{ // mine\n}"),
        ("opencode", '{"mcp": []}'),
        ("codex", "model = "),
        ("codex", '[mcp_servers.agentgather]\ncommand = "other"\n'),
        ("codex", 'mcp_servers = { other = { command = "x" } }\n'),  # a table in one line takes no other behind it
        ("codex", 'mcp_servers = "none"\n'),
        ("codex", "# " + "x" * FILE_BYTES_MAX + '\nmodel = "m"\n'),
        ("gemini", '{"theme": "\udce4"}'),
    ],
)
def test_what_would_not_come_back_as_it_was_is_left_alone(program: str, theirs: str, tmp_path: Path) -> None:
    path = tmp_path / FILES[program]
    path.parent.mkdir(parents=True)
    path.write_bytes(theirs.encode(errors="surrogateescape"))
    ran = install(tmp_path, program)
    assert (ran.code != 0, json.loads(ran.err)["error"]) == (True, "file_refused")
    assert path.read_bytes() == theirs.encode(errors="surrogateescape")
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    shown = install(tmp_path, program, "--print")
    assert ours(program, json.loads(shown.out)["text"])  # to add by hand


def test_a_project_s_own_file_leads_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a clone brings is no word of the user's: neither for what is written through a link, nor for how we are run."""
    (project := tmp_path / "cloned").mkdir()
    monkeypatch.chdir(project)
    (precious := tmp_path / ".bashrc").write_text("mine")
    theirs = '{"mcpServers": {"agentgather": {"env": {"PATH": "bin"}, "command": "x"}},\n"$(id)": 1}'
    (project / ".mcp.json").write_text(theirs)
    (project / ".mcp.json.before-agentgather").symlink_to(precious)
    told = json.loads(install(tmp_path, "claude-code").out)
    assert precious.read_text() == "mine"
    assert Path(told["backup"]).read_text() == theirs
    assert ours("claude-code", (project / ".mcp.json").read_text()) == {
        "command": "agentgather",
        "args": ["mcp", "--host"],
    }


def test_a_project_s_own_file_is_no_link_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project := tmp_path / "cloned").mkdir()
    monkeypatch.chdir(project)
    (precious := tmp_path / "secrets.json").write_text('{"key": "mine"}')
    (link := project / ".mcp.json").symlink_to(precious)
    ran = install(tmp_path, "claude-code")
    assert (ran.code != 0, json.loads(ran.err)["error"]) == (True, "file_refused")
    assert precious.read_text() == '{"key": "mine"}'
    assert "mine" not in install(tmp_path, "claude-code", "--print").out
    link.unlink()
    (project / "tools").mkdir()
    link.symlink_to("tools/mcp.json")
    assert json.loads(install(tmp_path, "claude-code").out)["path"] == str(project / "tools" / "mcp.json")
