"""The SDK's own client, talking to `agentgather mcp` as a process, as any program that knows MCP would."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
import trio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from agentgather.client.daemon import is_living
from agentgather.store.home import Home
from tests.cli.commands import environment
from tests.rooms import Guest

PATIENCE_SECONDS = 60.0


class Agent:
    """A connected client. Calls answer the structured content; those that fail are asked for by `refused`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        result = await self._ask(tool, arguments)
        assert not result.is_error, result.structured_content
        return dict(result.structured_content)

    async def refused(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        result = await self._ask(tool, arguments)
        assert result.is_error, result.structured_content
        return dict(result.structured_content)

    async def _ask(self, tool: str, arguments: dict[str, Any]) -> types.CallToolResult:
        with trio.fail_after(PATIENCE_SECONDS):
            result = await self.client.call_tool(tool, arguments)
        assert isinstance(result, types.CallToolResult)
        [content] = result.content
        assert isinstance(content, types.TextContent)
        assert json.loads(content.text) == result.structured_content  # clients that know no structure are told the same
        return result


@asynccontextmanager
async def over_stdio(
    home: Home,
    *words: str,
    name: str = "claude-code",
    mode: str = "auto",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Agent]:
    """An agent whose client, called `name`, started `agentgather mcp WORDS`."""
    told = environment(home, env)
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "agentgather", "mcp", *words], env=told, cwd=cwd or home.root
    )
    who = types.Implementation(name=name, version="1")
    async with Client(stdio_client(started), client_info=who, mode=mode) as client:
        yield Agent(client)


@asynccontextmanager
async def daemons_ended(home: Home) -> AsyncIterator[None]:
    """Ends every daemon that serves a room of `home` when the context does."""
    try:
        yield
    finally:
        with trio.CancelScope(shield=True):
            for room in home.rooms():
                note = home.daemon(room)
                if note is not None and is_living(note):
                    os.kill(note.pid, signal.SIGTERM)
                    with trio.fail_after(PATIENCE_SECONDS):
                        while is_living(note):
                            await trio.sleep(0.02)


@asynccontextmanager
async def over_http(guest: Guest, *, mode: str = "auto", url: str | None = None) -> AsyncIterator[Agent]:
    """An agent whose client speaks to `/mcp` of the room of `guest`, with its token."""
    async with over_http_at(url or guest.url, guest.token, mode=mode) as agent:
        yield agent


@asynccontextmanager
async def over_http_at(url: str, token: str, *, mode: str = "auto") -> AsyncIterator[Agent]:
    """An agent whose client speaks to `/mcp` of the room at `url`, with `token`."""
    import httpx2

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=PATIENCE_SECONDS) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, client_info=types.Implementation(name="test", version="1"), mode=mode) as client:
            yield Agent(client)
