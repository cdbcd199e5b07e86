"""What is kept of deliveries: whole after a crash, and whatever is damaged of it is named while the rest counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.api.record_json import compact
from agentgather.cli.check import Check
from agentgather.cli.home_checks import room_checks
from agentgather.room.delivery.book import WAKES_KEPT_MAX, DeliveryBook
from agentgather.room.delivery.marks import Acknowledged, Fetched, Mark, WakeOutcome, Woken
from agentgather.room.names import Alias, MessageId
from agentgather.room.refusals import StorageFailed
from agentgather.store.delivery_file import JsonlDeliveries, kept_aside
from agentgather.store.delivery_reading import FILE_BYTES_MAX, read_deliveries
from agentgather.store.home import Home
from agentgather.store.json_files import checked
from agentgather.store.opening import open_room
from tests.store.disks import FailingDisk, RecordingDisk, Step
from tests.store.logs import LAB, make_room

BEN, EVA = Alias("ben"), Alias("eva")
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return AT + timedelta(seconds=seconds)


def marks_of(book: DeliveryBook) -> list[Mark]:
    return list(book.marks())


MARKS: list[Mark] = [
    Fetched(MessageId(3), BEN, at(1)),
    Acknowledged(MessageId(3), BEN, at(2)),
    Woken(MessageId(3), EVA, at(3), "tmux", WakeOutcome.DEFERRED, "jemand schreibt 👋", "w1"),
    Acknowledged(MessageId(3), BEN, at(4), is_done=True),
]
PLACES = st.tuples(st.integers(1, 4).map(MessageId), st.sampled_from((BEN, EVA)), st.integers(0, 50).map(at))
ANY_MARK = st.one_of(
    PLACES.map(lambda place: Fetched(*place)),
    st.tuples(PLACES, st.booleans()).map(lambda drawn: Acknowledged(*drawn[0], is_done=drawn[1])),
    st.tuples(PLACES, st.sampled_from(WakeOutcome), st.sampled_from(("", "a", "b"))).map(
        lambda drawn: Woken(*drawn[0], "tmux", drawn[1], "", drawn[2])
    ),
)


def deliveries_check(home: Home) -> Check:
    """What doctor says."""
    return next(one for one in room_checks(home, LAB) if one.name == "deliveries")


def filled(path: Path) -> JsonlDeliveries:
    file = JsonlDeliveries(path, read_deliveries(path))
    file.rewrite(MARKS[:2])
    file.append(MARKS[2:])
    return file


def test_marks_come_back_as_they_were_noted(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    assert not read_deliveries(path).is_sound
    assert read_deliveries(path).notes() == []
    file = filled(path)
    assert (file.through, file.line_count, file.is_sound, path.stat().st_mode & 0o777) == (4, 5, True, 0o600)
    reading = read_deliveries(path, told_through=4)
    assert (reading.marks, reading.through, reading.is_sound, reading.notes()) == (MARKS, 4, True, [])


def test_the_numbers_go_on_when_the_file_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    file = filled(path)
    file.rewrite(MARKS[2:])
    reading = read_deliveries(path, told_through=4)
    assert (reading.marks, reading.through, reading.is_sound) == (MARKS[2:], 6, True)


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_torn_end_is_no_damage_and_is_gone_with_the_next_write(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "deliveries.jsonl"
    filled(path)
    path.write_bytes(path.read_bytes()[:-cut])
    reading = read_deliveries(path, told_through=3)
    assert (reading.notes(), reading.is_sound) == ([], False)
    assert reading.marks == (MARKS if cut == 1 else MARKS[:3])
    JsonlDeliveries(path, reading).rewrite(reading.marks)
    assert read_deliveries(path).is_sound


@given(st.data())
def test_any_damage_is_named_or_changes_nothing_and_all_else_is_kept(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "deliveries.jsonl"
    filled(path)
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(("flip", "cut", "drop", "twice")))
    lines = content.splitlines(keepends=True)
    number = content.count(b"\n", 0, place)
    if kind == "flip":
        bit = data.draw(st.integers(0, 7))
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    elif kind == "cut":
        path.write_bytes(content[:place])
    elif kind == "drop":
        path.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
    else:
        path.write_bytes(b"".join([*lines, lines[number]]))
    reading = read_deliveries(path, told_through=4)
    assert all(mark in MARKS for mark in reading.marks)
    if reading.marks != MARKS:
        assert any("deliveries.jsonl" in note for note in reading.notes())
        assert not reading.is_sound
    if kind != "cut":
        assert len(reading.marks) >= len(MARKS) - 2


def test_a_file_never_grows_beyond_what_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A participant may have notes of its wakes written all day: a file that is too large would be nobody's."""
    most = 4_000
    monkeypatch.setattr("agentgather.store.delivery_reading.FILE_BYTES_MAX", most)
    monkeypatch.setattr("agentgather.store.delivery_file.ANEW_BYTES_MAX", most // 2)
    monkeypatch.setattr("agentgather.store.delivery_file.APPENDED_BYTES_MAX", most // 4 * 3)
    path = tmp_path / "deliveries.jsonl"
    file = filled(path)
    book = DeliveryBook(MARKS, places_max=1_000)
    for number in range(100, 160):
        mark = Woken(MessageId(number), BEN, at(number), "tmux", WakeOutcome.FAILED, "x" * 100)
        book.enter(mark)
        if file.is_sound:
            file.append([mark])
        else:
            file.rewrite(book.marks())
        reading = read_deliveries(path, told_through=file.through)
        assert (reading.notes(), path.stat().st_size <= most, reading.marks[-1]) == ([], True, mark)
    again = JsonlDeliveries(path, read_deliveries(path))
    assert len(read_deliveries(path).marks) < len(marks_of(book))
    while again.is_sound:
        again.append(MARKS)
    assert path.stat().st_size > most * 3 // 4


@pytest.mark.parametrize(
    "line", [{"begin": "1"}, {"n": "1", "id": 3, "who": "ben", "at": "2026-01-05", "mark": "fetched"}]
)
def test_what_somebody_else_wrote_with_a_check_keeps_no_room_shut(tmp_path: Path, line: dict[str, object]) -> None:
    path = tmp_path / "deliveries.jsonl"
    filled(path)
    path.write_bytes(path.read_bytes() + compact(checked(line)) + b"\n")
    reading = read_deliveries(path)
    assert (reading.marks, reading.is_sound) == (MARKS, False)
    assert "line 6 is not what was written" in reading.notes()[0]


def test_a_file_that_is_lost_is_told(tmp_path: Path) -> None:
    lost = read_deliveries(tmp_path / "gone.jsonl", told_through=7)
    assert "gone.jsonl is missing" in lost.notes()[0]
    assert lost.through == 7


def unreadable(path: Path) -> None:
    """A directory, with all that is in it, is refused to its owner and to root alike."""
    path.mkdir()
    (path / "precious").write_text("nobody read this yet")


def too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)


@pytest.mark.parametrize("made", [unreadable, too_large])
def test_what_cannot_be_read_keeps_no_room_shut_and_is_never_written_over(
    tmp_path: Path, made: Callable[[Path], None]
) -> None:
    home = Home(tmp_path / "home")
    make_room(home)
    path = home.deliveries_file(LAB)
    made(path)
    was = path.stat()
    disk = FailingDisk(lambda number, name: name == "move")
    room = open_room(home, LAB, now=AT, disk=disk)
    assert [note for note in room.notes if "deliveries.jsonl" in note and "set aside" in note]
    with pytest.raises(StorageFailed):
        room.deliveries.rewrite(MARKS)
    assert (path.stat().st_ino, path.stat().st_size) == (was.st_ino, was.st_size)
    disk.fails = lambda number, name: False
    room.deliveries.rewrite(MARKS)
    room.close()
    assert read_deliveries(path).marks == MARKS
    (aside,) = kept_aside(path)
    assert (aside.stat().st_ino, aside.stat().st_size) == (was.st_ino, was.st_size)
    assert aside.name in deliveries_check(home).message


def test_what_a_killed_writer_had_not_synced_is_synced_before_anybody_is_told(tmp_path: Path) -> None:
    """Who acknowledges again because the answer was lost is told that it is so already, and the power may go then."""
    home, disk = Home(tmp_path / "home"), RecordingDisk()
    make_room(home)
    path = home.deliveries_file(LAB)
    filled(path)
    open_room(home, LAB, now=AT, disk=disk).close()
    place = disk.steps.index(Step("sync", path))
    assert Step("sync_directory", path.parent) in disk.steps[place:]


def test_what_cannot_be_synced_is_written_anew_before_it_is_relied_on(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    filled(path)
    disk = FailingDisk(lambda number, name: number == 2, replaces_first=True)  # the sync
    file = JsonlDeliveries.resume(path, read_deliveries(path), disk=disk)
    assert not file.is_sound
    disk.fails = lambda number, name: name == "replace"
    with pytest.raises(StorageFailed):
        file.rewrite(MARKS)
    assert not file.is_sound
    disk.fails = lambda number, name: False
    file.rewrite(MARKS)
    assert file.is_sound
    assert read_deliveries(path).marks == MARKS


@given(st.lists(ANY_MARK, max_size=40))
def test_a_book_is_made_again_by_the_marks_it_gives(marks: list[Mark]) -> None:
    book = DeliveryBook(marks, places_max=100)
    again = DeliveryBook(book.marks(), places_max=100)
    assert marks_of(again) == marks_of(book)
    assert all(len(book.of(mark.message_id, mark.alias).wakes) <= WAKES_KEPT_MAX for mark in marks)


@given(st.lists(ANY_MARK, max_size=60), st.integers(1, 5))
def test_a_book_remembers_no_more_places_than_it_may_and_never_more_than_was_seen(marks: list[Mark], most: int) -> None:
    book = DeliveryBook(places_max=most)
    whole = DeliveryBook(marks, places_max=100)
    for mark in marks:
        book.enter(mark)
        assert len(book) <= max(most, 2)  # of one message everything is remembered
    for mark in marks:
        seen, known = book.of(mark.message_id, mark.alias), whole.of(mark.message_id, mark.alias)
        assert (seen.done_at is None) or (known.done_at is not None)
        assert (seen.in_context_at is None) or (known.in_context_at is not None)


def test_doctor_names_what_is_damaged_and_mends_it_keeping_the_file_as_it_was(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_room(home)
    path = home.deliveries_file(LAB)
    filled(path)
    damaged = path.read_bytes().replace(b'"in_context"', b'"in_contexT"')
    path.write_bytes(damaged)

    found = deliveries_check(home)
    assert (found.is_ok, "deliveries.jsonl line 3 is not what was written" in found.message) == (False, True)
    room = open_room(home, LAB, now=AT)
    room.close()
    assert any("deliveries.jsonl" in note for note in room.notes)
    assert room.marks == [*MARKS[:1], *MARKS[2:]]
    found.repair()
    assert deliveries_check(home).is_ok
    assert [one.read_bytes() for one in kept_aside(path)] == [damaged]
    assert read_deliveries(path).marks == room.marks


def test_a_room_that_writes_over_damage_keeps_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    filled(path)
    damaged = path.read_bytes().replace(b'"in_context"', b'"in_contexT"')
    path.write_bytes(damaged)
    disk = FailingDisk(lambda number, name: name == "read")
    reading = read_deliveries(path)
    file = JsonlDeliveries(path, reading, disk=disk)
    with pytest.raises(StorageFailed):
        file.rewrite(reading.marks)
    assert path.read_bytes() == damaged
    disk.fails = lambda number, name: False
    file.rewrite(reading.marks)
    file.rewrite(reading.marks)
    assert [one.read_bytes() for one in kept_aside(path)] == [damaged]
