from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agentgather.room.keeping import SavedSeat
from agentgather.room.names import SYSTEM, MessageId
from agentgather.room.participant import Attention, Brief, Install, Kind, Participant, Policy, Role
from agentgather.room.state import RoomState, fold
from agentgather.store.documents import (
    Checkpoint,
    RoomDocuments,
    load_checkpoint,
    load_old_state,
    load_roster,
    saved_seats,
    with_last_number,
)
from agentgather.store.home import DocumentDamaged, Home
from agentgather.store.json_files import unchecked
from tests.store.logs import BEN, DIGEST, LAB, NOW, OPS, PROJECT, conversation, make_old_room, make_room

STATE = fold(conversation(5), start=RoomState(LAB))
SEATS = [
    SavedSeat(
        Participant(OPS, Kind.HUMAN, Role.HOST, NOW, install=Install.HOST, has_joined=True),
        DIGEST,
        None,
        Attention.ATTENDING,
        NOW,
        5,
        4,
    ),
    SavedSeat(
        Participant(BEN, Kind.AGENT, Role.OBSERVER, NOW, display_name="Ben 👋", removed_at=NOW + timedelta(hours=1)),
        None,
        NOW + timedelta(days=1),
        Attention.AWAY,
        NOW + timedelta(milliseconds=123),
    ),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    make_room(home)
    return home


def change_room(home: Home, **fields: object) -> None:
    document = json.loads(home.room_file(LAB).read_text()) | fields
    document.pop("check", None)
    home.room_file(LAB).write_text(json.dumps({name: value for name, value in document.items() if value is not ...}))


def test_a_roster_comes_back_as_it_was_saved(home: Home) -> None:
    RoomDocuments(home, LAB).save_roster(SEATS, through_id=5)
    assert load_roster(home, LAB) == SEATS
    document = json.loads(home.participants_file(LAB).read_text())
    assert document["through_id"] == 5
    assert unchecked(document["participants"][0]) == {
        "alias": "ops",
        "kind": "human",
        "role": "host",
        "location": "local",
        "install": "host",
        "is_host": True,
        "has_joined": True,
        "joinedAt": "2026-01-05T09:30:00.000Z",
        "attention": "attending",
        "lastSeenAt": "2026-01-05T09:30:00.000Z",
        "delivered_id": 5,
        "read_id": 4,
        "token_hash": DIGEST,
    }


def test_room_json_has_the_fields_of_the_contract_and_says_how_far_it_speaks(home: Home) -> None:
    RoomDocuments(home, LAB).save_room(replace(STATE, expires_at=NOW + timedelta(hours=24)))
    assert unchecked(json.loads(home.room_file(LAB).read_text())) == {
        "id": "lab",
        "status": "open",
        "attendance_policy": "manual-ok",
        "createdAt": "2026-01-05T09:30:00.000Z",
        "updatedAt": "2026-01-05T09:30:00.123Z",
        "expires_at": "2026-01-06T09:30:00.000Z",
        "next_message_id": 6,
        "brief_version": 1,
        "brief_updated_at": "2026-01-05T09:30:00.000Z",
        "brief_updated_by": "ops",
        "through_id": 5,
        "told_by_log": True,
    }
    assert home.brief_file(LAB).read_text() == "Ship it."


def test_documents_are_private_and_leave_nothing_beside_them(home: Home) -> None:
    RoomDocuments(home, LAB).save_roster(SEATS, through_id=5)
    RoomDocuments(home, LAB).save_room(STATE)
    names = {path.name for path in home.room_directory(LAB).iterdir()}
    assert names == {"brief.md", "messages.jsonl", "participants.json", "room.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.room_directory(LAB).iterdir()} == {0o600}


def test_checkpoints_say_how_far_they_speak(home: Home) -> None:
    files = home.room_file(LAB), home.participants_file(LAB)
    assert load_checkpoint(*files) == (Checkpoint(1, True), [])
    RoomDocuments(home, LAB).save_roster(SEATS, through_id=9)
    assert load_checkpoint(*files) == (Checkpoint(9, True), [])
    home.room_file(LAB).unlink()
    home.participants_file(LAB).write_text("{")
    checkpoint, notes = load_checkpoint(*files)
    assert checkpoint == Checkpoint(is_whole=False)
    assert notes == ["room.json is missing", "participants.json is damaged: it is not JSON"]


def test_a_roster_that_is_missing_is_empty_and_a_broken_one_is_damage(home: Home) -> None:
    home.participants_file(LAB).unlink()
    assert load_roster(home, LAB) == []
    for content in ("", "{}", "7", '{"participants": {}}', '[{"alias": "ops"}]', "[7]", '[{"alias":7,"kind":"agent"}]'):
        home.participants_file(LAB).write_text(content)
        with pytest.raises(DocumentDamaged):
            load_roster(home, LAB)


@pytest.mark.parametrize(
    "broken", [{"token_hash": 7}, {"lastSeenAt": 7}, {"attention": "dancing"}, {"read_id": "x"}, {"kind": "ghost"}]
)
def test_a_seat_that_cannot_be_read_is_damage(home: Home, broken: dict[str, object]) -> None:
    document = json.loads(home.participants_file(LAB).read_text())
    document["participants"][0] |= broken
    del document["check"], document["participants"][0]["check"]
    home.participants_file(LAB).write_text(json.dumps(document))
    with pytest.raises(DocumentDamaged, match="cannot be read"):
        load_roster(home, LAB)


@pytest.mark.parametrize(
    "damage", [(b'"kind": "agent"', b'"kind": "agenv"'), (DIGEST[:8].encode(), b"abababac"), (b"},", b"|,")]
)
def test_a_damage_of_the_roster_costs_the_seats_it_touches_and_no_other(
    home: Home, damage: tuple[bytes, bytes]
) -> None:
    RoomDocuments(home, LAB).save_roster(SEATS, through_id=5)
    path = home.participants_file(LAB)
    path.write_bytes(path.read_bytes().replace(*damage))
    with pytest.raises(DocumentDamaged):
        load_roster(home, LAB)
    assert saved_seats(home, LAB) == ([SEATS[0]] if b"agent" in damage[0] else [SEATS[1]])


def test_no_seat_of_a_roster_without_checks_is_believed_once_it_is_damaged(tmp_path: Path) -> None:
    home = Home(tmp_path)
    directory = make_old_room(home, b"")
    assert len(load_roster(home, LAB)) == 2
    path = directory / "participants.json"
    path.write_text(path.read_text()[:-3])
    assert saved_seats(home, LAB) == []


def test_a_full_disk_is_told_and_the_old_documents_stay(home: Home) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from agentgather.room.refusals import StorageFull
from agentgather.room.state import RoomState, fold
from agentgather.store.documents import RoomDocuments
from agentgather.store.home import Home
from tests.store.logs import LAB, conversation
documents = RoomDocuments(Home(Path(sys.argv[1])), LAB)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4, resource.RLIM_INFINITY))
for save in (lambda: documents.save_room(fold(conversation(5), start=RoomState(LAB))),
             lambda: documents.save_roster([], through_id=5)):
    try:
        save()
    except StorageFull:
        continue
    raise AssertionError("it was saved")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
