"""A damaged room is repaired: it opens again, and nothing that could be read is gone without a word."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentgather.api.seal import parse_line
from agentgather.room.events import RoomCreated
from agentgather.room.keeping import Kept
from agentgather.room.names import MessageId
from agentgather.room.state import RoomState, fold
from agentgather.store.creation import NoSuchRoom
from agentgather.store.documents import RoomDocuments, load_roster
from agentgather.store.home import DocumentDamaged, Home
from agentgather.store.journal import JsonlJournal
from agentgather.store.lock import RoomLock, RoomLocked
from agentgather.store.log_file import LogDamaged
from agentgather.store.opening import open_room
from agentgather.store.repair import RepairReport, repair
from agentgather.store.salvage import GAP_MAX
from tests.store.logs import LAB, NOW, PROJECT, conversation, log_of, make_old_room, make_room, old_line, old_log, say

COUNT = 6


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_room(tmp_path)


def a_room(root: Path) -> Home:
    """A room of COUNT records whose checkpoints are up to date."""
    home = Home(root)
    make_room(home, records=COUNT)
    save_checkpoints(home, through=COUNT)
    return home


def save_checkpoints(home: Home, *, through: int) -> None:
    documents = RoomDocuments(home, LAB)
    documents.save_room(fold(conversation(through), start=RoomState(LAB)))
    documents.save_roster(load_roster(home, LAB), through_id=through)


def lines(home: Home) -> list[bytes]:
    return home.messages_file(LAB).read_bytes().splitlines(keepends=True)


def damage(home: Home, *replaced: bytes) -> bytes:
    content = b"".join(replaced)
    home.messages_file(LAB).write_bytes(content)
    with pytest.raises(LogDamaged):
        open_room(home, LAB, now=NOW)
    return content


def repaired(home: Home) -> tuple[RepairReport, list[Kept]]:
    """Repair the room; the report, and what the room says when it is opened after that."""
    before = home.messages_file(LAB).read_bytes()
    report = repair(home, LAB, now=NOW)
    assert report.is_needed
    assert report.original is not None
    assert report.original.read_bytes() == before
    assert stat.S_IMODE(report.original.stat().st_mode) == 0o600
    room = open_room(home, LAB, now=NOW)
    room.close()
    assert not repair(home, LAB, now=NOW).is_needed
    return report, list(room.kept)


def texts(kept: list[Kept]) -> dict[int, str]:
    assert len({one.record.id for one in kept}) == len(kept)
    return {one.record.id: one.record.text for one in kept}


WHOLE = {1: "ops opened the room", **{number: f"line {number}" for number in range(2, COUNT + 1)}}
LOST = {number: f"record {number} was lost to damage of the host's disk" for number in range(1, COUNT + 1)}


def test_a_room_that_is_well_is_not_touched(home: Home) -> None:
    before = {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()}
    report = repair(home, LAB, now=NOW)
    assert (report.is_needed, report.untouched) == (False, COUNT)
    assert {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()} == before


def test_a_torn_end_needs_no_repair(home: Home) -> None:
    home.messages_file(LAB).write_bytes(b"".join(lines(home)) + b'{"id":7')
    assert not repair(home, LAB, now=NOW).is_needed


def test_a_changed_record_is_kept_and_told_and_those_after_it_are_sealed_anew(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:2], before[2].replace(b"line 3", b"LINE 3"), *before[3:])
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {3: "LINE 3"}
    assert report.untouched == 2
    assert [fault.line for fault in report.doubtful] == [3]
    assert report.resealed == [4, 5, 6]
    assert (report.lost, report.set_aside, report.quarantine) == ([], [], None)
    assert [one.line for one in kept][:2] == before[:2]
    assert [parse_line(one.line)["salt"] for one in kept] == [parse_line(line)["salt"] for line in before]


def test_an_unreadable_line_is_set_aside_and_its_place_is_taken(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:3], b"\xff\x00garbage\n", *before[4:])
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {4: LOST[4]}
    assert kept[3].record.author == "system"
    assert (report.untouched, report.lost, report.resealed) == (3, [4], [6])
    assert [(fault.line, fault.offset) for fault in report.set_aside] == [(4, len(b"".join(before[:3])))]
    assert report.quarantine is not None
    assert report.quarantine.read_bytes() == b"\xff\x00garbage\n"
    assert stat.S_IMODE(report.quarantine.stat().st_mode) == 0o600
    assert [fault.line for fault in report.doubtful] == [5]  # its seal hangs on the line that is gone


def test_lines_that_are_missing_leave_records_that_say_so(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:2], *before[4:])
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {3: LOST[3], 4: LOST[4]}
    assert report.lost == [3, 4]


def test_records_missing_at_the_end_are_known_from_the_checkpoints(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:4])
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {5: LOST[5], 6: LOST[6]}
    assert (report.untouched, report.lost) == (4, [5, 6])


def test_the_next_number_is_one_that_nobody_has_seen(home: Home) -> None:
    damage(home, *lines(home)[:4])
    repair(home, LAB, now=NOW)
    room = open_room(home, LAB, now=NOW)
    assert room.state.last_id == COUNT
    room.journal.append([say(COUNT + 1)])
    room.close()
    open_room(home, LAB, now=NOW).close()


def test_lines_that_changed_places_find_back_to_them_untouched(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:2], before[3], before[2], *before[4:])
    report, kept = repaired(home)
    assert [one.line for one in kept] == before
    assert (report.untouched, report.doubtful, report.resealed, report.lost) == (COUNT, [], [], [])


def test_a_line_said_twice_is_kept_once(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:4], before[1], *before[4:])
    report, kept = repaired(home)
    assert [one.line for one in kept] == before
    assert [fault.line for fault in report.set_aside] == [5]


def test_a_changed_number_does_not_make_up_records(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:5], before[5].replace(b'"id":6', b'"id":600000'))
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {6: LOST[6]}
    assert len(report.set_aside) == 1


def test_a_record_of_another_room_is_set_aside(home: Home) -> None:
    before = lines(home)
    damage(home, *before[:4], before[4].replace(b'"room":"lab"', b'"room":"lob"'), before[5])
    report, kept = repaired(home)
    assert texts(kept)[5] == LOST[5]
    assert [fault.line for fault in report.set_aside] == [5]


@pytest.mark.parametrize("part", ["salt", "chain"])
def test_a_record_with_half_a_seal_is_kept_and_sealed_anew(home: Home, part: str) -> None:
    before = lines(home)
    fields = {name: value for name, value in parse_line(before[3]).items() if name != part}
    broken = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
    damage(home, *before[:3], broken, *before[4:])
    report, kept = repaired(home)
    assert texts(kept) == WHOLE
    assert report.doubtful[0].line == 4


def test_a_record_that_an_older_program_wrote_beside_us_is_kept_where_its_number_fits(home: Home) -> None:
    damage(home, *lines(home), *old_log(old_line(7, "from 0.1"), old_line(7, "again")).splitlines(keepends=True))
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {7: "from 0.1"}
    assert [fault.line for fault in report.doubtful] == [7]
    assert [fault.line for fault in report.set_aside] == [8]


def test_a_scrubbed_record_stays_scrubbed_through_a_repair(home: Home) -> None:
    journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
    journal.scrub(MessageId(4))
    journal.close()
    before = lines(home)
    damage(home, before[0], before[1].replace(b"line 2", b"LINE 2"), *before[2:])
    report, kept = repaired(home)
    assert texts(kept) == WHOLE | {2: "LINE 2", 4: ""}
    assert parse_line(kept[3].line)["digest"] == parse_line(before[3])["digest"]
    assert report.resealed == [3, 4, 5, 6]


def test_a_room_whose_first_record_is_gone_is_told_by_its_documents(home: Home) -> None:
    before = lines(home)
    damage(home, before[0][:60] + b"\n", *before[1:])
    report, kept = repaired(home)
    assert not any(isinstance(one.record.event, RoomCreated) for one in kept)
    room = open_room(home, LAB, now=NOW)
    room.close()
    assert list(room.state.participants) == ["ops"]
    assert room.state.brief.body == "Ship it."
    assert room.seats[0].token_hash is not None
    assert report.lost == [1]


def test_a_room_whose_first_record_and_documents_are_gone_is_left_as_it_is(home: Home) -> None:
    before = lines(home)
    damage(home, b"gone\n", *before[1:])
    home.room_file(LAB).write_text("{")
    files = {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()}
    with pytest.raises(DocumentDamaged):
        repair(home, LAB, now=NOW)
    assert {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()} == files


def test_a_checkpoint_that_knows_of_far_too_much_is_not_believed(home: Home) -> None:
    document = json.loads(home.room_file(LAB).read_text()) | {"through_id": 10**9}
    del document["check"]
    home.room_file(LAB).write_text(json.dumps(document))
    open_room(home, LAB, now=NOW).close()
    before = lines(home)
    damage(home, *before[:4], b"junk\n", before[5])
    assert texts(repaired(home)[1]) == WHOLE | {5: LOST[5]}


def test_a_log_made_up_to_lack_more_than_a_room_can_hold_is_refused(home: Home) -> None:
    forged = log_of([say(200_000)])  # vouched for by its own chain, as a first record would be
    damage(home, *lines(home), forged)
    before = {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()}
    with pytest.raises(LogDamaged, match="records are missing"):
        repair(home, LAB, now=NOW)
    assert {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()} == before


def test_a_room_that_is_being_served_is_not_repaired(home: Home) -> None:
    lock = RoomLock.take(home.lock_file(LAB), now="now")
    with pytest.raises(RoomLocked) as locked:
        repair(home, LAB, now=NOW)
    assert locked.value.pid == os.getpid()
    lock.release()


def test_a_room_that_is_not_here_is_not_repaired(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRoom):
        repair(Home(tmp_path), LAB, now=NOW)


# Rooms of Agent Gather 0.1


def test_a_record_glued_onto_a_torn_line_is_freed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first, third = old_log(old_line(1)), old_log(old_line(3, 'with {"id":9} in it'))
    make_old_room(home, first + b'{"id":2,"room":"la' + third + old_log(old_line(4)))
    report, kept = repaired(home)
    assert [one.line for one in kept] == [first, third, old_log(old_line(4))]
    assert report.quarantine is not None
    assert report.quarantine.read_bytes() == b'{"id":2,"room":"la\n'
    assert (report.untouched, report.lost) == (3, [])


def test_an_unreadable_line_of_an_old_room_is_set_aside_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    home = Home(tmp_path)
    kept_lines = [old_log(old_line(number)) for number in (1, 2, 2, 5)]
    make_old_room(home, b"".join([*kept_lines[:2], b"{}\n", *kept_lines[2:]]), next_message_id=6)
    report, kept = repaired(home)
    assert [one.line for one in kept] == kept_lines
    assert len(report.set_aside) == 1
    room = open_room(home, LAB, now=NOW)
    room.close()
    assert room.state.last_id == 5


def test_a_continued_old_room_is_repaired_on_both_sides_of_its_first_seal(tmp_path: Path) -> None:
    home = Home(tmp_path)
    old = [old_log(old_line(number)) for number in (1, 2, 2)]
    ours = log_of([say(7), say(8), say(9)]).splitlines(keepends=True)
    make_old_room(home, b"".join([old[0], b"junk\n", *old[1:], ours[0], b"junk\n", ours[2]]))
    report, kept = repaired(home)
    assert [(one.record.id, one.record.text) for one in kept] == [
        (1, "hello"),
        (2, "hello"),
        (2, "hello"),
        (7, "line 7"),
        (8, LOST_8),
        (9, "line 9"),
    ]
    assert (report.untouched, report.lost, len(report.set_aside)) == (4, [8], 2)


LOST_8 = "record 8 was lost to damage of the host's disk"


# Any damage


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.lists(st.floats(0, 1), max_size=2),
)
@settings(max_examples=80)
def test_whatever_bytes_are_overwritten_or_lost_the_room_opens_and_keeps_every_untouched_record(
    tmp_path_factory: pytest.TempPathFactory, overwritten: list[tuple[float, int]], cuts: list[float]
) -> None:
    home = a_room(tmp_path_factory.mktemp("home"))
    before = lines(home)
    content = bytearray(b"".join(before))
    for place, value in overwritten:
        content[int(place * (len(content) - 1))] = value
    for cut in cuts:
        place = int(cut * (len(content) - 1))
        del content[place : place + 50]
    home.messages_file(LAB).write_bytes(content)
    report = repair(home, LAB, now=NOW)
    room = open_room(home, LAB, now=NOW)
    room.close()
    said = texts(list(room.kept))
    assert sorted(said) == list(range(1, len(said) + 1))
    assert COUNT <= len(said) <= COUNT + GAP_MAX  # a damaged number at the end may be believed
    for number, line in enumerate(before, start=1):
        if line in bytes(content).splitlines(keepends=True):
            assert said[number] == WHOLE[number]
    if report.original is not None:
        assert report.original.read_bytes() == bytes(content)


def test_a_repair_killed_anywhere_leaves_the_old_log_or_the_new(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from agentgather.store.home import Home
from agentgather.store.repair import repair
from tests.store.logs import LAB, NOW
calls, last = 0, int(sys.argv[2])
def count(event, arguments):
    global calls
    if event in ("open", "os.rename", "os.remove"):
        calls += 1
        if calls == last:
            os._exit(9)
sys.addaudithook(count)
repair(Home(Path(sys.argv[1])), LAB, now=NOW)
"""
    moment, code = 0, 9
    while code == 9:
        moment += 1
        home = a_room(tmp_path / str(moment))
        before = lines(home)
        content = damage(home, *before[:2], b"junk\n", *before[3:])
        code = subprocess.run([sys.executable, "-c", program, home.root, str(moment)], cwd=PROJECT).returncode
        if home.messages_file(LAB).read_bytes() == content:
            assert code == 9
            repair(home, LAB, now=NOW)
        room = open_room(home, LAB, now=NOW)
        room.close()
        assert texts(list(room.kept)) == WHOLE | {3: LOST[3]}
        originals = home.room_directory(LAB).glob("messages.jsonl.damaged-*")
        assert all(original.read_bytes() == content for original in originals)
    assert code == 0
    assert moment > 10
