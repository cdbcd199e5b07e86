"""The desk where contracts are looked at: whatever comes meanwhile, a version is told beside the one before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio

from agentgather.api.contract_bodies import Draft, read_draft
from agentgather.contracts.compare import compare
from agentgather.contracts.document import Document, Format, read_document
from agentgather.live.contract_desk import TRIES_MAX, ContractDesk
from agentgather.room.contracts.commands import PutContract
from agentgather.room.contracts.contract import Change, Contract, ContractName
from agentgather.room.contracts.refusals import ContractMoved, TooComplex
from agentgather.room.limits import RoomLimits
from agentgather.room.refusals import RateLimited
from tests.live.rooms import OPS, REV, Opened, in_place, invite, open_memory_room

ORDERS = ContractName("orders")


def draft(least: int, *, base: int | None = None) -> Draft:
    return read_draft({"document": {"minimum": least}, "base_version": base})


def document(least: int) -> Document:
    return read_document({"minimum": least}, format=Format.JSON_SCHEMA)


def orders(opened: Opened) -> Contract:
    contract = opened.room.state.contracts.find(ORDERS)
    assert contract is not None
    return contract


def overtaken(opened: Opened, *, times: int) -> ContractDesk:
    """A desk of which so many comparisons take so long that somebody else puts a version meanwhile."""
    left = times

    async def run_blocking(call: Callable[..., Any], /, *args: Any) -> Any:
        nonlocal left
        found = await in_place(call, *args)
        if isinstance(found, Change) and left:
            left -= 1
            number = orders(opened).latest_number
            change = Change.of(compare(document(number - 1), document(number)))
            await opened.room.submit(PutContract(REV, ORDERS, document(number), number, change))
        return found

    return ContractDesk(opened.room, run_blocking=run_blocking)


async def with_a_contract(nursery: trio.Nursery) -> Opened:
    opened = await open_memory_room(nursery)
    await invite(opened)
    await opened.open_room.contract_desk.put(OPS, ORDERS, draft(0))
    return opened


async def test_a_version_that_is_overtaken_is_compared_anew(nursery: trio.Nursery) -> None:
    opened = await with_a_contract(nursery)
    await overtaken(opened, times=2).put(OPS, ORDERS, draft(-5))
    latest = orders(opened).latest
    assert (latest.number, latest.put_by) == (4, OPS)
    assert latest.change == Change.of(compare(document(2), document(-5)))


async def test_it_is_refused_where_it_followed_a_version_of_its_own_or_is_overtaken_without_end(
    nursery: trio.Nursery,
) -> None:
    opened = await with_a_contract(nursery)
    with pytest.raises(ContractMoved):
        await overtaken(opened, times=1).put(OPS, ORDERS, draft(-5, base=1))
    with pytest.raises(ContractMoved):
        await overtaken(opened, times=TRIES_MAX).put(OPS, ORDERS, draft(-5))
    assert orders(opened).latest.put_by == REV


async def test_so_many_are_looked_at_in_a_minute_also_where_they_are_refused(nursery: trio.Nursery) -> None:
    opened = await open_memory_room(nursery, limits=RoomLimits(contract_checks_per_minute=2))
    await invite(opened)
    desk = opened.open_room.contract_desk
    long = read_draft({"document": {"allOf": [{"allOf": [{}] * 1_000}] * 15}})
    for _ in range(2):
        with pytest.raises(TooComplex):
            await desk.put(OPS, ORDERS, long)
    with pytest.raises(RateLimited):
        await desk.put(OPS, ORDERS, draft(0))
    assert (await desk.put(REV, ORDERS, draft(0))).records
