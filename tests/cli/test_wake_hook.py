"""The Stop hook: an agent that is about to stop hears once of what waits for it, and is never kept from stopping otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio

from agentgather.cli.wake_hook import may_hold
from agentgather.store.home import Home
from tests.cli.commands import Ran, home_of, host_home, run
from tests.mcp.clients import over_stdio
from tests.rooms import ROOM, RunningRoom


async def until_peeking(room: RunningRoom, alias: str) -> None:
    """Return once a program waits for `alias` in `room`."""
    open_room = room.daemon.house.find(ROOM)
    assert open_room is not None
    with trio.fail_after(60):
        while not open_room.room.peek_count(alias):
            await trio.sleep(0.01)


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


async def test_an_agent_is_told_as_the_seat_that_its_own_server_took(room: RunningRoom, tmp_path: Path) -> None:
    home = host_home(room)  # whose current seat is the host's: no agent stops for what concerns a person
    stopping = json.dumps({"hook_event_name": "Stop", "stop_hook_active": True})
    woken: list[Ran] = []

    async def wait() -> None:
        woken.append(await run(home, "wake", "hook", "--here", "--rewake", "--hold", "60", stdin=stopping))

    async with trio.open_nursery() as nursery:
        async with over_stdio(home, "--room", "lab") as claude:
            await room.host.say("@ops for the host alone")
            assert (await run(home, "wake", "hook", "--here", "--hold", "0", stdin=STOP)).json == {}
            assert (await claude.call("join"))["me"] == "claude"
            said = await room.host.say("@claude look")
            answer = (await run(home, "wake", "hook", "--hold", "0", stdin=STOP)).json
            assert f"New from ops for claude in room lab after #{said['id'] - 1}" in answer["reason"]
            nursery.start_soon(wait)
            await until_peeking(room, "claude")
            more = await room.host.say("@claude once more")
            with trio.fail_after(60):
                while not woken:
                    await trio.sleep(0.05)
            assert (woken[0].code, woken[0].out) == (2, "")
            assert woken[0].err == (
                f"[Agent Gather] New from ops for claude in room lab after #{said['id'] - 1}. "
                "Fetch it with your room tool or: agentgather read\n"
            )
            nursery.start_soon(wait)
            await until_peeking(room, "claude")
            wakes = (await room.host.get(f"/messages/{more['id']}/delivery"))["recipients"][0]["wakes"]
            assert [(wake["via"], wake["outcome"]) for wake in wakes] == [("claude-hook", "submitted")]
        await room.host.say("@claude are you still there?")
    assert (woken[1].code, woken[1].err) == (0, "")


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


def test_a_hook_that_keeps_nobody_from_stopping_may_wake_for_whatever_the_agent_went_on_before() -> None:
    assert may_hold(b'{"hook_event_name":"Stop","stop_hook_active":true}', is_rewake=True)
    assert not may_hold(b'{"hook_event_name":"SessionStart"}', is_rewake=True)
