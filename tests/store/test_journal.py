"""The promises of a journal, held by the one in a file and the one in memory; then what only a file can do."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from agentgather.api.record_json import compact, read_record, record_json
from agentgather.api.seal import is_intact, parse_line, read_seal
from agentgather.room.keeping import Journal, Kept
from agentgather.room.names import MessageId
from agentgather.room.refusals import MessageNotFound, Refusal, StorageFailed, StorageFull
from agentgather.store.journal import JsonlJournal
from agentgather.store.log_file import read_log
from agentgather.store.memory_journal import MemoryJournal
from tests.store.disks import CALLS, FailingDisk, ShortDisk
from tests.store.logs import LAB, conversation, log_of, old_line, old_log, say

FIRST = conversation(1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "messages.jsonl"
    path.write_bytes(b"")
    return path


@pytest.fixture(params=["jsonl", "memory"])
def journal(request: pytest.FixtureRequest, log: Path) -> Journal:
    return JsonlJournal.open(log, room=LAB)[0] if request.param == "jsonl" else MemoryJournal()


def verified(kept: list[Kept]) -> None:
    """Hold the lines against their chain."""
    head = ""
    for one in kept:
        fields = parse_line(one.line)
        seal = read_seal(fields)
        assert seal is not None
        assert is_intact(fields, seal, previous=head)
        head = seal.chain


def reread(log: Path) -> list[str]:
    return [one.record.text for one in read_log(log, room=LAB).kept]


def test_what_is_appended_comes_back_as_kept_under_one_chain(journal: Journal) -> None:
    kept = [*journal.append(conversation(3)), *journal.append([say(4), say(5, "Grüße 👋\n\u2028")])]
    assert [one.record.id for one in kept] == [1, 2, 3, 4, 5]
    assert all(one.json == compact(record_json(one.record)) for one in kept)
    assert all(read_record(parse_line(one.line)) == one.record for one in kept)
    verified(kept)


def test_every_record_has_a_salt_of_its_own(journal: Journal) -> None:
    kept = journal.append([say(1, "same"), say(2, "same")])
    salts = {parse_line(one.line)["salt"] for one in kept}
    assert len(salts) == 2
    assert all(len(salt) == 22 for salt in salts)  # 16 bytes in base64url


def test_a_scrubbed_text_is_gone_and_the_chain_still_holds(journal: Journal) -> None:
    kept = journal.append([*FIRST, say(2, "the password is swordfish", context={"key": "swordfish"}), say(3)])
    scrubbed = journal.scrub(MessageId(2))
    assert scrubbed.record.text == ""
    assert scrubbed.record.is_retracted
    assert b"swordfish" not in scrubbed.line + scrubbed.json
    verified([kept[0], scrubbed, kept[2], *journal.append([say(4)])])


def test_scrubbing_what_is_not_there_is_refused(journal: Journal) -> None:
    journal.append(FIRST)
    with pytest.raises(MessageNotFound):
        journal.scrub(MessageId(7))
    assert journal.append([say(2)])[0].record.id == 2


def test_scrubbing_twice_changes_nothing_more(journal: Journal) -> None:
    journal.append([*FIRST, say(2, "secret")])
    assert journal.scrub(MessageId(2)).line == journal.scrub(MessageId(2)).line


def test_recovering_a_journal_that_is_well_does_nothing(journal: Journal) -> None:
    journal.append(FIRST)
    journal.recover()
    assert journal.append([say(2)])[0].record.id == 2


# Only a file


def test_the_file_holds_exactly_the_lines_that_were_acknowledged(log: Path) -> None:
    journal, _, _ = JsonlJournal.open(log, room=LAB)
    kept = journal.append(conversation(3))
    assert log.read_bytes() == b"".join(one.line for one in kept)


def test_a_log_goes_on_where_it_ended(log: Path) -> None:
    journal, _, _ = JsonlJournal.open(log, room=LAB)
    first = journal.append(conversation(2))
    journal.close()
    journal, reading, notes = JsonlJournal.open(log, room=LAB)
    assert reading.kept == first
    assert notes == []
    verified([*reading.kept, *journal.append([say(3)])])


def test_opening_a_log_that_is_well_does_not_write(log: Path) -> None:
    log.write_bytes(log_of(conversation(3))[:-1])  # its newline is missing, all else is there
    before = log.read_bytes(), log.stat().st_mtime_ns
    disk = FailingDisk(lambda _, name: name in ("write", "truncate", "replace"))
    _, reading, notes = JsonlJournal.open(log, room=LAB, disk=disk)
    assert (log.read_bytes(), log.stat().st_mtime_ns) == before
    assert [one.record.id for one in reading.kept] == [1, 2, 3]
    assert notes == []


def test_a_missing_last_newline_is_completed_before_the_next_record(log: Path) -> None:
    log.write_bytes(log_of(conversation(3))[:-1])
    JsonlJournal.open(log, room=LAB)[0].append([say(4)])
    assert [one.record.id for one in read_log(log, room=LAB).kept] == [1, 2, 3, 4]
    assert b"\n\n" not in log.read_bytes()


def test_a_torn_end_is_kept_beside_the_log_and_cut_off(log: Path) -> None:
    whole = log_of(conversation(3))
    log.write_bytes(whole + b'{"id":4,"room":"la')
    journal, reading, notes = JsonlJournal.open(log, room=LAB)
    assert log.read_bytes() == whole
    assert [one.record.id for one in reading.kept] == [1, 2, 3]
    assert len(notes) == 1
    assert "torn" in notes[0]
    (beside,) = log.parent.glob("messages.jsonl.torn-*")
    assert beside.read_bytes() == b'{"id":4,"room":"la'
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    assert journal.append([say(4)])[0].record.id == 4
    assert JsonlJournal.open(log, room=LAB)[2] == []


def test_a_torn_end_on_a_full_disk_leaves_a_room_that_can_be_read(log: Path) -> None:
    whole = log_of(conversation(3))
    log.write_bytes(whole + b'{"id":4')
    disk = FailingDisk(lambda _, name: name == "replace", error=errno.ENOSPC)
    journal, reading, notes = JsonlJournal.open(log, room=LAB, disk=disk)
    assert len(reading.kept) == 3
    assert any("full" in note for note in notes)
    with pytest.raises(StorageFull):
        journal.append([say(4)])
    disk.fails = lambda number, name: False
    journal.append([say(4)])
    assert reread(log)[-1] == "line 4"
    assert len(list(log.parent.glob("messages.jsonl.torn-*"))) == 1


def test_a_disk_that_takes_a_few_bytes_at_a_time_gets_all_of_them(log: Path) -> None:
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=ShortDisk())
    kept = journal.append(conversation(2))
    assert log.read_bytes() == b"".join(one.line for one in kept)


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_record_that_the_disk_refused_is_not_there_and_the_next_one_is(log: Path, error: int, call: str) -> None:
    disk = FailingDisk(lambda number, name: False, error=error)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.append(FIRST)
    disk.fails = lambda number, name: name == call
    with pytest.raises(Refusal) as refused:
        journal.append([say(2, "refused")])
    is_full = error in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    assert isinstance(refused.value, StorageFull if is_full else StorageFailed)
    assert str(log.parent) not in refused.value.message
    disk.fails = lambda number, name: False
    verified([*journal.append([]), *read_log(log, room=LAB).kept])
    journal.append([say(2, "taken")])
    assert reread(log) == ["ops opened the room", "taken"]


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_crash_right_after_a_refusal_does_not_bring_back_what_was_refused(log: Path, call: str) -> None:
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.append([say(1)])
    before = log.read_bytes()
    asked = len(disk.calls)
    disk.fails = lambda number, name: name == call and call not in disk.calls[asked:-1]
    with pytest.raises(StorageFailed, match="nothing was recorded"):
        journal.append([say(2), say(3), say(4)])
    assert log.read_bytes() == before


def test_a_refusal_that_a_crash_may_undo_says_so(log: Path) -> None:
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    disk.fails = lambda number, name: name in ("sync", "truncate")
    with pytest.raises(StorageFailed, match="may find recorded") as refused:
        journal.append([say(1)])
    assert "nothing was recorded" not in refused.value.message
    assert reread(log) == ["line 1"]


@pytest.mark.parametrize("call", ["read", "open", "truncate", "sync", "sync_directory"])
def test_nothing_is_acknowledged_until_the_log_was_opened_anew_and_verified(log: Path, call: str) -> None:
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.append(FIRST)
    disk.fails = lambda number, name: name in ("sync", call)
    for _ in range(3):
        with pytest.raises(StorageFailed):
            journal.append([say(2, "refused")])
    disk.fails = lambda number, name: False
    before = len(disk.calls)
    journal.append([say(2, "taken")])
    calls = [name for name in disk.calls[before:] if name != "close"]
    assert calls == ["read", "open", "truncate", "sync", "sync_directory", "write", "sync"]
    assert reread(log) == ["ops opened the room", "taken"]


def test_a_close_that_fails_stops_nothing(log: Path) -> None:
    disk = FailingDisk(lambda number, name: name == "close")
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    disk.fails = lambda number, name: name in ("sync", "close")
    with pytest.raises(StorageFailed):
        journal.append(FIRST)
    disk.fails = lambda number, name: name == "close"
    journal.append(FIRST)
    journal.close()
    assert len(reread(log)) == 1


def test_at_whatever_call_the_disk_fails_the_log_holds_what_was_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    def run(log: Path, disk: FailingDisk) -> list[str]:
        """Append, scrub and append, trying each step until it succeeds; the texts that were acknowledged."""
        log.write_bytes(log_of(FIRST) + b'{"id":2,"torn')
        journal, reading, _ = JsonlJournal.open(log, room=LAB, disk=disk)
        texts = [one.record.text for one in reading.kept]
        steps: list[Callable[[], object]] = [
            lambda: texts.append(journal.append([say(2, "two")])[0].record.text),
            lambda: journal.scrub(MessageId(2)),
            lambda: texts.extend(one.record.text for one in journal.append([say(3, "three"), say(4, "four")])),
        ]
        for step in steps:
            for _ in range(3):
                try:
                    step()
                except Refusal:
                    assert [text or "two" for text in reread(log)][: len(texts)] == texts
                else:
                    break
        journal.close()
        return texts

    undisturbed = FailingDisk(lambda number, name: False)
    (tmp_path / "0").mkdir()
    run(tmp_path / "0" / "log", undisturbed)
    assert set(undisturbed.calls) == set(CALLS)
    for failing in range(1, len(undisturbed.calls) + 1):
        for replaces_first in (False, True):
            log = tmp_path / f"{failing}-{replaces_first}"
            disk = FailingDisk(lambda number, _, at=failing: number == at, replaces_first=replaces_first)
            texts = run(log, disk)
            assert texts == ["ops opened the room", "two", "three", "four"]
            assert reread(log) == ["ops opened the room", "", "three", "four"]


def test_a_log_that_somebody_changed_meanwhile_is_not_written_to(log: Path) -> None:
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.append(conversation(2))
    log.write_bytes(log.read_bytes().replace(b"line 2", b"line 3"))
    changed = log.read_bytes()
    disk.fails = lambda number, name: name == "write"
    with pytest.raises(StorageFailed):
        journal.append([say(3)])
    disk.fails = lambda number, name: False
    with pytest.raises(StorageFailed, match="not what was recorded"):
        journal.append([say(3)])
    assert log.read_bytes()[: len(changed)] == changed


def test_a_text_is_not_scrubbed_from_a_log_that_somebody_changed(log: Path) -> None:
    journal, _, _ = JsonlJournal.open(log, room=LAB)
    journal.append(conversation(3))
    changed = log.read_bytes().replace(b"line 3", b"LINE 3")
    log.write_bytes(changed)
    with pytest.raises(StorageFailed, match="not what was recorded"):
        journal.scrub(MessageId(2))
    assert log.read_bytes() == changed


def test_a_log_that_vanished_is_a_failure_and_not_an_empty_log(log: Path) -> None:
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.append(FIRST)
    disk.fails = lambda number, name: name == "sync"
    with pytest.raises(StorageFailed):
        journal.append([say(2)])
    log.unlink()
    disk.fails = lambda number, name: False
    with pytest.raises(StorageFailed):
        journal.append([say(2)])


def test_a_closed_journal_writes_nothing(log: Path) -> None:
    journal, _, _ = JsonlJournal.open(log, room=LAB)
    journal.append(FIRST)
    journal.close()
    journal.close()
    before = log.read_bytes()
    with pytest.raises(RuntimeError):
        journal.append([say(2)])
    assert log.read_bytes() == before


def test_a_record_that_cannot_be_written_as_json_leaves_the_journal_well(log: Path) -> None:
    journal, _, _ = JsonlJournal.open(log, room=LAB)
    with pytest.raises(ValueError):
        journal.append([say(1, "half of a character: \ud800")])
    journal.append(FIRST)
    assert len(reread(log)) == 1


def test_a_text_of_an_old_record_is_scrubbed_wherever_its_number_stands(log: Path) -> None:
    log.write_bytes(old_log(old_line(1, "a secret"), old_line(2, "kept"), old_line(1, "another secret")))
    journal, _, _ = JsonlJournal.open(log, room=LAB)
    journal.scrub(MessageId(1))
    assert b"secret" not in log.read_bytes()
    assert reread(log) == ["", "kept", ""]


def test_the_cost_of_an_append_does_not_grow_with_the_log(log: Path) -> None:
    log.write_bytes(log_of(conversation(2_000)))
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    before = len(disk.calls)
    journal.append([say(2_001)])
    assert disk.calls[before:] == ["write", "sync"]


def test_a_batch_costs_one_write_and_one_sync(log: Path) -> None:
    disk = FailingDisk(lambda number, name: False)
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    disk.calls.clear()
    journal.append(conversation(64))
    assert disk.calls == ["write", "sync"]
