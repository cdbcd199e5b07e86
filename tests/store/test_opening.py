from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from agentgather.room.commands import Invite, Post
from agentgather.room.decide import decide
from agentgather.room.events import MessageRetracted
from agentgather.room.keeping import SavedSeat
from agentgather.room.limits import RoomLimits
from agentgather.room.message import MessageType
from agentgather.room.names import SYSTEM, MessageId
from agentgather.room.participant import Attention, Kind
from agentgather.room.state import RoomState, fold
from agentgather.store.documents import RoomDocuments
from agentgather.store.home import DocumentDamaged, Home, Seat
from agentgather.store.journal import JsonlJournal
from agentgather.store.lock import RoomLocked
from agentgather.store.log_file import SECTOR_BYTES, LogDamaged
from agentgather.store.opening import NoSuchRoom, OpenedRoom, open_room
from agentgather.store.verify import verify
from tests.store.disks import RecordingDisk
from tests.store.logs import BEN, LAB, NOW, OPS, conversation, make_old_room, make_room, old_line, old_log, say


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def opened(home: Home) -> OpenedRoom:
    """The room, opened and let go again."""
    room = open_room(home, LAB, now=NOW)
    room.close()
    return room


def files(home: Home) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()}


def test_a_room_comes_back_as_its_log_tells_it(home: Home) -> None:
    make_room(home, records=5)
    room = opened(home)
    assert room.state == fold(conversation(5), start=RoomState(LAB))
    assert [one.record for one in room.kept] == conversation(5)
    assert room.notes == []
    assert room.unfinished_scrubs == []


def test_a_room_that_is_not_here_is_not_made(home: Home) -> None:
    with pytest.raises(NoSuchRoom):
        open_room(home, LAB, now=NOW)
    assert list(home.root.iterdir()) == []


def test_a_room_is_open_once(home: Home) -> None:
    make_room(home)
    room = open_room(home, LAB, now=NOW)
    with pytest.raises(RoomLocked) as locked:
        open_room(home, LAB, now=NOW)
    assert locked.value.pid == os.getpid()
    room.close()
    opened(home)


def test_a_room_that_does_not_open_is_not_left_locked(home: Home) -> None:
    make_room(home)
    descriptors = len(os.listdir("/proc/self/fd"))
    whole = home.messages_file(LAB).read_bytes()
    home.messages_file(LAB).write_bytes(b"junk\n" + whole)
    for _ in range(3):
        with pytest.raises(LogDamaged):
            open_room(home, LAB, now=NOW)
    assert not home.lock_file(LAB).exists()
    assert len(os.listdir("/proc/self/fd")) == descriptors
    home.messages_file(LAB).write_bytes(whole)
    opened(home)


def test_opening_and_closing_leaves_the_files_as_they_were(home: Home) -> None:
    make_room(home, records=5)
    before = files(home)
    opened(home)
    assert files(home) == before


@pytest.mark.parametrize("name", ["room.json", "brief.md"])
@pytest.mark.parametrize("content", [None, b"", b"\xff\x00", b'{"through_id": "x"}'])
def test_the_log_tells_the_room_whatever_became_of_its_checkpoints(
    home: Home, name: str, content: bytes | None
) -> None:
    make_room(home, records=5)
    if content is None:
        (home.room_directory(LAB) / name).unlink()
    else:
        (home.room_directory(LAB) / name).write_bytes(content)
    room = opened(home)
    assert room.state == fold(conversation(5), start=RoomState(LAB))
    assert room.seats[0].token_hash is not None


@pytest.mark.parametrize("content", [None, b"", b"{", b"{}"])
def test_a_lost_roster_costs_tokens_and_never_history(home: Home, content: bytes | None) -> None:
    make_room(home, records=5)
    if content is None:
        home.participants_file(LAB).unlink()
    else:
        home.participants_file(LAB).write_bytes(content)
    room = opened(home)
    assert len(room.kept) == 5
    assert list(room.state.participants) == [OPS]
    assert room.seats == []
    assert any("room rotate" in note for note in room.notes)


def test_a_damaged_roster_costs_the_token_it_touches_and_says_whose(home: Home) -> None:
    make_room(home)
    room = open_room(home, LAB, now=NOW)
    decided = decide(room.state, Invite(OPS, BEN, Kind.AGENT), now=NOW, limits=RoomLimits())
    room.journal.append(decided.records)
    seat = SavedSeat(decided.state.participants[BEN], "cd" * 32, None, Attention.MANUAL, NOW)
    room.documents.save_roster([*room.seats, seat], through_id=2)
    room.close()
    path = home.participants_file(LAB)
    path.write_bytes(path.read_bytes().replace(b"cdcd", b"cdcf", 1))
    room = opened(home)
    assert [seat.participant.alias for seat in room.seats] == [OPS]
    assert any("participants.json is damaged" in note for note in room.notes)
    assert any("no token of ben is known" in note for note in room.notes)


