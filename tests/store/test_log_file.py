"""What a log file is taken for: whole, torn at its end, or damaged; and that no flipped bit goes unnoticed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.api.record_json import compact, record_json
from agentgather.api.seal import parse_line
from agentgather.store.log_file import SECTOR_BYTES, LogDamaged, LogReading, read_log
from tests.store.logs import LAB, conversation, log_of, old_line, old_log, say

LOG = log_of([*conversation(2), say(3, "Grüße \\ / \n\t👋", mentions=("ben",), client_msg_id="a"), say(4, reply_to=2)])


def read(path: Path, content: bytes) -> LogReading:
    path.write_bytes(content)
    return read_log(path, room=LAB)


def outcome(path: Path, content: bytes) -> object:
    """What reading `content` comes to: the public records and the torn bytes, or where it is damaged."""
    try:
        reading = read(path, content)
    except LogDamaged as damage:
        return damage.line, damage.offset
    return [one.json for one in reading.kept], reading.torn


def test_every_record_is_answered_as_it_was_written(tmp_path: Path) -> None:
    reading = read(tmp_path / "log", LOG)
    written = [parse_line(one.json) for one in reading.kept]
    assert [one.pop("proof", None) is not None for one in written] == [False, False, True, False]
    assert written == [record_json(one.record) for one in reading.kept]
    assert b"".join(one.line for one in reading.kept) == LOG
    assert reading.last_id == 4


def test_a_sealed_line_that_somebody_wrote_with_blanks_is_answered_compact(tmp_path: Path) -> None:
    spaced = b"".join(json.dumps(parse_line(line)).encode() + b"\n" for line in LOG.splitlines())
    reading, compacted = read(tmp_path / "log", spaced), read(tmp_path / "log", LOG)
    assert [one.json for one in reading.kept] == [one.json for one in compacted.kept]


def test_a_flipped_bit_anywhere_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log"
    whole, harmless = outcome(path, LOG), []
    for place in range(len(LOG)):
        for bit in range(8):
            flipped = bytearray(LOG)
            flipped[place] ^= 1 << bit
            came_to = outcome(path, bytes(flipped))
            if came_to == whole:
                harmless.append((place, bit))
            else:
                assert isinstance(came_to[0], int), f"bit {bit} of byte {place} went unnoticed"
    assert harmless == []


def test_a_log_cut_anywhere_is_a_log_with_fewer_records_and_a_torn_end(tmp_path: Path) -> None:
    lines = LOG.splitlines(keepends=True)
    for length in range(len(LOG) + 1):
        reading = read(tmp_path / "log", LOG[:length])
        whole = [line for end, line in enumerate(lines, start=1) if len(b"".join(lines[:end])) <= length + 1]
        assert [one.line for one in reading.kept] == whole
        missing_newline = length + 1 == len(b"".join(whole))
        assert reading.whole.lacks_newline == missing_newline
        assert len(b"".join(whole)) - missing_newline + len(reading.torn) == length


def test_a_line_that_is_missing_in_the_middle_is_noticed(tmp_path: Path) -> None:
    lines = LOG.splitlines(keepends=True)
    for missing in range(len(lines) - 1):
        with pytest.raises(LogDamaged) as damage:
            read(tmp_path / "log", b"".join(lines[:missing] + lines[missing + 1 :]))
        assert damage.value.line == missing + 1


def test_lines_that_changed_places_are_noticed(tmp_path: Path) -> None:
    first, second, third, fourth = LOG.splitlines(keepends=True)
    with pytest.raises(LogDamaged):
        read(tmp_path / "log", first + third + second + fourth)


def test_a_line_said_twice_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(LogDamaged, match="record 4 follows record 4"):
        read(tmp_path / "log", LOG + LOG.splitlines(keepends=True)[-1])


def test_damage_names_its_line_and_byte_and_changes_nothing(tmp_path: Path) -> None:
    first, second, *rest = LOG.splitlines(keepends=True)
    broken = b"".join([first, second[:40] + b"\n", *rest])
    with pytest.raises(LogDamaged) as damage:
        read(tmp_path / "log", broken)
    assert (damage.value.line, damage.value.offset) == (2, len(first))
    assert (tmp_path / "log").read_bytes() == broken
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]


def test_a_whole_last_record_whose_newline_was_damaged_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    for junk in (b"\x0b", b"\x00", b"x", b"\x8a"):
        with pytest.raises(LogDamaged):
            read(tmp_path / "log", LOG[:-1] + junk)


def test_zeros_at_the_end_as_a_power_cut_leaves_them_are_a_torn_end(tmp_path: Path) -> None:
    reading = read(tmp_path / "log", LOG + b'{"id":5,' + bytes(100))
    assert len(reading.kept) == 4
    assert reading.torn == b'{"id":5,' + bytes(100)


def with_a_group() -> tuple[bytes, int]:
    """A log whose last three records were appended together, over several sectors; and where they begin."""
    log = log_of([*conversation(4), *(say(number, "x" * 700) for number in (5, 6, 7))])
    return log, len(b"".join(log.splitlines(keepends=True)[:4]))


def test_a_group_of_records_of_which_any_sectors_are_missing_is_a_torn_end_from_its_first_hole_on(
    tmp_path: Path,
) -> None:
    whole, durable = with_a_group()
    starts = [start for start in range(0, len(whole), SECTOR_BYTES) if start + SECTOR_BYTES > durable]
    for missing in itertools.product((False, True), repeat=len(starts)):
        content = bytearray(whole)
        for start in itertools.compress(starts, missing):
            end = min(start + SECTOR_BYTES, len(whole))
            content[max(start, durable) : end] = bytes(end - max(start, durable))
        reading = read(tmp_path / "log", bytes(content))
        assert 4 <= len(reading.kept) <= 7
        assert bool(reading.torn) == any(missing)
        assert whole.startswith(b"".join(one.line for one in reading.kept))
        assert b"".join(one.line for one in reading.kept) + reading.torn == content


def test_zeros_that_no_missing_sector_leaves_are_damage(tmp_path: Path) -> None:
    whole, durable = with_a_group()
    for begin, end in ((durable + 40, durable + 90), (SECTOR_BYTES * 3, SECTOR_BYTES * 3 + 40), (9, SECTOR_BYTES)):
        with pytest.raises(LogDamaged):
            read(tmp_path / "log", whole[:begin] + bytes(end - begin) + whole[end:])


def test_a_hole_before_records_of_0_1_is_damage(tmp_path: Path) -> None:
    log = old_log(old_line(1), old_line(2, "x" * 2_000), old_line(3))
    with pytest.raises(LogDamaged):
        read(tmp_path / "log", log[: 2 * SECTOR_BYTES] + bytes(SECTOR_BYTES) + log[3 * SECTOR_BYTES :])


def test_a_record_of_another_room_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LogDamaged, match="'cellar'"):
        read(tmp_path / "log", old_log(old_line(1), old_line(2, room="cellar")))


def test_a_record_without_a_seal_after_a_sealed_one_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LogDamaged, match="no seal") as damage:
        read(tmp_path / "log", LOG + old_log(old_line(5)))
    assert damage.value.line == 5


def test_a_record_that_changes_the_room_needs_a_seal(tmp_path: Path) -> None:
    closing = old_line(1, type="system", event={"kind": "room.closed", "by_ttl": False}, **{"from": "system"})
    with pytest.raises(LogDamaged, match="no seal"):
        read(tmp_path / "log", old_log(closing))


@pytest.mark.parametrize("part", ["salt", "chain"])
def test_half_a_seal_is_damage(tmp_path: Path, part: str) -> None:
    fields = {name: value for name, value in parse_line(LOG.splitlines()[0]).items() if name != part}
    with pytest.raises(LogDamaged):
        read(tmp_path / "log", compact(fields) + b"\n" + b"".join(LOG.splitlines(keepends=True)[1:]))


def test_the_first_sealed_record_continues_the_numbers_of_the_old_ones(tmp_path: Path) -> None:
    old = old_log(old_line(1), old_line(2))
    assert read(tmp_path / "log", old + log_of([say(7)])).last_id == 7
    with pytest.raises(LogDamaged, match="record 2 follows record 2"):
        read(tmp_path / "log", old + log_of([say(2)]))


# What Agent Gather 0.1 left behind


def test_an_old_log_is_read_as_it_is(tmp_path: Path) -> None:
    content = old_log(old_line(1), old_line(2, "zwei", reply_to=1, client_msg_id="x"), old_line(3, mentions=["ben"]))
    reading = read(tmp_path / "log", content)
    assert b"".join(one.line for one in reading.kept) == content
    assert b"\n".join(one.json for one in reading.kept) + b"\n" == content
    assert (reading.is_sealed, reading.head) == (False, "")


def test_blank_lines_are_skipped(tmp_path: Path) -> None:
    reading = read(tmp_path / "log", b"\n" + old_log(old_line(1)) + b"\n  \n" + old_log(old_line(2)))
    assert [one.record.id for one in reading.kept] == [1, 2]


def test_numbers_given_out_twice_are_kept_in_the_order_of_the_file(tmp_path: Path) -> None:
    reading = read(tmp_path / "log", old_log(old_line(1), old_line(2, "a"), old_line(2, "b"), old_line(3)))
    assert [(one.record.id, one.record.text) for one in reading.kept][1:3] == [(2, "a"), (2, "b")]


def test_half_characters_that_0_1_took_are_shown_replaced_and_stay_in_the_file(tmp_path: Path) -> None:
    line = json.dumps(old_line(1, "half \ud83d of it"), separators=(",", ":")).encode() + b"\n"
    reading = read(tmp_path / "log", line)
    assert reading.kept[0].record.text == "half \ufffd of it"
    assert "half \ufffd of it".encode() in reading.kept[0].json
    assert reading.kept[0].line == line


def test_a_line_that_0_1_glued_onto_a_torn_one_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LogDamaged) as damage:
        read(tmp_path / "log", old_log(old_line(1)) + b'{"id":2,"te' + old_log(old_line(3)))
    assert damage.value.line == 2


# Hostile lines


@pytest.mark.parametrize(
    "change",
    [
        {"id": 0},
        {"id": "1"},
        {"id": 2**53},
        {"id": 1.0},
        {"mentions": None},
        {"mentions": [7]},
        {"text": 7},
        {"ts": None},
        {"ts": "yesterday"},
        {"type": "shout"},
        {"reply_to": "2"},
        {"client_msg_id": []},
        {"context": "deep"},
        {"event": {"kind": "room.burnt"}},
        {"event": []},
        {"chain": 7, "salt": "x"},
    ],
)
def test_what_is_no_record_is_damage_and_never_a_crash(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(LogDamaged):
        read(tmp_path / "log", old_log(old_line(1) | change, old_line(2)))


@pytest.mark.parametrize(
    "line", [b"[]", b"null", b"7", b'"x"', b"\xff", b"[" * 100_000, b'{"id":' + b"9" * 5_000 + b"}"]
)
def test_a_line_that_is_no_object_is_damage(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(LogDamaged):
        read(tmp_path / "log", line + b"\n" + LOG)


def test_a_context_deeper_than_json_reaches_is_damage(tmp_path: Path) -> None:
    context = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
    line = old_log(old_line(1))[:-2] + b',"context":' + context + b',"salt":"s","chain":"c"}\n'
    with pytest.raises(LogDamaged):
        read(tmp_path / "log", line + LOG)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reading(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    for content in (junk, LOG + junk, LOG + junk + b"\n"):
        outcome(path, content)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=5))
def test_any_texts_come_back_whole(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    records = [say(number, text) for number, text in enumerate(texts, start=1)]
    reading = read(tmp_path_factory.mktemp("log") / "log", log_of(records))
    assert [one.record for one in reading.kept] == records
    assert [one.json for one in reading.kept] == [compact(record_json(record)) for record in records]
