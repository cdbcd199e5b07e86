"""A claim lapses when its holder is silent for the length of a lease, and not before; in virtual time."""

from __future__ import annotations

from datetime import timedelta

import trio
from trio.testing import MockClock

from agentgather.live.keeping import LOOK_SECONDS
from agentgather.room.commands import Close, Post
from agentgather.room.limits import RoomLimits
from agentgather.room.refusals import StorageFull
from agentgather.room.tasks.commands import AddTask, ClaimTask
from agentgather.room.tasks.events import TaskLapsed
from agentgather.room.tasks.task import LapseReason, TaskId
from tests.live.rooms import OPS, REV, FailingJournal, Opened, invite, leaping_clock, open_memory_room

ONE = TaskId(1)
MINUTE = 60
LAPSED = TaskLapsed(ONE, REV, LapseReason.SILENT)


async def with_a_claim(
    nursery: trio.Nursery, *, limits: RoomLimits | None = None, journal: FailingJournal | None = None
) -> Opened:
    opened = await open_memory_room(nursery, limits=limits, journal=journal)
    await invite(opened)
    await opened.room.submit(AddTask(OPS, "t"))
    opened.room.presence.touch(REV, now=leaping_clock())
    await opened.room.submit(ClaimTask(REV, ONE))
    return opened


def lapses(opened: Opened) -> list[object]:
    kept = opened.room.timeline.since(0, records_max=1_000)
    return [one.record.event for one in kept if isinstance(one.record.event, TaskLapsed)]


async def test_a_claim_lapses_after_a_lease_without_a_sign_of_life(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await with_a_claim(nursery)
    await trio.sleep(30 * MINUTE - 1)
    assert lapses(opened) == []
    await trio.sleep(2)
    assert lapses(opened) == [LAPSED]
    await trio.sleep(90 * MINUTE)
    assert lapses(opened) == [LAPSED]


async def test_any_sign_of_life_renews_the_lease_and_so_does_a_held_wait(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await with_a_claim(nursery)
    await trio.sleep(20 * MINUTE)
    opened.room.presence.touch(REV, now=leaping_clock())
    await trio.sleep(29 * MINUTE)
    assert lapses(opened) == []
    with opened.room.holding(REV):
        await trio.sleep(120 * MINUTE)
        assert lapses(opened) == []
    await trio.sleep(29 * MINUTE)
    assert lapses(opened) == []
    await trio.sleep(2 * MINUTE)
    assert lapses(opened) == [LAPSED]


async def test_the_lease_is_the_hosts_to_set(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await with_a_claim(nursery, limits=RoomLimits(claim_lease_seconds=10))
    await trio.sleep(11)
    assert lapses(opened) == [LAPSED]


async def test_nobody_is_silent_while_the_machine_sleeps_nor_for_a_lease_after_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """A suspended machine stops its timers, not the wall clock."""
    opened = await with_a_claim(nursery)
    opened.room.clock = lambda: leaping_clock() + timedelta(hours=8)
    await trio.sleep(29 * MINUTE)
    assert lapses(opened) == []
    await trio.sleep(2 * MINUTE)
    assert lapses(opened) == [LAPSED]


async def test_a_clock_that_is_set_back_ends_no_claim(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await with_a_claim(nursery)
    opened.room.clock = lambda: leaping_clock() - timedelta(hours=8)
    await trio.sleep(29 * MINUTE)
    assert lapses(opened) == []


async def test_after_a_restart_nobody_is_silent_before_a_lease_has_passed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async with trio.open_nursery() as first:
        opened = await with_a_claim(first)
        await trio.sleep(20 * MINUTE)
        first.cancel_scope.cancel()
    await trio.sleep(300 * MINUTE)
    await nursery.start(opened.open_room.keep)
    await trio.sleep(30 * MINUTE - 1)
    assert lapses(opened) == []
    await trio.sleep(2)
    assert lapses(opened) == [LAPSED]


async def test_a_lapse_that_cannot_be_recorded_is_tried_again(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    journal = FailingJournal()
    opened = await with_a_claim(nursery, journal=journal)
    journal.trouble = StorageFull("no room")
    await trio.sleep(31 * MINUTE)
    assert opened.room.state.tasks.claimed
    journal.trouble = None
    await trio.sleep(LOOK_SECONDS)
    assert lapses(opened) == [LAPSED]


async def test_a_room_that_is_closed_lapses_nothing(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await with_a_claim(nursery)
    await opened.room.submit(Post(OPS, "that was it"))
    await opened.room.submit(Close(OPS))
    await trio.sleep(120 * MINUTE)
    assert lapses(opened) == []
    assert opened.room.state.tasks.claimed[ONE] == REV
