"""What a room does by itself: ends in time, warns of it, saves its checkpoints; in virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from agentgather.live.waited import Reason
from agentgather.room import events
from agentgather.room.commands import Extend, Post
from agentgather.room.names import MessageId
from agentgather.room.refusals import RoomIsClosed, StorageFull
from tests.live.rooms import OPS, FailingJournal, Opened, leaping_clock, open_memory_room


def happened(opened: Opened) -> list[type]:
    return [type(one.record.event) for one in opened.room.timeline.since(1, records_max=100)]


async def test_a_room_warns_of_its_end_and_comes_to_it_at_its_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await open_memory_room(nursery, ttl=timedelta(hours=1))
    await trio.sleep(44 * 60)
    assert happened(opened) == []
    await trio.sleep(2 * 60)
    assert happened(opened) == [events.ExpiryWarned]
    await trio.sleep(15 * 60)
    assert happened(opened) == [events.ExpiryWarned, events.RoomClosed]
    assert not opened.room.state.is_open
    assert opened.room.timeline.since(2, records_max=1)[0].record.text == "room closed by ttl"


async def test_its_end_releases_the_waits_that_are_held(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery, ttl=timedelta(seconds=20))
    started = trio.current_time()
    waited = await opened.room.wait(opened.host, since_id=1, hold_seconds=55, records_max=9)
    assert waited.reason is Reason.CLOSED
    assert trio.current_time() - started <= 20.5


async def test_an_extended_room_lives_on_and_is_warned_again(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery, ttl=timedelta(minutes=20))
    await trio.sleep(6 * 60)
    await opened.room.submit(Extend(OPS, leaping_clock() + timedelta(hours=2)))
    await trio.sleep(110 * 60)
    assert happened(opened) == [events.ExpiryWarned, events.ExpiryMoved, events.ExpiryWarned]
    await trio.sleep(11 * 60)
    assert not opened.room.state.is_open


async def test_a_room_without_an_end_has_none(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery, ttl=timedelta(hours=1))
    await opened.room.submit(Extend(OPS, None))
    await trio.sleep(24 * 3600)
    assert opened.room.state.is_open


async def test_a_post_after_the_end_finds_the_room_closed_even_if_nobody_noticed_yet(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """A machine that slept wakes with its timers behind the wall clock."""
    opened = await open_memory_room(nursery, ttl=timedelta(hours=1))
    opened.room.clock = lambda: leaping_clock() + timedelta(hours=2)
    with pytest.raises(RoomIsClosed):
        await opened.room.submit(Post(OPS, "too late"))
    await wait_all_tasks_blocked()
    assert not opened.room.state.is_open


async def test_an_end_that_cannot_be_recorded_is_tried_again(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal, ttl=timedelta(seconds=30))
    journal.trouble = StorageFull("no room")
    await trio.sleep(120)
    assert opened.room.state.is_open
    journal.trouble = None
    await trio.sleep(20)
    assert not opened.room.state.is_open


async def test_presence_is_written_at_most_every_five_seconds_and_at_the_end(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async with trio.open_nursery() as lifetime:
        opened = await open_memory_room(lifetime)
        await trio.sleep(11)
        before = len(opened.documents.rosters)
        for _ in range(100):
            opened.room.presence.touch(OPS, now=leaping_clock())
            await trio.sleep(0.2)
        assert len(opened.documents.rosters) - before <= 5
        opened.room.presence.read(OPS, through_id=1, now=leaping_clock())
        lifetime.cancel_scope.cancel()
    assert opened.documents.rosters[-1][0].read_id == 1


async def test_checkpoints_that_cannot_be_written_are_told_and_caught_up(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await open_memory_room(nursery)
    opened.documents.trouble = StorageFull("no room")
    await opened.room.submit(Post(OPS, "hello"))
    await trio.sleep(6)
    assert opened.open_room.trouble is not None
    opened.documents.trouble = None
    await trio.sleep(6)
    assert opened.open_room.trouble is None
    assert opened.documents.states[-1].last_id == 2


async def test_a_scrub_that_the_disk_refuses_leaves_the_room_open_and_is_tried_again(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """Its text was to leave the log when the house last stopped; the disk has been full since."""
    journal = FailingJournal()
    journal.scrub_trouble = StorageFull("no room")
    opened = await open_memory_room(nursery, journal=journal, unfinished_scrubs=[MessageId(2)])
    secret = await opened.room.submit(Post(OPS, "secret"))
    assert secret.post is not None
    await trio.sleep(60)
    assert not opened.room.is_dismissed
    assert b"secret" in journal.inner.lines[1]
    journal.scrub_trouble = None
    await trio.sleep(6)
    assert b"secret" not in journal.inner.lines[1]
