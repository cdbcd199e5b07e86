"""Where programs that run agents keep their settings, and how ours are put among them: theirs stay, and ours stand there once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentgather.cli.failures import Failure

NAME = "agentgather"  # of our server in every one of them
TOOL_SECONDS = 660  # a wait is held for ten minutes at most, and answers within them
PASSED_ON = ("AGENTGATHER_HOME", "AGENTGATHER_CARD")  # say who an agent is that `agentgather run` started
START_SECONDS = 60  # the first of a room opens it
FILE_BYTES_MAX = 4_194_304
BY_HAND = "add by hand what the same command prints with --print"

Json = dict[str, Any]
Merge = Callable[[str, Sequence[str], Path], str]


@dataclass(frozen=True, slots=True)
class Program:
    """`place(environ, home, folder)` is its settings file, `merge(text, command, path)` its text with our server in it.

    `is_of_a_project`: anybody may have written the file who gave us the folder.
    """

    name: str
    place: Callable[[Mapping[str, str], Path, Path], Path]
    merge: Merge
    then: str
    is_of_a_project: bool = False


def _json_object(text: str, path: Path) -> Json:
    """The settings in `text`. Raises Failure for what we would not write back as it was: no JSON, or JSON with comments."""
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Failure(
            "file_refused",
            f"{path} is not plain JSON, and would not come back as it was",
            hint=BY_HAND,
        )
    return value


def _within(settings: Json, name: str, path: Path) -> Json:
    inner = settings.setdefault(name, {})
    if not isinstance(inner, dict):
        raise Failure("file_refused", f"{name} in {path} is no object", hint=BY_HAND)
    return inner


def _written(settings: Json) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _claude(text: str, command: Sequence[str], path: Path) -> str:
    """The file is the project's: nothing that it says of our entry stays, or a clone could bring an environment of its own."""
    settings = _json_object(text, path)
    servers = _within(settings, "mcpServers", path)
    servers[NAME] = {"command": command[0], "args": list(command[1:])}
    return _written(settings)


def _gemini(text: str, command: Sequence[str], path: Path) -> str:
    settings = _json_object(text, path)
    servers = _within(settings, "mcpServers", path)
    ours = {"command": command[0], "args": list(command[1:]), "timeout": TOOL_SECONDS * 1000}
    servers[NAME] = {**_kept(servers), **ours}
    return _written(settings)


def _opencode(text: str, command: Sequence[str], path: Path) -> str:
    """Both forms of its settings are read by 2.x; a file that has the newer one keeps it."""
    settings = _json_object(text, path)
    if not settings:
        settings["$schema"] = "https://opencode.ai/config.json"
    servers = _within(settings, "mcp", path)
    if isinstance(servers.get("servers"), dict):
        servers = servers["servers"]
    servers[NAME] = {**_kept(servers), "type": "local", "command": list(command), "timeout": TOOL_SECONDS * 1000}
    return _written(settings)


def _kept(servers: Json) -> Json:
    """What somebody added to our own entry, such as an environment."""
    own = servers.get(NAME)
    return own if isinstance(own, dict) else {}


def _codex(text: str, command: Sequence[str], path: Path) -> str:
    """TOML is written by nobody here: a table that is not there is put at the end, one that is there is left to its owner."""
    settings = _toml(text)
    if settings is None:
        raise Failure("file_refused", f"{path} is not TOML", hint=f"repair it, or {BY_HAND}")
    servers = settings.get("mcp_servers", {})
    ours = {
        "command": command[0],
        "args": list(command[1:]),
        "env_vars": list(PASSED_ON),  # it hands on few others
        "required": True,  # else a turn begins before the server is there, and its model is shown no tool of ours
        "startup_timeout_sec": START_SECONDS,
        "tool_timeout_sec": TOOL_SECONDS,
    }
    there = servers.get(NAME) if isinstance(servers, dict) else None
    if isinstance(there, dict):
        if {name: there.get(name) for name in ours} == ours:
            return text
        raise Failure(
            "file_refused",
            f"{path} has a table mcp_servers.{NAME} already, with other words",
            hint="take it out, or change it to what --print prints",
        )
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in ours.items()]
    block = "\n".join([f"[mcp_servers.{NAME}]", *lines]) + "\n"
    after = block if not text.strip() else text.rstrip("\n") + "\n\n" + block
    if _toml(after) is None:
        raise Failure("file_refused", f"mcp_servers in {path} takes no table behind it", hint=BY_HAND)
    return after


def _toml(text: str) -> Json | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


PROGRAMS: dict[str, Program] = {
    one.name: one
    for one in (
        Program(
            "claude-code",
            lambda _, __, folder: folder / ".mcp.json",
            _claude,
            "Claude Code asks once whether this project's server may start",
            is_of_a_project=True,
        ),
        Program(
            "codex",
            lambda environ, home, _: Path(environ.get("CODEX_HOME") or home / ".codex") / "config.toml",
            _codex,
            "it holds for every folder that Codex is started in",
        ),
        Program(
            "gemini",
            lambda _, home, __: home / ".gemini" / "settings.json",
            _gemini,
            "it holds for every folder that Gemini CLI is started in and that you trust",
        ),
        Program(
            "opencode",
            lambda environ, home, _: (
                Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "opencode" / "opencode.json"
            ),
            _opencode,
            "it holds for every folder that OpenCode is started in",
        ),
    )
}
