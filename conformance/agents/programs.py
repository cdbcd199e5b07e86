"""The agent programs: their settings beside ours, how they say that they have our server, and how they are given a turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from conformance.agents.place import Place


@dataclass(frozen=True)
class Program:
    """`settle(place)` writes what it needs to ask our model and to trust its folder, on top of what `mcp install` wrote.

    `look` is its own command that shows the server, in whose answer `shown` has to stand. `turn(words)` is one turn.
    """

    name: str
    version: tuple[str, ...]
    settle: Callable[[Place], None]
    look: tuple[str, ...]
    shown: str
    turn: Callable[[str], tuple[str, ...]]


def _settle_claude(place: Place) -> None:
    place.more |= {"ANTHROPIC_BASE_URL": place.model_url, "ANTHROPIC_API_KEY": "none"}
    server = {"type": "stdio", "command": "agentgather", "args": ["mcp", "--host"]}
    place.write(".claude.json", json.dumps({"hasCompletedOnboarding": True, "mcpServers": {"agentgather": server}}))


def _settle_codex(place: Place) -> None:
    path = place.home / ".codex/config.toml"
    before = 'model = "scripted"\nmodel_provider = "scripted"\n\n'
    after = (
        f'\n[model_providers.scripted]\nname = "scripted"\nbase_url = "{place.model_url}/v1"\nwire_api = "responses"\n'
    )
    path.write_text(before + path.read_text() + after)


def _settle_gemini(place: Place) -> None:
    path = place.home / ".gemini/settings.json"
    settings = json.loads(path.read_text())
    settings["mcpServers"]["agentgather"]["trust"] = True  # nobody can be asked
    settings["security"] = {"auth": {"selectedType": "gemini-api-key"}}
    path.write_text(json.dumps(settings))
    place.more |= {"GOOGLE_GEMINI_BASE_URL": place.model_url, "GEMINI_API_KEY": "none"}
    place.more |= {"GEMINI_CLI_TRUST_WORKSPACE": "true"}


def _settle_opencode(place: Place) -> None:
    path = place.home / ".config/opencode/opencode.json"
    settings = json.loads(path.read_text())
    options = {"baseURL": f"{place.model_url}/v1", "apiKey": "none"}
    models = {"scripted": {"name": "scripted", "tool_call": True}}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "scripted", "options": options, "models": models}
    settings |= {
        "provider": {"scripted": provider},
        "model": "scripted/scripted",
        "small_model": "scripted/scripted",
    }
    path.write_text(json.dumps(settings))


PROGRAMS = (
    Program(
        "claude-code",
        ("claude", "--version"),
        _settle_claude,
        ("claude", "mcp", "list"),
        "Connected",
        lambda words: ("claude", "-p", words, "--allowedTools", "mcp__agentgather__*"),
    ),
    Program(
        "codex",
        ("codex", "--version"),
        _settle_codex,
        ("codex", "mcp", "list"),
        "enabled",
        lambda words: ("codex", "exec", words),
    ),
    Program(
        "gemini",
        ("gemini", "--version"),
        _settle_gemini,
        ("gemini", "mcp", "list"),
        "Connected",
        lambda words: ("gemini", "-m", "gemini-2.5-flash", "-p", words),
    ),
    Program(
        "opencode",
        ("opencode", "--version"),
        _settle_opencode,
        ("opencode", "mcp", "list"),
        "connected",
        lambda words: ("opencode", "run", words),
    ),
)