@pytest.mark.parametrize(("url", "is_host_in"), [("http://127.0.0.1:8787", True), ("https://rooms.example/lab", False)])
def test_a_lost_roster_does_not_lock_out_the_host_whose_home_it_is(home: Home, url: str, is_host_in: bool) -> None:
    make_room(home)
    home.participants_file(LAB).unlink()
    home.keep_seat(Seat(LAB, OPS, url, "agt_ops"))
    hashes = [seat.token_hash for seat in opened(home).seats]
    assert hashes == ([sha256(b"agt_ops").hexdigest()] if is_host_in else [])


def test_a_seat_that_the_log_does_not_know_is_nobodys(home: Home) -> None:
    make_room(home)
    document = json.loads(home.participants_file(LAB).read_text())
    document["participants"].append(document["participants"][0] | {"alias": "ben", "is_host": False, "role": "guest"})
    del document["check"], document["participants"][1]["check"]
    home.participants_file(LAB).write_text(json.dumps(document))
    assert [seat.participant.alias for seat in opened(home).seats] == [OPS]


@pytest.mark.parametrize("checkpoint", ["room", "roster"])
def test_records_that_a_checkpoint_knows_and_the_log_lacks_are_damage(home: Home, checkpoint: str) -> None:
    make_room(home, records=5)
    documents = RoomDocuments(home, LAB)
    if checkpoint == "room":
        documents.save_room(fold(conversation(5), start=RoomState(LAB)))
    else:
        documents.save_roster(opened(home).seats, through_id=5)
    lines = home.messages_file(LAB).read_bytes().splitlines(keepends=True)
    home.messages_file(LAB).write_bytes(b"".join(lines[:3]) + lines[3][:20])
    before = files(home)
    with pytest.raises(LogDamaged, match="record 3, while the room's checkpoints speak of record 5") as damage:
        open_room(home, LAB, now=NOW)
    assert damage.value.line == 4
    assert files(home) == before


