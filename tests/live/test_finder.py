"""Searching a timeline: in pages, in slices, with bounds on what a query may cost, while the room goes on."""

from __future__ import annotations

import time

import trio

from agentgather.live.finder import Finder, Found
from agentgather.live.timeline import Timeline
from agentgather.room.events import MessageRetracted
from agentgather.room.keeping import Kept
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, RoomId
from agentgather.room.search import Search, search

OPS, REV = Alias("ops"), Alias("rev")


def kept(number: int, text: str, *, author: Alias = OPS, event: MessageRetracted | None = None) -> Kept:
    record = Message(MessageId(number), RoomId("lab"), "", author, MessageType.MESSAGE, text, event=event)
    return Kept(record, b"{}", b'{"text":"x"}\n')


def retraction(number: int, *, of: int) -> Kept:
    return kept(number, f"retracted #{of}", event=MessageRetracted(MessageId(of)))


async def find(finder: Finder, query: Search | str, *, before_id: int | None = None, records_max: int = 50) -> Found:
    asked = search(query) if isinstance(query, str) else query
    return await finder.find(asked, asker=OPS, before_id=before_id, records_max=records_max)


def ids(found: Found) -> list[int]:
    return [one.record.id for one in found.kept]


async def test_the_newest_come_first_and_pages_go_back() -> None:
    finder = Finder(Timeline(kept(number, "needle" if number % 3 == 0 else "hay") for number in range(1, 31)))
    first = await find(finder, "needle", records_max=4)
    assert (ids(first), first.next_before_id) == ([30, 27, 24, 21], 21)
    rest = await find(finder, "needle", before_id=21, records_max=6)
    assert (ids(rest), rest.next_before_id) == ([18, 15, 12, 9, 6, 3], None)
    assert ids(await find(finder, "needle", before_id=3)) == []
    assert ids(await find(finder, "needle", before_id=10_000, records_max=1)) == [30]


async def test_what_comes_and_goes_after_the_first_search_is_seen_by_the_next() -> None:
    timeline = Timeline([kept(1, "the needle"), kept(2, "hay")])
    finder = Finder(timeline)
    assert ids(await find(finder, "needle")) == [1]
    timeline.append(kept(3, "another needle"))
    assert ids(await find(finder, "needle")) == [3, 1]
    timeline.append(retraction(4, of=3))
    first = await find(finder, "needle", records_max=1)
    assert (ids(first), first.next_before_id) == ([1], None)
    assert ids(await find(finder, search("", author=OPS))) == [4, 2, 1]


async def test_a_page_that_takes_too_long_ends_early_and_the_next_goes_on() -> None:
    timeline = Timeline(kept(number, "needle" if number in (2, 90) else "hay") for number in range(1, 101))
    finder = Finder(timeline, slice_seconds=0, page_seconds=0)
    pages: list[Found] = []
    before: int | None = None
    while not pages or before is not None:
        pages.append(await find(finder, "needle", before_id=before))
        before = pages[-1].next_before_id
    assert [number for page in pages for number in ids(page)] == [90, 2]
    assert len(pages) > 5


async def test_a_message_taken_back_while_somebody_searches_is_not_handed_out() -> None:
    timeline = Timeline(kept(number, "needle") for number in range(1, 101))
    finder = Finder(timeline, slice_seconds=0)
    answers: list[Found] = []

    async def ask() -> None:
        answers.append(await find(finder, "needle", records_max=200))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        assert not answers
        timeline.append(retraction(101, of=100))
    assert ids(answers[0])[0] == 99
    assert len(answers[0].kept) == 99


async def test_each_record_is_found_by_its_own_words_wherever_it_stands() -> None:
    timeline = Timeline(kept(number, f"Number <{number}>") for number in range(1, 101))
    finder = Finder(timeline)
    for _ in range(2):  # as it is first looked at, and as it is kept
        for number in range(1, 101):
            assert ids(await find(finder, f"number <{number}>")) == [number]
    for number in range(101, 140):
        timeline.append(kept(number, f"Number <{number}>"))
        assert ids(await find(finder, f"<{number}>")) == [number]
    assert ids(await find(finder, "number", records_max=200)) == list(range(139, 0, -1))
    assert ids(await find(finder, '"> number"')) == []
    assert ids(await find(finder, "<1> <2>")) == []