documents.save_room(fold(conversation(5), start=RoomState(LAB)))
"""
    before = home.participants_file(LAB).read_bytes()
    subprocess.run([sys.executable, "-c", program, home.root], check=True, cwd=PROJECT)
    assert home.participants_file(LAB).read_bytes() == before
    assert json.loads(home.room_file(LAB).read_text())["through_id"] == 5
    assert not list(home.room_directory(LAB).glob(".*"))


# Documents of Agent Gather 0.1


def test_an_old_roster_is_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_old_room(home, b"")
    ops, ben = load_roster(home, LAB)
    assert ops.participant.is_host
    assert (ops.token_hash, ops.attention) == (DIGEST, Attention.ATTENDING)
    assert (ben.participant.display_name, ben.participant.role, ben.participant.has_joined) == (
        "Ben",
        Role.GUEST,
        False,
    )
    assert (ben.delivered_id, ben.read_id) == (0, 0)


def test_an_old_room_is_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_old_room(home, b"", status="closed", expires_at="2025-03-02T09:00:00.000Z")
    state = load_old_state(home, LAB, load_roster(home, LAB))
    assert not state.is_open
    assert not state.is_told
    assert state.policy is Policy.AGENTS_FOREGROUND
    assert state.brief == Brief("Fix the parser.", 3, state.brief.updated_at, OPS)
    assert list(state.participants) == ["ops", "ben"]
    assert state.expires_at is not None


def test_an_old_room_without_a_policy_or_a_brief_file_has_the_defaults(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_old_room(home, b"")
    change_room(home, attendance_policy=..., brief_updated_by=...)
    home.brief_file(LAB).unlink()
    state = load_old_state(home, LAB, [])
    assert (state.policy, state.brief.body, state.brief.updated_by) == (Policy.MANUAL_OK, "", SYSTEM)


@pytest.mark.parametrize(
    "broken",
    [
        {"status": ...},
        {"createdAt": "then"},
        {"updatedAt": 7},
        {"attendance_policy": "none"},
        {"brief_version": "3"},
        {"brief_updated_by": None},
        {"brief_updated_at": None},
        {"expires_at": "never"},
    ],
)
def test_an_old_room_that_cannot_be_read_is_damage(tmp_path: Path, broken: dict[str, object]) -> None:
    home = Home(tmp_path)
    make_old_room(home, b"")
    change_room(home, **broken)
    with pytest.raises(DocumentDamaged):
        load_old_state(home, LAB, [])


@pytest.mark.parametrize("content", [None, "", "[]", '"room"'])
def test_an_old_room_whose_document_is_lost_is_damage(tmp_path: Path, content: str | None) -> None:
    home = Home(tmp_path)
    make_old_room(home, b"")
    if content is None:
        home.room_file(LAB).unlink()
    else:
        home.room_file(LAB).write_text(content)
    with pytest.raises(DocumentDamaged):
        load_old_state(home, LAB, [])


@pytest.mark.parametrize(("noted", "last"), [(9, 8), (6, 5), (2, 5), (None, 5), ("9", 5), (2**60, 5), (-1, 5)])
def test_a_number_that_0_1_gave_out_is_not_given_out_again(home: Home, noted: object, last: int) -> None:
    change_room(home, next_message_id=noted)
    assert with_last_number(STATE, home).last_id == MessageId(last)
