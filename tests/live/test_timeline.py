"""Finding records by id, also in logs of 0.1 that gave an id out twice."""

from __future__ import annotations

from agentgather.live.timeline import Timeline
from agentgather.room.keeping import Kept
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, RoomId


def kept(number: int, text: str) -> Kept:
    record = Message(
        MessageId(number), RoomId("lab"), "2026-01-05T09:30:00.000Z", Alias("ops"), MessageType.MESSAGE, text
    )
    return Kept(record, b"{}", b"{}\n")


def read_by_cursor(timeline: Timeline, *, page: int) -> list[str]:
    seen, cursor = [], 0
    while found := timeline.since(cursor, records_max=page):
        seen += [one.record.text for one in found]
        cursor = timeline.cursor_after(found, since_id=cursor)
    return seen


def test_an_id_that_stands_twice_is_read_twice_and_found_once() -> None:
    timeline = Timeline([kept(1, "a"), kept(2, "b"), kept(2, "b again"), kept(3, "c")])
    assert read_by_cursor(timeline, page=10) == ["a", "b", "b again", "c"]
    found = timeline.get(2)
    assert found is not None
    assert found.record.text == "b"


def test_an_id_that_goes_back_keeps_its_place() -> None:
    timeline = Timeline([kept(1, "a"), kept(5, "b"), kept(3, "late"), kept(6, "c")])
    assert read_by_cursor(timeline, page=10) == ["a", "b", "late", "c"]
    assert timeline.last_id == 6
    assert timeline.get(4) is None


def test_pages_before_an_id_end_right_before_it() -> None:
    timeline = Timeline([kept(number, str(number)) for number in range(1, 11)])
    assert [one.record.id for one in timeline.before(6, records_max=3)] == [3, 4, 5]
    assert list(timeline.before(1, records_max=3)) == []
    assert [one.record.id for one in timeline.before(99, records_max=2)] == [9, 10]
