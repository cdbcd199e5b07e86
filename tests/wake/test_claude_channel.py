"""Waking by a channel: a real MCP client starts the command as its server, and hears the pointer as a notification."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from mcp import types
from tests.cli.commands import environment, home_of, host_home
from tests.mcp.clients import over_stdio
from tests.rooms import RunningRoom

METHOD = "notifications/claude/channel"


class Ears:
    """What the server sends, on its way to the client of the SDK, which knows nothing of channels."""

    def __init__(self, incoming: Any, heard: list[dict[str, Any]]) -> None:
        self._incoming, self._heard = incoming, heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._incoming, name)

    def __aiter__(self) -> Ears:
        return self

    async def __aenter__(self) -> Ears:
        await self._incoming.__aenter__()
        return self

    async def __aexit__(self, *ending: Any) -> Any:
        return await self._incoming.__aexit__(*ending)

    async def receive(self) -> Any:
        return self._noted(await self._incoming.receive())

    async def __anext__(self) -> Any:
        return self._noted(await self._incoming.__anext__())

    def _noted(self, item: Any) -> Any:
        message = getattr(item, "message", None)
        if getattr(message, "method", None) == METHOD:
            self._heard.append(dict(message.params))
        return item


@asynccontextmanager
async def eared(started: StdioServerParameters, heard: list[dict[str, Any]]) -> AsyncIterator[Any]:
    async with stdio_client(started) as (incoming, outgoing):
        yield Ears(incoming, heard), outgoing


async def test_a_mention_is_one_notification_and_the_client_may_hang_up(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    words = ["-m", "agentgather", "wake", "--via", "claude-channel", "--gather", "0.1"]
    started = StdioServerParameters(command=sys.executable, args=words, env=environment(home))
    heard: list[dict[str, Any]] = []
    with trio.fail_after(60):
        who = types.Implementation(name="test", version="1")
        async with Client(eared(started, heard), client_info=who, mode="legacy") as client:
            assert client.server_capabilities.experimental == {"claude/channel": {}}
            said = await room.host.say("@rev the words of the message")
            while not heard:
                await trio.sleep(0.01)
            (told,) = heard
            assert told["content"].startswith("[Agent Gather] New from ops for rev in room lab")
            assert "words" not in told["content"]
            assert told["meta"]["since_id"] == str(said["id"] - 1)
            while True:
                wakes = (await room.host.get(f"/messages/{said['id']}/delivery"))["recipients"][0]["wakes"]
                if [(wake["via"], wake["outcome"]) for wake in wakes] == [("claude-channel", "submitted")]:
                    break
                await trio.sleep(0.05)


async def test_it_is_the_channel_of_the_seat_that_the_server_beside_it_takes(room: RunningRoom) -> None:
    home = host_home(room)
    words = ["-m", "agentgather", "wake", "--via", "claude-channel", "--here", "--gather", "0.1"]
    started = StdioServerParameters(command=sys.executable, args=words, env=environment(home))
    heard: list[dict[str, Any]] = []
    who = types.Implementation(name="test", version="1")
    with trio.fail_after(60):
        async with (
            Client(eared(started, heard), client_info=who, mode="legacy"),
            over_stdio(home, "--room", "lab", name="claude-code") as claude,
        ):
            assert (await claude.call("join"))["me"] == "claude"
            await room.host.say("@claude look")
            while not heard:
                await trio.sleep(0.01)
    (told,) = heard
    assert told["content"].startswith("[Agent Gather] New from ops for claude in room lab")
