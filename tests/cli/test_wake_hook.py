"""The Stop hook: an agent that is about to stop hears once of what waits for it, and is never kept from stopping otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentgather.cli.wake_hook import may_hold
from agentgather.store.home import Home
from tests.cli.commands import home_of, run
from tests.rooms import RunningRoom

STOP = json.dumps({"hook_event_name": "Stop", "stop_hook_active": False, "session_id": "x"})


async def test_what_waits_is_pointed_at_once_and_what_is_fetched_is_not(room: RunningRoom, tmp_path: Path) -> None:
    guest = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", guest)
    assert (await run(home, "wake", "hook", "--hold", "0", stdin=STOP)).json == {}
    said = await room.host.say("@rev the words of the message")
    answer = (await run(home, "wake", "hook", "--hold", "0", stdin=STOP)).json
    assert answer["decision"] == "block"
    assert f"after #{said['id'] - 1}" in answer["reason"]
    assert "words" not in answer["reason"]
    assert (await run(home, "wake", "hook", "--hold", "0", stdin=STOP)).json == {}
    more = await room.host.say("@rev more")
    await guest.get("/messages", since_id=more["id"] - 1)
    assert (await run(home, "wake", "hook", "--hold", "0", stdin=STOP)).json == {}
    wakes = (await room.host.get(f"/messages/{said['id']}/delivery"))["recipients"][0]["wakes"]
    assert [(wake["via"], wake["outcome"]) for wake in wakes] == [("claude-hook", "submitted")]


async def test_trouble_lets_the_agent_stop(tmp_path: Path) -> None:
    ran = await run(Home(tmp_path / "empty"), "wake", "hook", stdin=STOP)
    assert (ran.code, ran.json) == (0, {})
    assert ran.err.startswith("agentgather wake hook: ")


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"hook_event_name":"Stop"}',
        b"[" * 100_000,
        b'{"hook_event_name":"Stop","stop_hook_active":true}',
        b'{"hook_event_name":"PreToolUse","stop_hook_active":false}',
    ],
)
def test_whoever_is_not_stopping_for_the_first_time_is_not_held(given: bytes) -> None:
    assert not may_hold(given)
