"""A room is created whole or not at all, wherever its creator is killed and however many try at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentgather.store.creation import RoomExists, create_room
from agentgather.store.home import Home
from agentgather.store.opening import open_room
from tests.store.logs import DIGEST, LAB, NOW, OPS, PROJECT, first_record, make_room

CREATE = """
import os, sys
from pathlib import Path
from agentgather.store.creation import RoomExists, create_room
from agentgather.store.home import Home
from tests.store.logs import DIGEST, first_record
calls, last = 0, int(sys.argv[2])
def count(event, arguments):
    global calls
    if event == "open" and isinstance(arguments[2], int) or event in ("os.mkdir", "os.rename", "os.chmod", "os.rmdir"):
        calls += 1
        if calls == last:
            os._exit(9)
first = first_record()
sys.addaudithook(count)
try:
    create_room(Home(Path(sys.argv[1])), first, host_token_hash=DIGEST)
except RoomExists:
    print("exists")
else:
    print("made")
"""


def create(root: Path, *, killed_at: int = 0) -> tuple[int, str]:
    """Create the room in another process, which is gone at its `killed_at`-th call; its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", CREATE, root, str(killed_at)], capture_output=True, text=True, cwd=PROJECT
    )
    assert done.returncode in (0, 9), done.stderr
    return done.returncode, done.stdout.strip()


def is_whole(home: Home) -> bool:
    opened = open_room(home, LAB, now=NOW)
    opened.close()
    return opened.notes == [] and opened.seats[0].token_hash == DIGEST and len(opened.kept) == 1


def test_a_created_room_opens_with_its_host_and_brief(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    create_room(home, first_record(), host_token_hash=DIGEST)
    opened = open_room(home, LAB, now=NOW)
    assert list(opened.state.participants) == [OPS]
    assert opened.state.brief.body == "Ship it."
    assert opened.seats[0].token_hash == DIGEST
    assert opened.notes == []
    opened.close()
    names = {path.name for path in home.room_directory(LAB).iterdir()}
    assert names == {"brief.md", "messages.jsonl", "participants.json", "room.json"}
    assert [path.name for path in home.rooms_directory.iterdir()] == ["lab"]


def test_a_room_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path)
    make_room(home, records=3)
    before = {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()}
    with pytest.raises(RoomExists):
        create_room(home, first_record(), host_token_hash="00" * 32)
    assert {path.name: path.read_bytes() for path in home.room_directory(LAB).iterdir()} == before


def test_a_directory_that_is_no_whole_room_is_not_built_over(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.room_directory(LAB).mkdir(parents=True)
    with pytest.raises(RoomExists):
        create_room(home, first_record(), host_token_hash=DIGEST)


def test_what_was_read_of_a_namesake_elsewhere_is_in_nobodys_way(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keep_cursor(LAB, OPS, 7, now="2026-01-05T09:30:00.000Z")
    make_room(home)
    assert home.hosts(LAB)
    assert home.cursor(LAB, OPS) == 0


def test_a_creator_killed_anywhere_leaves_a_whole_room_or_none(tmp_path: Path) -> None:
    moment, outcomes = 0, []
    while not outcomes or outcomes[-1] != "undisturbed":
        moment += 1
        home = Home(tmp_path / str(moment))
        code, _ = create(home.root, killed_at=moment)
        if home.room_directory(LAB).exists():
            assert is_whole(home)
            outcomes.append("made" if code else "undisturbed")
        else:
            outcomes.append("nothing")
            assert home.rooms() == []
            create_room(home, first_record(), host_token_hash=DIGEST)
            assert is_whole(home)
            assert [path.name for path in home.rooms_directory.iterdir()] == ["lab"]
    assert outcomes.count("nothing") > 10
    assert outcomes == sorted(outcomes, key=["nothing", "made", "undisturbed"].index)


def test_what_killed_creators_left_is_swept_by_the_next_creation(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for leftover in (".new-lab", ".new-cellar"):
        (home.rooms_directory / leftover / "rooms").mkdir(parents=True)
        (home.rooms_directory / leftover / "rooms" / "junk").write_text("half")
    make_room(home)
    assert [path.name for path in home.rooms_directory.iterdir()] == ["lab"]
    assert is_whole(home)


def test_of_many_who_create_one_room_at_once_one_does_and_it_is_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CREATE, tmp_path, "0"]
    creators = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) for _ in range(6)]
    said = sorted(creator.communicate(timeout=60)[0].strip() for creator in creators)
    assert said == ["exists"] * 5 + ["made"]
    assert is_whole(Home(tmp_path))


def test_a_full_disk_leaves_no_room(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from agentgather.room.refusals import StorageFull
from agentgather.store.creation import create_room
from agentgather.store.home import Home
from tests.store.logs import DIGEST, first_record
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    create_room(Home(Path(sys.argv[1])), first_record(), host_token_hash=DIGEST)
except StorageFull:
    raise SystemExit(0)
raise AssertionError("there was room for it")
"""
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, cwd=PROJECT)
    assert list((tmp_path / "rooms").iterdir()) == []
    make_room(Home(tmp_path))
    assert is_whole(Home(tmp_path))
