"""A room whose host lets nobody be held for long: whoever waits in it waits all the same, in shorter pieces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio

from agentgather.client.errors import Refused
from agentgather.settings.shape import ApiLimits, DaemonSettings, Settings
from tests.cli.commands import home_of, run
from tests.client.rooms_beside import client_of
from tests.rooms import RunningRoom


@pytest.fixture
def room_settings() -> Settings:
    return Settings(daemon=DaemonSettings(port=0, drain_seconds=3), api=ApiLimits(hold_seconds=1, hold_seconds_max=1))


async def test_a_wait_is_as_long_as_the_room_likes_unless_it_is_meant(room: RunningRoom) -> None:
    async with client_of(await room.invite("rev")) as client:
        last_id = (await client.status())["last_id"]
        with trio.fail_after(20):
            assert (await client.wait(since_id=last_id, hold_seconds=25)).reason == "heartbeat"
        with pytest.raises(Refused, match="invalid_hold"):
            await client.wait(since_id=last_id, hold_seconds=25, is_hold_firm=True)


async def test_an_answer_is_waited_for(room: RunningRoom, tmp_path: Path) -> None:
    await room.invite("rev")
    await room.host.say("@rev which branch?")
    late = await run(home_of(room, tmp_path / "ops"), "delivery", "--wait", "answered", "--seconds", "2.5")
    assert (late.code, "within 2.5 seconds" in late.err) == (5, True)


async def test_a_hook_hears_what_is_said_while_it_holds(room: RunningRoom, tmp_path: Path) -> None:
    home = home_of(room, tmp_path / "rev", await room.invite("rev"))
    told: dict[str, object] = {}

    async def stop() -> None:
        hook = json.dumps({"hook_event_name": "Stop", "stop_hook_active": False, "session_id": "x"})
        told.update((await run(home, "wake", "hook", "--hold", "20", stdin=hook)).json)

    with trio.fail_after(50):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop)
            while not (home.root / "rooms" / "lab" / "wakes").exists():
                await trio.sleep(0.02)
            await room.host.say("@rev look")
    assert told.get("decision") == "block", told
