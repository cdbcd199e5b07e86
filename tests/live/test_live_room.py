"""Deciding in turn, durable before published, and waits that miss nothing; in virtual time."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from agentgather.live.waited import Reason, Waited
from agentgather.room.commands import Close, Join, Post, Remove, SetBrief
from agentgather.room.limits import RoomLimits
from agentgather.room.refusals import LoopGuard, RateLimited, RoomIsClosed, StorageFailed, StorageFull, WaitLimit
from agentgather.room.state import RoomState, fold
from tests.live.rooms import OPS, REV, FailingJournal, Opened, invite, open_memory_room


async def wait(opened: Opened, since_id: int, *, hold: float = 25) -> Waited:
    return await opened.room.wait(opened.host, since_id=since_id, hold_seconds=hold, records_max=1000)


async def test_a_post_is_published_to_all_who_wait(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery)
    heard: list[Waited] = []

    async def listen() -> None:
        heard.append(await wait(opened, 1))

    async with trio.open_nursery() as listeners:
        for _ in range(8):
            listeners.start_soon(listen)
        await wait_all_tasks_blocked()
        await opened.room.submit(Post(OPS, "hello"))
    assert [[one.record.text for one in waited.kept] for waited in heard] == [["hello"]] * 8


async def test_a_wait_sees_a_post_whenever_it_falls(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    """However a post falls between looking and parking, nobody waits through to the end of the hold."""
    opened = await open_memory_room(nursery, limits=RoomLimits(posts_per_minute=10_000))
    for steps in range(12):
        last = opened.room.timeline.last_id
        started = trio.current_time()

        async def post(steps: int = steps) -> None:
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
            await opened.room.submit(Post(OPS, f"after {steps} steps"))

        async with trio.open_nursery() as both:
            both.start_soon(post)
            waited = await wait(opened, last)
        assert waited.reason is Reason.MESSAGE
        assert trio.current_time() == started


async def test_a_wait_in_silence_ends_after_its_hold(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery)
    started = trio.current_time()
    assert (await wait(opened, 1, hold=25)).reason is Reason.HEARTBEAT
    assert trio.current_time() - started == pytest.approx(25)
    assert (await wait(opened, 1, hold=0)).reason is Reason.HEARTBEAT


async def test_a_cancelled_wait_leaves_nothing_behind(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery)
    with trio.move_on_after(1):
        await wait(opened, 1)
    assert opened.room.held_count(OPS) == 0


async def test_eight_waits_are_held_and_the_ninth_refused(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery)
    async with trio.open_nursery() as waiting:
        for _ in range(8):
            waiting.start_soon(wait, opened, 1)
        await wait_all_tasks_blocked()
        with pytest.raises(WaitLimit):
            await wait(opened, 1)
        assert (await wait(opened, 0)).reason is Reason.MESSAGE  # what is there already needs no holding
        waiting.cancel_scope.cancel()


async def test_everyone_who_writes_at_once_shares_one_write(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal)
    before = journal.appends
    async with trio.open_nursery() as writers:
        for number in range(50):
            writers.start_soon(opened.room.submit, Post(OPS, f"n{number}"))
    assert [one.record.id for one in opened.room.timeline.since(1, records_max=100)] == list(range(2, 52))
    assert journal.appends - before <= 2


async def test_what_is_not_durable_is_neither_answered_nor_shown(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal)
    journal.trouble = StorageFull("no room")
    for _ in range(3):
        with pytest.raises(StorageFull):
            await opened.room.submit(Post(OPS, "lost", client_msg_id="l-1"))
    assert opened.open_room.trouble is not None
    assert opened.room.timeline.last_id == 1
    assert opened.room.state.last_id == 1
    journal.trouble = None
    outcome = await opened.room.submit(Post(OPS, "lost", client_msg_id="l-1"))
    assert (outcome.is_repeat, outcome.state.last_id) == (False, 2)
    assert opened.open_room.trouble is None


async def test_what_was_decided_on_top_of_a_lost_write_is_lost_with_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal)
    journal.trouble = StorageFailed("EIO")
    failures = 0

    async def post(number: int) -> None:
        nonlocal failures
        for _ in range(number):
            await trio.lowlevel.checkpoint()
        with pytest.raises(StorageFailed):
            await opened.room.submit(Post(OPS, f"n{number}"))
        failures += 1

    async with trio.open_nursery() as writers:
        for number in range(10):
            writers.start_soon(post, number)
    assert failures == 10
    journal.trouble = None
    await opened.room.submit(Post(OPS, "well again"))
    assert [one.record.id for one in opened.room.timeline.since(0, records_max=9)] == [1, 2]


async def test_a_log_that_failed_heals_while_nobody_writes(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal)
    journal.trouble = StorageFull("no room")
    with pytest.raises(StorageFull):
        await opened.room.submit(Post(OPS, "lost"))
    await trio.sleep(60)
    assert opened.open_room.trouble is not None
    journal.trouble = None
    await trio.sleep(6)
    assert opened.open_room.trouble is None


async def test_a_bug_in_the_journal_ends_neither_the_room_nor_its_secrets(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    journal = FailingJournal()
    opened = await open_memory_room(nursery, journal=journal)
    journal.trouble = ZeroDivisionError("a path and a text")
    with pytest.raises(StorageFailed) as refused:
        await opened.room.submit(Post(OPS, "lost"))
    assert "a path" not in refused.value.message
    journal.trouble = None
    await opened.room.submit(Post(OPS, "well again"))


async def test_a_submit_that_is_cancelled_never_happened_or_is_there(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await open_memory_room(nursery, limits=RoomLimits(posts_per_minute=10_000))
    for steps in range(8):
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as both:

                async def cut(steps: int = steps, scope: trio.CancelScope = scope) -> None:
                    for _ in range(steps):
                        await trio.lowlevel.checkpoint()
                    scope.cancel()

                both.start_soon(cut)
                await opened.room.submit(Post(OPS, f"cut after {steps}"))
        await wait_all_tasks_blocked()
        kept = opened.room.timeline.since(0, records_max=100)
        assert len(opened.journal.lines) == len(kept)
        assert opened.room.state == fold([one.record for one in kept], start=RoomState(opened.room.id))
    assert (await opened.room.submit(Post(OPS, "still well"))).post is not None


async def test_a_repeat_that_overtakes_its_first_gets_the_same_record(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await open_memory_room(nursery)
    outcomes = []

    async def post() -> None:
        outcomes.append(await opened.room.submit(Post(OPS, "once", client_msg_id="o-1")))

    async with trio.open_nursery() as both:
        both.start_soon(post)
        both.start_soon(post)
    assert sorted(outcome.is_repeat for outcome in outcomes) == [False, True]
    assert len({outcome.post.record.id for outcome in outcomes if outcome.post}) == 1


async def test_rates_are_counted_for_each_and_forgotten_after_a_minute(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await open_memory_room(nursery, limits=RoomLimits(posts_per_minute=3, writes_per_minute=2))
    await invite(opened)
    for _ in range(3):
        await opened.room.submit(Post(OPS, "hello"))
    with pytest.raises(RateLimited) as refused:
        await opened.room.submit(Post(OPS, "hello"))
    assert refused.value.retry_after_seconds == 60
    await opened.room.submit(Post(REV, "I may"))
    await opened.room.submit(SetBrief(OPS, "v2"))
    with pytest.raises(RateLimited):
        await opened.room.submit(SetBrief(OPS, "v3"))  # the invitation counted too
    await trio.sleep(60)
    await opened.room.submit(Post(OPS, "hello"))


async def test_an_agent_alone_is_paused_until_somebody_speaks(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery, limits=RoomLimits(loop_posts_max=2))
    await invite(opened)
    await opened.room.submit(Post(REV, "one"))
    await opened.room.submit(Post(REV, "two"))
    with pytest.raises(LoopGuard):
        await opened.room.submit(Post(REV, "three"))
    assert opened.room.paused() == [REV]
    await opened.room.submit(Post(OPS, "go on"))
    assert opened.room.paused() == []


async def test_a_closed_room_hands_out_its_rest_page_by_page(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery)
    for number in range(3):
        await opened.room.submit(Post(OPS, f"n{number}"))
    await opened.room.submit(Close(OPS))
    seen, reasons, cursor = [], [], 0
    while True:
        waited = await opened.room.wait(opened.host, since_id=cursor, hold_seconds=25, records_max=2)
        if not waited.kept:
            break
        seen += [one.record.id for one in waited.kept]
        reasons.append(waited.reason)
        cursor = seen[-1]
    assert seen == [1, 2, 3, 4, 5]
    assert reasons == [Reason.MESSAGE, Reason.MESSAGE, Reason.CLOSED]
    with pytest.raises(RoomIsClosed):
        await opened.room.submit(Join(OPS))


async def test_removal_and_rotation_end_the_waits_they_concern(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    opened = await open_memory_room(nursery)
    credential = await invite(opened)
    reasons = []

    async def listen() -> None:
        reasons.append((await opened.room.wait(credential, since_id=99, hold_seconds=25, records_max=9)).reason)

    async with trio.open_nursery() as listeners:
        listeners.start_soon(listen)
        await wait_all_tasks_blocked()
        await opened.room.submit(Remove(OPS, REV))
    assert reasons == [Reason.REMOVED]


async def test_a_dismissed_room_answers_every_wait(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    opened = await open_memory_room(nursery)
    reasons = []

    async def listen() -> None:
        reasons.append((await wait(opened, 1)).reason)

    async with trio.open_nursery() as listeners:
        listeners.start_soon(listen)
        await wait_all_tasks_blocked()
        opened.room.dismiss()
        listeners.start_soon(listen)
    assert reasons == [Reason.SHUTDOWN, Reason.SHUTDOWN]
