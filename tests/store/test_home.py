from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentgather.room.names import Alias, RoomId
from agentgather.store.home import DaemonNote, DocumentDamaged, Home, Seat
from tests.store.logs import BEN, LAB, OPS, make_room

SEAT = Seat(LAB, OPS, "http://127.0.0.1:8787", "agt_" + "s" * 43)
OTHER = Seat(RoomId("cellar"), BEN, "https://rooms.example/cellar", "agt_" + "t" * 43)
NOTE = DaemonNote(4711, "http://127.0.0.1:8787", "2026-01-05T09:30:00.000Z", "0.3.0")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(params=["0o000", "0o022", "0o777"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(int(request.param, 8))
    yield
    os.umask(before)


def test_the_home_is_where_the_environment_says() -> None:
    assert Home.from_environment({"AGENTGATHER_HOME": "/srv/rooms"}).root == Path("/srv/rooms")
    assert Home.from_environment({"AGENTGATHER_HOME": ""}).root == Path.home() / ".agentgather"
    assert Home.from_environment({}).root == Path.home() / ".agentgather"
    assert Home.from_environment({"AGENTGATHER_HOME": "here"}).root == Path.cwd() / "here"


def test_files_lie_where_0_1_had_them(home: Home) -> None:
    lab = home.root / "rooms" / "lab"
    assert home.current_file == home.root / "current-room.json"
    assert home.messages_file(LAB) == lab / "messages.jsonl"
    assert home.participants_file(LAB) == lab / "participants.json"
    assert home.room_file(LAB) == lab / "room.json"
    assert home.brief_file(LAB) == lab / "brief.md"
    assert home.lock_file(LAB) == lab / "write.lock"
    assert home.cursor_file(LAB, BEN) == lab / "cursors" / "ben.json"
    assert home.seat_file(LAB, BEN) == home.root / "seats" / "lab@ben.json"
    assert home.settings_file == home.root / "agentgather.toml"


def test_a_home_that_is_not_there_has_nothing(home: Home) -> None:
    assert home.rooms() == []
    assert home.current() is None
    assert list(home.seats()) == []
    assert home.daemon(LAB) is None
    assert home.cursor(LAB, OPS) == 0
    assert not home.root.exists()


def test_the_rooms_are_those_whose_logs_are_here(home: Home) -> None:
    make_room(home)
    home.keep_cursor(RoomId("joined"), BEN, 3, now="now")
    (home.rooms_directory / "Not A Room").mkdir()
    (home.rooms_directory / ".new-half").mkdir()
    (home.rooms_directory / "file").write_text("")
    assert home.rooms() == ["lab"]


def test_a_seat_is_kept_and_becomes_the_current_one(home: Home) -> None:
    home.keep_seat(SEAT)
    home.keep_seat(OTHER, is_current=False)
    assert home.current() == SEAT
    assert list(home.seats()) == [OTHER, SEAT]


def test_the_current_seat_is_the_file_that_0_1_reads_and_writes(home: Home) -> None:
    home.root.mkdir()
    home.current_file.write_text(
        '{"roomId": "lab", "alias": "ops", "token": "tgl_abc", "baseUrl": "http://127.0.0.1:8787"}'
    )
    assert home.current() == Seat(LAB, OPS, "http://127.0.0.1:8787", "tgl_abc")
    home.keep_seat(SEAT)
    assert home.current_file.read_text() == (
        '{\n  "roomId": "lab",\n  "alias": "ops",\n  "token": "agt_' + "s" * 43 + '",\n'
        '  "baseUrl": "http://127.0.0.1:8787",\n  "check": "5188723078186d82"\n}\n'
    )


def test_a_token_is_not_in_what_a_seat_looks_like() -> None:
    assert SEAT.token not in repr(SEAT)
    assert SEAT.token not in str(SEAT)
    assert SEAT.token not in f"{[SEAT]}"


@pytest.mark.usefixtures("umask")
def test_everything_is_for_its_owner_alone_whatever_the_umask(home: Home) -> None:
    home.keep_seat(SEAT)
    home.keep_cursor(LAB, OPS, 3, now="now")
    make_room(Home(home.root / "elsewhere"))
    home.keep_daemon(LAB, NOTE)
    for path in (home.root, *home.root.rglob("*")):
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_home_that_was_there_before_keeps_its_mode(home: Home) -> None:
    home.root.mkdir()
    home.root.chmod(0o755)
    home.keep_seat(SEAT)
    make_room(home)
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o755
    assert stat.S_IMODE(home.rooms_directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.current_file.stat().st_mode) == 0o600


def test_a_wide_file_that_is_written_again_becomes_narrow(home: Home) -> None:
    home.keep_seat(SEAT)
    home.current_file.chmod(0o644)
    home.keep_seat(SEAT)
    assert stat.S_IMODE(home.current_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"roomId": "lab"}', '{"roomId":"../x","alias":"a","token":"t","baseUrl":"u"}']
)
def test_a_broken_seat_is_damage_and_not_absence(home: Home, content: str) -> None:
    home.keep_seat(SEAT)
    home.current_file.write_text(content)
    home.seat_file(LAB, OPS).write_text(content)
    with pytest.raises(DocumentDamaged) as damage:
        home.current()
    assert damage.value.path == home.current_file
    with pytest.raises(DocumentDamaged):
        list(home.seats())


@pytest.mark.parametrize("content", ["", "[1]", "{}", '{"sinceId": -1}', '{"sinceId": "3"}', '{"sinceId": true}'])
def test_a_broken_cursor_is_damage_and_is_not_written_over(home: Home, content: str) -> None:
    home.keep_cursor(LAB, OPS, 3, now="now")
    home.cursor_file(LAB, OPS).write_text(content)
    with pytest.raises(DocumentDamaged):
        home.cursor(LAB, OPS)
    with pytest.raises(DocumentDamaged):
        home.keep_cursor(LAB, OPS, 9, now="now")
    assert home.cursor_file(LAB, OPS).read_text() == content


@pytest.mark.parametrize(
    "content",
    ["x", "[]", "{}", '{"pid": 0, "url": "u", "started_at": "s", "version": "v"}'],
)
def test_a_broken_daemon_note_is_damage(home: Home, content: str) -> None:
    home.keep_daemon(LAB, NOTE)
    home.daemon_file(LAB).write_text(content)
    with pytest.raises(DocumentDamaged):
        home.daemon(LAB)


def test_a_daemons_note_is_kept_and_forgotten(home: Home) -> None:
    home.keep_daemon(LAB, NOTE)
    assert home.daemon(LAB) == NOTE
    home.forget_daemon(LAB)
    assert home.daemon(LAB) is None
    home.forget_daemon(LAB)


def test_a_cursor_never_moves_backwards(home: Home) -> None:
    home.keep_cursor(LAB, OPS, 7, now="a")
    home.keep_cursor(LAB, OPS, 3, now="b")
    assert home.cursor(LAB, OPS) == 7
    assert '"updatedAt": "a"' in home.cursor_file(LAB, OPS).read_text()


def test_a_cursor_of_0_1_is_read(home: Home) -> None:
    path = home.cursor_file(LAB, BEN)
    path.parent.mkdir(parents=True)
    path.write_text('{\n  "alias": "ben",\n  "sinceId": 12,\n  "updatedAt": "2025-03-01T10:00:00.000Z"\n}\n')
    assert home.cursor(LAB, BEN) == 12


def test_processes_that_move_one_cursor_at_once_leave_the_furthest(home: Home) -> None:
    program = """
import sys
from pathlib import Path
from agentgather.store.home import Home
home, start = Home(Path(sys.argv[1])), int(sys.argv[2])
for since_id in range(start, 400, 4):
    home.keep_cursor("lab", "ops", since_id, now="now")
    assert home.cursor("lab", "ops") >= since_id
"""
    movers = [subprocess.Popen([sys.executable, "-c", program, home.root, str(start)]) for start in range(1, 5)]
    assert [mover.wait(timeout=60) for mover in movers] == [0, 0, 0, 0]
    assert home.cursor(LAB, OPS) == 399  # 400 would be the next of the fourth


def test_an_old_token_is_found_where_0_1_kept_it(home: Home) -> None:
    path = home.old_tokens_file(LAB)
    path.parent.mkdir(parents=True)
    assert home.old_token(LAB, BEN) is None
    path.write_text('{"tokens": {"ben": "tgl_x", "eve": 7}}')
    assert home.old_token(LAB, BEN) == "tgl_x"
    assert home.old_token(LAB, Alias("eve")) is None
    path.write_text('{"tokens": ["ben"]}')
    assert home.old_token(LAB, BEN) is None


def test_a_document_that_is_a_directory_or_endless_is_damage(home: Home) -> None:
    home.current_file.mkdir(parents=True)
    with pytest.raises(DocumentDamaged):
        home.current()
    home.room_directory(LAB).mkdir(parents=True)
    with home.daemon_file(LAB).open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(DocumentDamaged, match="larger"):
        home.daemon(LAB)
