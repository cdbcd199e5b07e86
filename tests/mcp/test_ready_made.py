"""The ready-made files of docs/agents are what the install command writes, and are well-formed."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from agentgather import __version__
from agentgather.cli.mcp_programs import PROGRAMS

AGENTS = Path(__file__).parents[2] / "docs" / "agents"
WORDS = ["agentgather", "mcp", "--host"]


@pytest.mark.parametrize(("program", "form"), [("codex", "toml"), ("gemini", "json"), ("opencode", "json")])
def test_a_page_shows_what_is_written(program: str, form: str) -> None:
    read = tomllib.loads if form == "toml" else json.loads
    block = re.search(rf"^```{form}\n(.+?)^```", (AGENTS / f"{program}.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    written = read(PROGRAMS[program].merge("", WORDS, Path("x")))
    written.pop("$schema", None)
    assert read(block[1]) == written


def test_the_plugin_starts_what_the_install_command_writes() -> None:
    plugin = AGENTS / "claude-code"
    assert json.loads((plugin / ".mcp.json").read_text()) == json.loads(
        PROGRAMS["claude-code"].merge("", WORDS, Path("x"))
    )
    assert json.loads((plugin / ".claude-plugin" / "plugin.json").read_text())["version"] == __version__
    [stop] = json.loads((plugin / "hooks" / "hooks.json").read_text())["hooks"]["Stop"]
    page = (AGENTS / "claude-code.md").read_text()
    shown = [json.loads(block) for block in re.findall(r"^```json\n(.+?)^```", page, re.MULTILINE | re.DOTALL)]
    assert shown[0]["hooks"]["Stop"] == [stop]
    for block in shown:
        for entry in (
            *(one for event in block.get("hooks", {}).values() for group in event for one in group["hooks"]),
            *block.get("mcpServers", {}).values(),
        ):
            words = [*entry["command"].split(), *entry.get("args", [])]
            assert words[:2] == ["agentgather", "wake"]
            assert words[2:4] in (["hook", "--here"], ["--via", "claude-channel"])
            if "--hold" in words:
                assert int(words[words.index("--hold") + 1]) < entry["timeout"]
    skill = (plugin / "skills" / "agentgather" / "SKILL.md").read_text()
    assert re.match(r"---\nname: agentgather\ndescription: .{40,1000}\n---\n", skill)


@pytest.mark.parametrize("page", sorted(AGENTS.glob("*.md")), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link
