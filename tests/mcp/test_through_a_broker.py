"""/mcp of a room that is published: an agent elsewhere takes part through the broker's path."""

from __future__ import annotations

import pytest
import trio

from agentgather.settings.shape import DaemonSettings, Settings, TunnelSettings
from tests.broker.brokers import RunningBroker
from tests.broker.conftest import broker, broker_settings
from tests.mcp.clients import over_http
from tests.rooms import RunningRoom

__all__ = ["broker", "broker_settings"]

pytestmark = pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")
PATIENCE_SECONDS = 60


@pytest.fixture
def room_settings(broker: RunningBroker) -> Settings:
    return Settings(
        daemon=DaemonSettings(port=0, drain_seconds=3), tunnel=TunnelSettings(broker_url=broker.url, subdomain="lab")
    )


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_elsewhere_takes_part(room: RunningRoom, mode: str) -> None:
    bob = await room.invite("bob")
    with trio.fail_after(PATIENCE_SECONDS):
        while (url := room.daemon.address.public_of(room.daemon.room_ids[0])) is None:
            await trio.sleep(0.01)
        async with over_http(bob, mode=mode, url=url) as agent:
            assert (await agent.call("join"))["me"] == "bob"
            async with trio.open_nursery() as nursery:
                nursery.start_soon(room.host.say, "@bob hello")
                waited = await agent.call("wait", until="called", hold_seconds=60)
            said = next(one for one in waited["messages"] if one["from"] == "ops")
            await agent.call("reply", message_id=said["id"], text="from afar")
        last = (await room.host.get("/messages", before_id=10**6, limit=1))["messages"][0]
        assert (last["from"], last["text"]) == ("bob", "from afar")