async def test_records_are_found_whatever_else_a_log_of_0_1_holds() -> None:
    finder = Finder(Timeline([kept(1, "a\0 needle"), kept(2, "\udc00 needle"), kept(3, "ÿ needle \xff")]))
    assert ids(await find(finder, "needle")) == [3, 2, 1]
    assert ids(await find(finder, '"ÿ needle"')) == [3]


async def test_filters_are_held_with_words_and_without() -> None:
    finder = Finder(
        Timeline(kept(number, f"word {number}", author=REV if number % 40 == 0 else OPS) for number in range(1, 201))
    )
    assert ids(await find(finder, search("", author=REV))) == [200, 160, 120, 80, 40]
    assert ids(await find(finder, search("20", author=REV))) == [200, 120]
    assert ids(await find(finder, search("", author=REV), before_id=160, records_max=1)) == [120]


async def test_others_get_their_turn_while_a_search_goes_on() -> None:
    finder = Finder(Timeline(kept(number, "hay") for number in range(1, 2_001)), slice_seconds=0)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count)
        await find(finder, "needle")
        nursery.cancel_scope.cancel()
    assert turns > 50


async def test_one_who_asks_much_does_not_keep_others_from_asking() -> None:
    finder = Finder(Timeline(kept(number, "hay") for number in range(1, 101)), slice_seconds=0)
    order: list[str] = []

    async def ask(asker: Alias) -> None:
        await finder.find(search("needle"), asker=asker, before_id=None, records_max=1)
        order.append(asker)

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(ask, REV)
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        nursery.start_soon(ask, OPS)
    assert order.index(OPS) <= 2


async def test_a_search_that_is_cancelled_leaves_its_turn_to_others() -> None:
    finder = Finder(Timeline(kept(number, "hay") for number in range(1, 101)))
    with trio.move_on_after(0) as leaving:
        await find(finder, "needle")
    assert leaving.cancelled_caught
    assert ids(await find(finder, "hay", records_max=1)) == [100]


async def test_the_worst_of_texts_and_words_hold_nobody_up() -> None:
    """Nearly every place of each text is nearly a hit, the slowest that finding can be led to, and no block is passed over."""
    words = ["a" * (97 - shift) + "b" + "a" * shift for shift in (1, 2)]
    finder = Finder(
        Timeline(kept(number, "a" * 24_000 if number % 16 else " ".join(words)) for number in range(1, 401)),
        page_seconds=0.05,
    )
    found, longest = await find_beside_others(finder, " ".join(words))
    assert found.kept
    assert found.next_before_id is not None  # it was stopped
    assert longest < 0.05  # of a core: others use this machine too


async def test_texts_that_are_dear_to_fold_hold_nobody_up() -> None:
    """Nothing but accents: each sorts itself past those before it."""
    finder = Finder(
        Timeline(kept(number, "needle " + "\u0f73\u0301\u0316" * 7_900) for number in range(1, 50)), page_seconds=0.05
    )
    found, longest = await find_beside_others(finder, "needle")
    assert ids(found)[0] == 49
    assert found.next_before_id is not None  # it was stopped, and not before it had found something
    assert longest < 0.05
    assert ids(await find(finder, "needle", before_id=found.next_before_id))[0] == found.next_before_id - 1


async def find_beside_others(finder: Finder, query: str) -> tuple[Found, float]:
    """What is found, and for how many seconds of a core at most somebody else had to wait meanwhile."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await trio.lowlevel.checkpoint()
            longest = max(longest, time.thread_time() - began)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        found = await find(finder, query)
        nursery.cancel_scope.cancel()
    return found, longest
