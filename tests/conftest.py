"""What every test stands on: how hypothesis searches, and a real room to talk to."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, settings

from agentgather.settings.shape import DaemonSettings, Settings
from tests.rooms import RunningRoom, create, keep_room
from tests.secrecy import Secrecy

settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; what we start would too
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Secrecy(config), "secrecy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test has an address of its own: of those that share one, workers run the first, and say nothing of the others."""
    for item in items:
        assert item.parent is not None
        address = f"{item.parent.nodeid}::{item.name}"
        # Of one function for many operations (schemathesis), pytest takes the function's name alone.
        if item.nodeid != address:
            item._id = type(item.id).parse(address)  # type: ignore[attr-defined]
    shared = [address for address, count in Counter(item.nodeid for item in items).items() if count > 1]
    if shared:
        raise pytest.UsageError(f"tests that share an address, of which but one would run: {', '.join(shared[:5])}")


@pytest.fixture
def room_settings() -> Settings:
    """The settings of the `room` fixture; a test module may override it."""
    return Settings(daemon=DaemonSettings(port=0, drain_seconds=3))


@pytest.fixture
async def room(tmp_path: Path, room_settings: Settings, nursery: trio.Nursery) -> AsyncIterator[RunningRoom]:
    """A room that a real daemon serves on a free port, in this process."""
    seat = create(tmp_path)
    running = await nursery.start(keep_room, tmp_path, seat, room_settings)
    yield running
    await running.stop()
