"""Disks that are really full, and files that really may not grow: nothing is half recorded, and it works again after."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentgather.room.refusals import StorageFull
from agentgather.store.home import Home
from agentgather.store.journal import JsonlJournal
from agentgather.store.log_file import read_log
from agentgather.store.opening import open_room
from tests.store.logs import LAB, NOW, PROJECT, make_room, say


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system needs to be root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the room there is."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler


def test_a_full_disk_refuses_a_record_whole_and_takes_it_once_there_is_room(small_disk: Path) -> None:
    home = Home(small_disk)
    make_room(home)
    room = open_room(home, LAB, now=NOW)
    acknowledged = [room.journal.append([say(2)])[0].record.text]
    filler = fill(small_disk)
    for _ in range(3):
        with pytest.raises(StorageFull):
            room.journal.append([say(3, "x" * 5000)])
    filler.unlink()
    acknowledged.append(room.journal.append([say(3, "there is room again")])[0].record.text)
    room.close()
    assert [one.record.text for one in read_log(home.messages_file(LAB), room=LAB).kept][1:] == acknowledged


def test_posting_until_the_disk_is_full_loses_nothing_that_was_acknowledged(small_disk: Path) -> None:
    home = Home(small_disk)
    make_room(home)
    room = open_room(home, LAB, now=NOW)
    number = 2
    try:
        while number < 1000:
            room.journal.append([say(number, "x" * 3000), say(number + 1)])
            number += 2
    except StorageFull:
        pass
    assert 2 < number < 1000
    with pytest.raises(StorageFull):
        room.documents.save_room(room.state)
    room.close()
    again = open_room(home, LAB, now=NOW)  # a room on a full disk can still be read
    assert [one.record.id for one in again.kept] == list(range(1, number))
    again.close()


def test_a_room_torn_on_a_disk_that_is_full_can_be_read_and_then_written(small_disk: Path) -> None:
    home = Home(small_disk)
    make_room(home, records=4)
    with home.messages_file(LAB).open("ab") as log:
        log.write(b'{"id":5,' + b"x" * 5000)
    filler = fill(small_disk)
    room = open_room(home, LAB, now=NOW)
    assert len(room.kept) == 4
    assert any("full" in note for note in room.notes)
    with pytest.raises(StorageFull):
        room.journal.append([say(5)])
    filler.unlink()
    room.journal.append([say(5)])
    room.close()
    assert [one.record.id for one in read_log(home.messages_file(LAB), room=LAB).kept] == [1, 2, 3, 4, 5]


def test_a_scrub_on_a_full_disk_leaves_the_log_whole(small_disk: Path) -> None:
    home = Home(small_disk)
    make_room(home)
    journal, _, _ = JsonlJournal.open(home.messages_file(LAB), room=LAB)
    journal.append([say(2, "x" * 20_000), say(3, "secret")])
    filler = fill(small_disk)
    with pytest.raises(StorageFull):
        journal.scrub(say(3).id)
    assert b"secret" in home.messages_file(LAB).read_bytes()
    filler.unlink()
    journal.scrub(say(3).id)
    journal.append([say(4)])
    journal.close()
    assert b"secret" not in home.messages_file(LAB).read_bytes()
    assert len(read_log(home.messages_file(LAB), room=LAB).kept) == 4
    assert not list(home.room_directory(LAB).glob(".*"))


def test_a_file_that_may_not_grow_is_a_full_disk(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from agentgather.room.refusals import StorageFull
from agentgather.store.journal import JsonlJournal
from tests.store.logs import LAB, say
log = Path(sys.argv[1])
log.write_bytes(b"")
journal, _, _ = JsonlJournal.open(log, room=LAB)
journal.append([say(1)])
size = log.stat().st_size
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
for _ in range(3):
    try:
        journal.append([say(2, "x" * 500)])
    except StorageFull:
        assert log.stat().st_size in (size, size + 100)
    else:
        raise AssertionError("the limit held nothing back")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append([say(2, "taken")])
"""
    log = tmp_path / "messages.jsonl"
    subprocess.run([sys.executable, "-c", program, log], check=True, cwd=PROJECT)
    assert [one.record.text for one in read_log(log, room=LAB).kept] == ["line 1", "taken"]
