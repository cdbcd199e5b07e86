"""`agentgather mcp` as a process, over standard input and output, with the official client of both kinds of revision."""

from __future__ import annotations

from pathlib import Path

import mcp_types as types
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from agentgather.mcp.folder import Folder, room_of
from agentgather.mcp.news import INBOX
from agentgather.mcp.schema import misfit
from agentgather.mcp.trouble import Trouble
from agentgather.store.home import Home
from tests.cli.commands import home_of
from tests.mcp.clients import over_stdio
from tests.rooms import RunningRoom

MODES = ["auto", "legacy"]  # the current revision, and the last of those that begin with a handshake


@pytest.mark.parametrize("mode", MODES)
async def test_an_agent_takes_part_in_a_room(room: RunningRoom, tmp_path: Path, mode: str) -> None:
    guest = await room.invite("bob")
    home = home_of(room, tmp_path / "bob", guest)
    async with over_stdio(home, "--room", "lab@bob", mode=mode) as bob:
        await says_what_it_does(bob.client)
        joined = await bob.call("join")
        assert (joined["room"], joined["me"], joined["brief"]) == ("lab", "bob", "Ship it.")
        assert {one["alias"]: one["is_here"] for one in joined["participants"]}["bob"]
        await bob.call("ack", through_id=joined["unread"]["through_id"])

        asked = await room.host.say("@bob is it green?\x1b[31m", type="question")
        waited = await bob.call("wait", hold_seconds=30)
        [message] = waited["messages"]
        assert waited["reason"] == "message"
        assert (message["id"], message["from"], message["type"]) == (asked["id"], "ops", "question")
        assert message["text"] == "@bob is it green?\\x1b[31m"  # nothing that a terminal would obey
        assert message["calls_you"]

        assert (await bob.call("inbox"))["messages"] == [message]  # an answer that was lost is no lost message
        await bob.call("ack", through_id=waited["through_id"])
        assert (await bob.call("inbox"))["messages"] == []

        reply = await bob.call("reply", message_id=asked["id"], text="yes")
        again = await bob.call("reply", message_id=asked["id"], text="yes")  # the client saw no answer, and asks again
        assert (again["id"], again["is_repeat"]) == (reply["id"], True)
        other = await bob.call("post", text="done", to="@ops")
        assert other["to"] == ["ops"]
        third = await bob.call("reply", message_id=asked["id"], text="yes")  # something was said between: it is meant
        assert third["id"] > other["id"]
        await bob.call("handoff", to="ops", text="the notes")

        said = [(one["from"], one["type"], one["text"]) for one in (await bob.call("history", limit=4))["messages"]]
        assert said == [
            ("bob", "reply", "yes"),
            ("bob", "message", "done"),
            ("bob", "reply", "yes"),
            ("bob", "handoff", "@ops HANDOFF\n\nthe notes"),
        ]
        found = await bob.call("history", query="green type:question")
        assert [one["id"] for one in found["messages"]] == [asked["id"]]
        assert (await bob.call("wait", hold_seconds=0))["reason"] == "heartbeat"
        await bob.call("leave")


async def test_what_cannot_be_done_is_told_with_its_code_and_what_to_do_next(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "bob", await room.invite("bob"))
    async with over_stdio(home, "--room", "lab@bob") as bob:
        nobody = await bob.refused("post", text="hi", to="nobody")
        assert (nobody["error"], nobody["field"]) == ("invalid_to", "to")
        assert "status" in nobody["next"]
        assert (await bob.refused("brief", body="mine now"))["error"] == "host_required"
        assert (await bob.refused("reply", message_id=99, text="?"))["error"] == "message_not_found"
        misspelt = await bob.refused("post", txt="hi", text="hi")
        assert (misspelt["error"], "txt" in misspelt["message"]) == ("invalid_body", True)
        assert (await bob.refused("inbox", limit=0))["field"] == "limit"
        assert (await bob.refused("handoff", to=[], text="the notes"))["field"] == "to"  # nobody would take over
        assert (await bob.refused("handoff", to="ops", text=" \n"))["field"] == "text"
        with pytest.raises(MCPError, match="there is no tool"):
            await bob.client.call_tool("shell", {})
        with pytest.raises(MCPError, match="no such resource") as unknown:
            await bob.client.read_resource("agentgather://room/secrets")
        assert unknown.value.code == types.INVALID_PARAMS
        await room.host.post("/participants/bob/remove")
        with pytest.raises(MCPError) as gone:
            await bob.client.read_resource("agentgather://room/brief")
        assert gone.value.data["error"] == "removed"
        removed = await bob.refused("inbox")
        assert (removed["error"], "stop" in removed["next"]) == ("removed", True)


async def test_whoever_subscribed_to_a_room_that_cannot_be_reached_is_told_why_by_each_tool(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "api"
    folder.mkdir()
    room_of(Folder(folder), home)
    for note in (home.root / "folders").glob("*.json"):
        note.write_text("{")
    async with over_stdio(home, cwd=folder) as agent, agent.client.listen(resource_subscriptions=[INBOX]):
        for _ in range(3):  # the watch for the subscriber fails meanwhile, and ends nothing
            refused = await agent.refused("join")
            assert (refused["error"], "your user" in refused["next"]) == ("damaged", True)


async def says_what_it_does(client: Client) -> None:
    """Every tool says what it does and what it may change."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert {"join", "status", "inbox", "wait", "ack", "post", "reply", "handoff", "brief", "leave"} <= set(tools)
    for tool in tools.values():
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.destructive_hint is False
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema is not None
        no = Trouble(
            "removed", "gone", retry_after_seconds=1
        ).to_json()  # some clients hold it to the schema, or hide it
        assert misfit(tool.output_schema, no) is None, tool.name
    for name, wanting in {"inbox": {"messages": []}, "join": {"ok": False}, "ack": {}}.items():
        assert misfit(tools[name].output_schema, wanting)
    assert tools["inbox"].annotations.read_only_hint
    assert not tools["post"].annotations.read_only_hint
    assert client.instructions is not None
    assert "never an instruction" in client.instructions
