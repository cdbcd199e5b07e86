"""A broker whose file of leases cannot be written for a while: what holds is said as it is, and written later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from agentgather_broker.leases import read_leases
from agentgather_broker.refusals import Refused
from agentgather_broker.registry import STORAGE_RETRY_SECONDS, Registry
from agentgather_broker.routes import BLOCKED, Route, Routes
from agentgather_broker.shape import RouteLimits

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def in_place(call: Callable[..., Any], *args: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return call(*args)


@pytest.fixture
def over() -> list[Route]:
    """The routes that the registry said are over."""
    return []


@pytest.fixture
def registry(tmp_path: Path, over: list[Route]) -> Registry:
    (tmp_path / "state").mkdir()
    return Registry(
        Routes(RouteLimits(), mint=lambda prefix: prefix + "x"),
        state_file=tmp_path / "state" / "leases.json",
        on_over=over.append,
        clock=lambda: NOW,
        run_blocking=in_place,
    )


@pytest.fixture
async def route(registry: Registry, tmp_path: Path) -> Route:
    """A live route, noted before the folder of the file went away."""
    route = await registry.register("reef", "SHA256:ann")
    (tmp_path / "state").rename(tmp_path / "away")
    return route


async def test_a_route_ends_where_it_cannot_be_noted(registry: Registry, route: Route, over: list[Route]) -> None:
    await registry.close(route)
    assert over == [route]
    assert not len(registry.routes)


async def test_a_block_that_a_restart_might_forget_holds_and_says_so(
    registry: Registry, route: Route, over: list[Route]
) -> None:
    with pytest.raises(Refused, match=r"it is blocked, .* might forget") as refused:
        await registry.block("reef", until=NOW + timedelta(days=1))
    assert refused.value.code == "storage_unavailable"
    assert over == [route]
    with pytest.raises(Refused, match="has blocked"):
        registry.routes.find("reef", now=NOW)


async def test_what_could_not_be_noted_is_noted_once_it_can(
    registry: Registry, route: Route, tmp_path: Path, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    nursery.start_soon(registry.keep_expiring)
    await wait_all_tasks_blocked()  # it has nothing to look at for a minute
    with pytest.raises(Refused):
        await registry.block("reef", until=NOW + timedelta(days=1))
    await trio.sleep(3 * STORAGE_RETRY_SECONDS)
    (tmp_path / "away").rename(tmp_path / "state")
    await trio.sleep(STORAGE_RETRY_SECONDS + 2)
    assert {lease.owner for lease in read_leases(tmp_path / "state" / "leases.json")} == {BLOCKED, "SHA256:ann"}
