"""Agents that were configured once, in one folder, find each other: no invitation, no token, no order of starting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio

from agentgather.mcp.seating import alias_for
from agentgather.room.names import alias, room_id
from agentgather.store.home import Home, Seat
from tests.cli.commands import run
from tests.mcp.clients import Agent, daemons_ended, over_stdio

ANY_PORT = {"AGENTGATHER_PORT": "0"}


@pytest.mark.parametrize(
    ("client", "called"),
    [
        ("claude-code", "claude"),
        ("codex-mcp-client", "codex"),
        ("gemini-cli-mcp-client", "gemini"),
        ("opencode", "opencode"),
        ("My Tool 2", "my-tool-2"),
        ("system", "agent"),
        ("日本", "agent"),
        (None, "agent"),
    ],
)
def test_an_agent_is_called_after_its_client(client: str | None, called: str) -> None:
    assert alias_for(client) == called


async def test_agents_of_one_folder_find_each_other_by_themselves(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "My Api"
    folder.mkdir()
    came: dict[str, list[str]] = {}
    all_here = trio.Event()

    async def take_part(name: str, mode: str) -> None:
        async with over_stdio(home, "--host", name=name, mode=mode, cwd=folder, env=ANY_PORT) as agent:
            joined = await agent.call("join")
            assert joined["room"] == "my-api"
            came.setdefault(name, []).append(joined["me"])
            if sum(map(len, came.values())) == 3:
                all_here.set()
            await all_here.wait()
            here = [one["alias"] for one in (await agent.call("status"))["participants"] if one["is_here"]]
            assert {"claude", "claude-2", "codex"} <= set(here)
            await agent.call("post", text=f"hello from {joined['me']}")

    async with daemons_ended(home):
        with trio.fail_after(120):
            async with trio.open_nursery() as nursery:  # nobody was first: each may have to open the room
                nursery.start_soon(take_part, "claude-code", "auto")
                nursery.start_soon(take_part, "claude-code", "legacy")
                nursery.start_soon(take_part, "codex-mcp-client", "auto")
        assert {name: sorted(aliases) for name, aliases in came.items()} == {
            "claude-code": ["claude", "claude-2"],
            "codex-mcp-client": ["codex"],
        }
        async with over_stdio(home, name="claude-code", cwd=folder) as back:  # the same seat, and its own place in it
            assert (await back.call("status"))["me"] == "claude"
            assert {one["from"] for one in (await back.call("inbox"))["messages"]} >= {"codex", "claude-2"}
            await _is_sent_away(home, back)
        async with over_stdio(home, name="claude-code", cwd=folder) as again:
            assert (await again.refused("join"))["error"] == "removed"  # and does not come in under another name
        async with over_stdio(home, "--alias", "host", cwd=folder) as host:
            assert (await host.refused("join"))["error"] == "host_seat"
        await _is_whom_it_was_run_as(home, folder)
    assert len(list(home.seats())) == 4


async def _is_whom_it_was_run_as(home: Home, folder: Path) -> None:
    """An agent that `agentgather run` started has a home of its own: its settings, written for everybody, open no room in it."""
    invited = await run(home, "room", "invite", "dora", "--json", "--room", "my-api@host")
    token = json.loads(invited.out)["token"]
    own = Home(home.root / "agents" / "my-api@dora")
    [url] = {seat.base_url for seat in home.seats() if seat.alias == "host"}
    own.keep_seat(Seat(room_id("my-api"), alias("dora"), url, token))
    env = {**ANY_PORT, "AGENTGATHER_CARD": str(own.root / "card.md")}
    async with over_stdio(own, "--host", name="claude-code", cwd=folder, env=env) as agent:
        joined = await agent.call("join")
    assert (joined["room"], joined["me"]) == ("my-api", "dora")
    assert not list(own.rooms())


async def _is_sent_away(home: Home, agent: Agent) -> None:
    ran = await run(home, "room", "remove", "claude", "--room", "my-api@host")
    assert ran.code == 0, ran.err
    assert (await agent.refused("inbox"))["error"] == "removed"


async def test_without_host_a_folder_that_has_no_room_says_how_to_get_one(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "api"
    folder.mkdir()
    home.root.mkdir()
    async with over_stdio(home, cwd=folder) as agent:
        refused = await agent.refused("join")
    assert (refused["error"], "agentgather up api" in refused["next"]) == ("room_not_found", True)
    assert not home.hosts(room_id("api"))
    assert not home.seat_file(room_id("api"), alias("claude")).exists()
