from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import pytest

from agentgather.room.names import MessageId
from agentgather.room.state import RoomState, apply, fold
from agentgather.store.documents import RoomDocuments
from agentgather.store.home import Home
from agentgather.store.journal import JsonlJournal
from agentgather.store.verify import VerifyReport, verify
from tests.store.logs import LAB, conversation, log_of, make_old_room, make_room, old_line, old_log, say

LOG = log_of(conversation(6))


def report(tmp_path: Path, content: bytes) -> VerifyReport:
    (tmp_path / "export.jsonl").write_bytes(content)
    before = (tmp_path / "export.jsonl").read_bytes()
    found = verify(tmp_path / "export.jsonl")
    assert (tmp_path / "export.jsonl").read_bytes() == before
    return found


def test_an_export_of_a_whole_room_is_intact(tmp_path: Path) -> None:
    found = report(tmp_path, LOG)
    assert found.is_intact
    assert (found.room, found.records, found.last_id, found.sealed_from, found.torn_bytes) == ("lab", 6, 6, 1, 0)
    assert found.head is not None
    assert f'"chain":"{found.head}"'.encode() in LOG.splitlines()[-1]


def test_a_scrubbed_log_is_intact_with_the_same_head(tmp_path: Path) -> None:
    head = report(tmp_path, LOG).head
    journal, _, _ = JsonlJournal.open(tmp_path / "export.jsonl", room=LAB)
    journal.scrub(MessageId(3))
    found = verify(tmp_path / "export.jsonl")
    assert (found.is_intact, found.head) == (True, head)


def test_what_was_cut_off_at_the_end_shows_in_the_head(tmp_path: Path) -> None:
    whole = report(tmp_path, LOG)
    cut = report(tmp_path, b"".join(LOG.splitlines(keepends=True)[:-1]))
    assert cut.is_intact
    assert cut.head != whole.head
    assert cut.last_id == 5


@pytest.mark.parametrize("changed", range(6))
def test_a_changed_text_is_one_fault_at_its_line(tmp_path: Path, changed: int) -> None:
    lines = LOG.splitlines(keepends=True)
    lines[changed] = lines[changed].replace(b'"text":"', b'"text":"not ')
    found = report(tmp_path, b"".join(lines))
    assert [fault.line for fault in found.faults] == [changed + 1]
    assert found.faults[0].offset == len(b"".join(lines[:changed]))


def test_everything_that_is_wrong_is_told_and_not_only_the_first(tmp_path: Path) -> None:
    lines = LOG.splitlines(keepends=True)
    lines[1] = lines[1].replace(b"line 2", b"LINE 2")
    lines[4] = b"junk\n"
    found = report(tmp_path, b"".join(lines))
    assert [fault.line for fault in found.faults] == [2, 5, 6]
    assert found.records == 3


@pytest.mark.parametrize("missing", range(5))
def test_a_missing_line_is_a_fault(tmp_path: Path, missing: int) -> None:
    lines = LOG.splitlines(keepends=True)
    found = report(tmp_path, b"".join(lines[:missing] + lines[missing + 1 :]))
    assert found.faults[0].line == missing + 1


def test_an_old_log_has_nothing_to_verify_and_says_so(tmp_path: Path) -> None:
    found = report(tmp_path, old_log(old_line(1), old_line(2), old_line(2)))
    assert found.is_intact
    assert (found.records, found.sealed_from, found.head) == (3, None, None)


def test_a_continued_old_log_is_verified_from_its_first_seal(tmp_path: Path) -> None:
    text = 'a text that says "chain":"x" by itself'
    found = report(tmp_path, old_log(old_line(1, text), old_line(2)) + log_of([say(7), say(8)]))
    assert found.is_intact
    assert (found.records, found.sealed_from) == (4, 7)


@pytest.mark.parametrize("content", [b"junk\n", b"junk\nmore junk\n", b"\xff\xfe\n", b"[]\n"])
def test_what_is_no_log_has_faults_and_no_room(tmp_path: Path, content: bytes) -> None:
    found = report(tmp_path, content)
    assert not found.is_intact
    assert (found.room, found.records) == (None, 0)


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    assert report(tmp_path, b"").records == 0


def test_a_torn_end_is_no_fault(tmp_path: Path) -> None:
    found = report(tmp_path, LOG + b'{"id":7,"ro')
    assert found.is_intact
    assert (found.records, found.torn_bytes) == (6, 11)


def test_a_room_directory_is_verified_with_what_its_checkpoints_know(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_room(home, records=6)
    assert verify(home.room_directory(LAB)).is_intact
    RoomDocuments(home, LAB).save_room(fold(conversation(6), start=RoomState(LAB)))
    lines = home.messages_file(LAB).read_bytes().splitlines(keepends=True)
    home.messages_file(LAB).write_bytes(b"".join(lines[:4]))
    found = verify(home.room_directory(LAB))
    assert [fault.line for fault in found.faults] == [5]
    assert "record 6" in found.faults[0].reason


def add_for_ever(root: Path) -> None:
    """Add to a room as its daemon does: the log, then its checkpoint."""
    home = Home(root)
    state = fold(conversation(1_000), start=RoomState(LAB))
    journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
    while True:
        record = say(state.last_id + 1)
        journal.append([record])
        state = apply(state, record)
        RoomDocuments(home, LAB).save_room(state)


def test_a_room_that_is_added_to_meanwhile_lacks_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_room(home, records=1_000)  # it takes a while to read
    adding = get_context("spawn").Process(target=add_for_ever, args=(tmp_path,))
    adding.start()
    try:
        last_id = 0
        while last_id < 1_100:
            found = verify(home.room_directory(LAB))
            assert found.is_intact, found.faults
            assert found.last_id >= last_id
            last_id = found.last_id
    finally:
        adding.kill()
        adding.join()


def test_an_old_room_directory_is_verified(tmp_path: Path) -> None:
    assert verify(make_old_room(Home(tmp_path), old_log(old_line(1)))).is_intact


def test_what_is_not_there_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "nothing.jsonl")
    with pytest.raises(FileNotFoundError):
        verify(tmp_path)
