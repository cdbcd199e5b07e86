"""The marks of an open room: who is answered has them on disk, who comes together shares a write, and a failure loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from agentgather.live.deliveries import Deliveries
from agentgather.room.delivery.marks import Acknowledged, Fetched, Mark
from agentgather.room.keeping import Kept
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId
from agentgather.room.refusals import StorageFailed
from agentgather.store.delivery_file import JsonlDeliveries
from agentgather.store.delivery_reading import read_deliveries
from tests.live.rooms import DAWN, OPS, REV, ROOM, in_place
from tests.store.disks import FailingDisk

EVA = Alias("eva")


def never(number: int, name: str) -> bool:
    return False


def kept_in(path: Path, disk: FailingDisk, **limits: int) -> Deliveries:
    reading = read_deliveries(path)
    file = JsonlDeliveries(path, reading, disk=disk)
    return Deliveries(reading.marks, file=file, limits=RoomLimits(**limits), run_blocking=in_place)


def handed(number: int, *mentions: Alias, author: Alias = OPS, is_retracted: bool = False) -> Kept:
    record = Message(
        MessageId(number), ROOM, "", author, MessageType.MESSAGE, "look", mentions, is_retracted=is_retracted
    )
    return Kept(record, b"", b"")


def ack(number: int, alias: Alias) -> Mark:
    return Acknowledged(MessageId(number), alias, DAWN)


async def test_who_comes_while_the_disk_is_busy_shares_the_next_write(tmp_path: Path) -> None:
    path, disk = tmp_path / "deliveries.jsonl", FailingDisk(never)
    deliveries = kept_in(path, disk)
    await deliveries.note(ack(1, REV))
    disk.calls.clear()
    async with trio.open_nursery() as nursery:
        for number in range(2, 12):
            nursery.start_soon(deliveries.note, ack(number, REV))
    assert disk.calls.count("sync") <= 2
    assert sorted(mark.message_id for mark in read_deliveries(path).marks) == list(range(1, 12))


async def test_who_gives_up_while_others_wait_takes_nobodys_mark_away(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    deliveries = kept_in(path, FailingDisk(never))
    async with trio.open_nursery() as nursery:
        for number in (1, 2, 3):

            async def note(number: int = number) -> None:
                with trio.CancelScope() as scope:
                    if number == 2:
                        scope.cancel()
                    await deliveries.note(ack(number, REV))

            nursery.start_soon(note)
    assert {1, 3} <= {mark.message_id for mark in read_deliveries(path).marks}
    assert deliveries.is_durable


async def test_what_was_refused_is_not_so_and_what_was_fetched_meanwhile_is_written_with_the_next(
    tmp_path: Path,
) -> None:
    path, disk = tmp_path / "deliveries.jsonl", FailingDisk(never)
    deliveries = kept_in(path, disk)
    await deliveries.note(ack(1, REV))
    disk.fails = lambda number, name: name == "sync"
    deliveries.fetched(EVA, [handed(2, EVA)], now=DAWN)
    with pytest.raises(StorageFailed):
        await deliveries.note(ack(2, REV))
    assert deliveries.book.of(MessageId(2), REV).in_context_at is None
    assert not deliveries.is_durable
    disk.fails = lambda number, name: name == "replace"
    with pytest.raises(StorageFailed):
        await deliveries.save()
    disk.fails = never
    await deliveries.save()
    assert deliveries.is_durable
    assert read_deliveries(path).marks == [ack(1, REV), Fetched(MessageId(2), EVA, DAWN)]


async def test_only_whom_a_record_is_for_has_fetched_it_and_whoever_waits_looks_again_once(tmp_path: Path) -> None:
    deliveries = kept_in(tmp_path / "deliveries.jsonl", FailingDisk(never))
    looks: list[Any] = []

    async def look() -> None:
        await deliveries.news()
        looks.append(len(deliveries.book))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(look)
        await trio.testing.wait_all_tasks_blocked()
        page = [handed(1, REV, OPS), handed(2, OPS), handed(3, REV, author=REV), handed(4, REV, is_retracted=True)]
        deliveries.fetched(REV, [*page, handed(5, EVA, REV)], now=DAWN)
        deliveries.fetched(OPS, page, now=DAWN)
    assert looks == [2]
    assert [mark.message_id for mark in deliveries.book.marks()] == [1, 5]


async def test_a_file_that_repeats_itself_is_written_anew(tmp_path: Path) -> None:
    path, disk = tmp_path / "deliveries.jsonl", FailingDisk(never)
    deliveries = kept_in(path, disk, deliveries_max=10)
    for number in range(1, 1_100):
        await deliveries.note(ack(number, REV))
    assert [mark.message_id for mark in read_deliveries(path).marks][-10:] == list(range(1_090, 1_100))
    assert len(read_deliveries(path).marks) < 200
    assert disk.calls.count("replace") == 2
