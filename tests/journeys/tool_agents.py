"""Agents with tools, for a story that has a browser too: their clients run beside it, and are asked as one asks anybody."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.mcp.clients import Agent

ANSWER_SECONDS = 90


@dataclass(frozen=True)
class ToolAgent:
    """One connected client of MCP, whose calls wait for their answer."""

    portal: BlockingPortal
    agent: Agent

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.portal.call(partial(self.agent.call, tool, **arguments))

    def refused(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.portal.call(partial(self.agent.refused, tool, **arguments))

    def begin(self, tool: str, **arguments: Any) -> Future[dict[str, Any]]:
        """What `outcome` waits for: its content, or what it was refused with."""
        return self.portal.start_task_soon(partial(self._try, tool, arguments))

    async def _try(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self.agent.client.call_tool(tool, arguments)
        return dict(result.structured_content)


def outcome(begun: Future[dict[str, Any]]) -> dict[str, Any]:
    return begun.result(ANSWER_SECONDS)


@contextmanager
def tool_agents() -> Iterator[BlockingPortal]:
    """Where clients run: a thread with a trio of its own."""
    with start_blocking_portal(backend="trio") as portal:
        yield portal


@contextmanager
def connected(portal: BlockingPortal, client: AbstractAsyncContextManager[Agent]) -> Iterator[ToolAgent]:
    with portal.wrap_async_context_manager(client) as agent:
        yield ToolAgent(portal, agent)


def kill_server_of(home: Path) -> None:
    """End the `agentgather mcp` that serves a client of ours from `home`, as nobody can refuse."""
    [pid] = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal() and _serves(one, home)]
    os.kill(pid, signal.SIGKILL)


def _serves(process: Path, home: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        environ = (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another's
        return False
    return b"mcp" in words and f"AGENTGATHER_HOME={home}".encode() in environ
