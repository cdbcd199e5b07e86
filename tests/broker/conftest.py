"""A real broker for tests, in this process, on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from agentgather_broker.shape import BrokerSettings
from tests.broker.brokers import RunningBroker, keep_running, quick_settings


@pytest.fixture
def broker_settings(tmp_path: Path) -> BrokerSettings:
    """The settings of the `broker` fixture; a test module may override it."""
    return quick_settings(state_file=str(tmp_path / "leases.json"))


@pytest.fixture
async def broker(broker_settings: BrokerSettings, nursery: trio.Nursery) -> AsyncIterator[RunningBroker]:
    running = await nursery.start(keep_running, broker_settings)
    yield running
    await running.stop()