def make_holed_room(home: Home) -> bytes:
    """A room of five records whose power went amid the append of three more; answers what there is of those."""
    make_room(home, records=5)
    durable = len(home.messages_file(LAB).read_bytes())
    journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
    journal.append([say(number, "x" * 700) for number in (6, 7, 8)])
    journal.close()
    content = bytearray(home.messages_file(LAB).read_bytes())
    begin = -(-durable // SECTOR_BYTES) * SECTOR_BYTES
    content[begin : begin + SECTOR_BYTES] = bytes(SECTOR_BYTES)
    home.messages_file(LAB).write_bytes(content)
    return bytes(content[durable:])


def test_an_append_of_which_a_power_cut_left_holes_is_cut_off_and_kept(home: Home) -> None:
    torn = make_holed_room(home)
    room = opened(home)
    assert [one.record for one in room.kept] == conversation(5)
    assert any("never acknowledged" in note for note in room.notes)
    assert [content for name, content in files(home).items() if ".torn-" in name] == [torn]
    assert verify(home.room_directory(LAB)).is_intact


@pytest.mark.parametrize("name", ["room.json", "participants.json"])
def test_a_log_with_holes_is_damaged_when_no_checkpoint_says_what_was_acknowledged(home: Home, name: str) -> None:
    make_holed_room(home)
    (home.room_directory(LAB) / name).unlink()
    before = files(home)
    with pytest.raises(LogDamaged, match="never written") as damage:
        open_room(home, LAB, now=NOW)
    assert damage.value.line == 6
    assert files(home) == before


def test_a_log_with_a_hole_in_what_a_checkpoint_knows_is_damaged(home: Home) -> None:
    make_holed_room(home)
    RoomDocuments(home, LAB).save_room(fold([*conversation(5), say(6), say(7)], start=RoomState(LAB)))
    assert not verify(home.room_directory(LAB)).is_intact
    with pytest.raises(LogDamaged, match="record 5, while the room's checkpoints speak of record 7"):
        open_room(home, LAB, now=NOW)


def test_a_log_cut_to_nothing_is_damage(home: Home) -> None:
    make_room(home, records=5)
    home.messages_file(LAB).write_bytes(b"")
    with pytest.raises(LogDamaged):
        open_room(home, LAB, now=NOW)


def test_a_room_that_is_served_is_there_after_a_power_cut(home: Home) -> None:
    """Whoever made it may have been killed before they synced the directories that lead to it."""
    make_room(home)
    disk = RecordingDisk()
    open_room(home, LAB, now=NOW, disk=disk).close()
    synced = [step.path for step in disk.steps if step.name == "sync_directory"]
    assert synced == [home.room_directory(LAB), home.rooms_directory, home.root, home.root.parent]


def test_what_killed_writers_left_is_swept_and_nothing_else(home: Home) -> None:
    make_room(home)
    (home.room_directory(LAB) / ".room.json.00000000.tmp").write_text("half")
    (home.room_directory(LAB) / "notes.txt").write_text("theirs")
    opened(home)
    assert set(files(home)) == {"brief.md", "messages.jsonl", "notes.txt", "participants.json", "room.json"}


def test_a_scrub_that_a_crash_interrupted_is_to_be_done(home: Home) -> None:
    make_room(home, records=3)
    journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
    retracted = [
        replace(say(number), author=SYSTEM, type=MessageType.SYSTEM, event=MessageRetracted(MessageId(of), is_scrubbed))
        for number, of, is_scrubbed in ((4, 2, True), (5, 3, False))
    ]
    journal.append(retracted)
    journal.close()
    assert opened(home).unfinished_scrubs == [2]
    journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
    journal.scrub(MessageId(2))
    journal.close()
    assert opened(home).unfinished_scrubs == []


# Rooms of Agent Gather 0.1


def test_an_old_room_opens_unchanged(home: Home) -> None:
    log = old_log(old_line(1, "hello"), old_line(2, "hi", **{"from": "ben"}))
    make_old_room(home, log, next_message_id=3)
    before = files(home)
    room = opened(home)
    assert files(home) == before
    assert b"".join(one.line for one in room.kept) == log
    assert not room.state.is_told
    assert room.state.last_id == 2
    assert list(room.state.participants) == [OPS, BEN]
    assert [seat.token_hash for seat in room.seats] == ["ab" * 32, "cd" * 32]


@pytest.mark.parametrize(
    ("log", "next_message_id", "expected"),
    [
        (b"", 1, 1),
        (old_log(old_line(1), old_line(2)), 2, 3),  # a crash between the line and the counter
        (old_log(old_line(1), old_line(2), old_line(2)), 3, 3),  # and what followed from it
        (old_log(old_line(1), old_line(2)), 9, 9),  # lines that were lost
        (old_log(old_line(1), old_line(2))[:-1], 3, 3),  # no newline at the end
        (old_log(old_line(1)) + b'{"id":2,"ro', 2, 2),  # torn
    ],
)
def test_the_next_number_of_an_old_room_is_new(home: Home, log: bytes, next_message_id: int, expected: int) -> None:
    make_old_room(home, log, next_message_id=next_message_id)
    assert opened(home).state.last_id + 1 == expected


def test_an_old_room_is_continued_under_the_chain_and_then_told_by_its_log_alone(home: Home) -> None:
    log = old_log(old_line(1), old_line(2), old_line(2, "again"))[:-1]
    make_old_room(home, log, next_message_id=7)
    room = open_room(home, LAB, now=NOW)
    decided = decide(room.state, Post(OPS, "we go on"), now=NOW + timedelta(days=30), limits=RoomLimits())
    room.journal.append(decided.records)
    room.documents.save_room(decided.state)
    room.close()
    assert home.messages_file(LAB).read_bytes().startswith(log + b"\n")
    home.room_file(LAB).unlink()
    home.brief_file(LAB).unlink()
    again = opened(home)
    assert [one.record.id for one in again.kept] == [1, 2, 2, 7, 8]
    assert again.state.is_told
    assert again.state.brief.body == "Fix the parser."
    assert again.state.participants == decided.state.participants


def test_an_old_room_that_was_only_opened_may_be_opened_again_by_checkpoints_of_ours(home: Home) -> None:
    make_old_room(home, old_log(old_line(1)), next_message_id=9)
    room = open_room(home, LAB, now=NOW)
    room.documents.save_room(room.state)
    room.documents.save_roster(room.seats, through_id=room.state.last_id)
    room.close()
    again = opened(home)
    assert again.state == room.state
    assert again.seats == room.seats


@pytest.mark.parametrize("name", ["room.json", "participants.json"])
def test_an_old_room_needs_its_documents(home: Home, name: str) -> None:
    directory = make_old_room(home, old_log(old_line(1)))
    (directory / name).write_text((directory / name).read_text()[:-20])
    before = files(home)
    with pytest.raises(DocumentDamaged) as damage:
        open_room(home, LAB, now=NOW)
    assert damage.value.path.name == name
    assert files(home) == before


def test_an_old_room_torn_at_its_end_is_cut_and_the_cut_kept(home: Home) -> None:
    make_old_room(home, old_log(old_line(1)) + b'{"id":2,"ro')
    room = opened(home)
    assert len(room.notes) == 1
    assert home.messages_file(LAB).read_bytes() == old_log(old_line(1))
    assert [content for name, content in files(home).items() if ".torn-" in name] == [b'{"id":2,"ro']


def test_the_moment_of_opening_is_in_the_lock(home: Home) -> None:
    make_room(home)
    room = open_room(home, LAB, now=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert json.loads(home.lock_file(LAB).read_text())["createdAt"] == "2026-03-04T05:06:07.000Z"
    room.close()
