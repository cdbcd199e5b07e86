"""The inspector's command line: the reference client of other authors, over HTTP and over standard input and output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agentgather.store.home import Home
from conformance.node import INSPECTOR, run_node

ERAS = ("legacy", "modern")  # with a handshake; and 2026-07-28, without
CONNECT_MS_MAX = "60000"
SECONDS_MAX = 120


@dataclass(frozen=True)
class Question:
    """What it is told to ask, and what is right of the answer."""

    name: str
    words: tuple[str, ...]
    is_right: Callable[[Any], bool]


QUESTIONS = (
    Question(
        "tools/list", ("--method", "tools/list", "--strict"), lambda said: _names(said["tools"]) >= {"join", "wait"}
    ),
    Question(
        "tools/call status",
        ("--method", "tools/call", "--tool-name", "status"),
        lambda said: said["structuredContent"]["room"] == "lab" and not said.get("isError"),
    ),
    Question("resources/list", ("--method", "resources/list"), lambda said: _names(said["resources"]) >= {"card"}),
    Question("prompts/list", ("--method", "prompts/list"), lambda said: _names(said["prompts"]) >= {"attend"}),
)


async def ask_over_http(url: str, era: str, question: Question) -> str:
    """What is wrong with the answer of `url`; empty for nothing."""
    return await _ask(question, url, "--transport", "http", "--protocol-era", era)


async def ask_over_stdio(home: Home, seat: str, era: str, question: Question) -> str:
    """What is wrong with what `agentgather mcp` answers, which finds the token in `home`; empty for nothing."""
    command = (sys.executable, "-m", "agentgather", "mcp", "--room", seat)
    env = ("-e", f"AGENTGATHER_HOME={home.root}")
    return await _ask(question, *env, "--transport", "stdio", "--protocol-era", era, then=("--", *command))


async def _ask(question: Question, *words: str, then: tuple[str, ...] = ()) -> str:
    asked = ("--cli", *words, "--connect-timeout", CONNECT_MS_MAX, *question.words, *then)
    ended = await run_node(INSPECTOR, *asked, seconds_max=SECONDS_MAX)
    if ended.code != 0:
        return f"the inspector left with {ended.code}: {(ended.err or ended.out).strip()[-300:]}"
    try:
        return "" if question.is_right(json.loads(ended.out)) else f"an answer that is not it: {ended.out[:300]}"
    except (ValueError, LookupError, TypeError) as error:
        return f"an answer that cannot be read ({error!r}): {ended.out[:300]}"


def _names(listed: list[dict[str, Any]]) -> set[str]:
    return {one["name"] for one in listed}
