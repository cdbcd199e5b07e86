"""One writer a room, with real processes that hold the lock, and that are killed."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentgather.store.lock import MALFORMED_SECONDS, RoomLock, RoomLocked, holder_of
from agentgather.store.log_file import SECTOR_BYTES
from agentgather.store.processes import is_alive, started_at

NOW = "2026-01-05T09:30:00.000Z"
HOLD = """
import sys
from pathlib import Path
from agentgather.store.lock import RoomLock, RoomLocked
try:
    lock = RoomLock.take(Path(sys.argv[1]), now="then")
except RoomLocked as locked:
    print("refused", locked.pid, flush=True)
else:
    print("held", flush=True)
    sys.stdin.read()
    lock.release()
    print("released", flush=True)
"""


class Holder:
    """Another process that takes the lock, if it can, and holds it until it is told or killed."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.says() == "released"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "write.lock"


@pytest.fixture
def holder(path: Path) -> Iterator[Holder]:
    holder = Holder(path)
    assert holder.says() == "held"
    yield holder
    holder.kill()
    for pipe in (holder.process.stdin, holder.process.stdout):
        if pipe is not None:
            pipe.close()


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a process that lives and has nothing to do with us."""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def age(path: Path, *, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_the_lock_says_who_holds_it_and_since_when(path: Path) -> None:
    lock = RoomLock.take(path, now=NOW)
    assert json.loads(path.read_text()) == {"pid": os.getpid(), "createdAt": NOW, "kernelLock": True}
    assert path.stat().st_mode & 0o777 == 0o600
    assert holder_of(path) == os.getpid()
    lock.release()
    assert not path.exists()
    assert holder_of(path) is None


def test_a_second_process_is_refused_and_told_the_pid_of_the_first(path: Path, holder: Holder) -> None:
    with pytest.raises(RoomLocked) as locked:
        RoomLock.take(path, now=NOW)
    assert locked.value.pid == holder.pid
    assert str(holder.pid) in str(locked.value)
    assert holder_of(path) == holder.pid


def test_a_second_take_in_one_process_is_refused_too(path: Path) -> None:
    lock = RoomLock.take(path, now=NOW)
    with pytest.raises(RoomLocked) as locked:
        RoomLock.take(path, now=NOW)
    assert locked.value.pid == os.getpid()
    lock.release()
    RoomLock.take(path, now=NOW).release()


def test_the_lock_of_a_killed_process_is_taken_over_at_once(path: Path, holder: Holder) -> None:
    holder.kill()
    assert path.exists()
    assert holder_of(path) is None
    lock = RoomLock.take(path, now=NOW)
    assert json.loads(path.read_text())["pid"] == os.getpid()
    lock.release()


def test_the_lock_of_a_killed_process_is_free_even_if_its_pid_was_given_out_again(path: Path, stranger: int) -> None:
    path.write_text(json.dumps({"pid": stranger, "createdAt": NOW, "kernelLock": True}))
    RoomLock.take(path, now=NOW).release()


def test_what_a_lock_says_changes_within_one_sector_and_never_its_length(path: Path, holder: Holder) -> None:
    """Else a power cut could leave half a note: for half a minute that is somebody's."""
    first = path.read_bytes()
    holder.kill()
    lock = RoomLock.take(path, now="a moment that takes longer to say")
    assert path.read_bytes() != first
    assert len(path.read_bytes()) == len(first) <= SECTOR_BYTES
    lock.release()


def test_a_released_lock_is_free(path: Path, holder: Holder) -> None:
    holder.let_go()
    RoomLock.take(path, now=NOW).release()


def test_releasing_takes_away_only_our_own_file(path: Path) -> None:
    lock = RoomLock.take(path, now=NOW)
    path.unlink()
    path.write_text("somebody else's")
    lock.release()
    lock.release()
    assert path.read_text() == "somebody else's"


def test_a_lock_file_in_the_way_that_is_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep me")
    path.symlink_to(tmp_path / "precious")
    with pytest.raises(OSError):
        RoomLock.take(path, now=NOW)
    assert (tmp_path / "precious").read_text() == "keep me"


# Lock files of Agent Gather 0.1: a pid, and no kernel lock


def test_a_lock_of_a_living_old_process_is_respected(path: Path, stranger: int) -> None:
    path.write_text(json.dumps({"pid": stranger, "createdAt": NOW}))
    with pytest.raises(RoomLocked) as locked:
        RoomLock.take(path, now=NOW)
    assert locked.value.pid == stranger
    assert holder_of(path) == stranger
    assert json.loads(path.read_text())["pid"] == stranger


def test_a_lock_of_an_old_process_that_is_gone_is_taken_over(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    path.write_text(json.dumps({"pid": gone.pid, "createdAt": NOW}))
    assert holder_of(path) is None
    RoomLock.take(path, now=NOW).release()


def test_a_longer_note_of_somebody_gone_leaves_nothing_behind_ours(path: Path) -> None:
    path.write_text(json.dumps({"pid": os.getpid(), "createdAt": NOW, "kernelLock": True, "more": "x" * 500}))
    lock = RoomLock.take(path, now=NOW)
    assert json.loads(path.read_text()) == {"pid": os.getpid(), "createdAt": NOW, "kernelLock": True}
    lock.release()


def test_a_lock_with_our_own_pid_that_we_do_not_hold_is_free(path: Path) -> None:
    path.write_text(json.dumps({"pid": os.getpid(), "createdAt": NOW}))
    RoomLock.take(path, now=NOW).release()


@pytest.mark.skipif(started_at(os.getpid()) is None, reason="this system does not tell when a process began")
def test_a_lock_written_before_its_process_began_was_somebody_elses(path: Path, stranger: int) -> None:
    path.write_text(json.dumps({"pid": stranger, "createdAt": NOW}))
    age(path, seconds=3600)
    RoomLock.take(path, now=NOW).release()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "7"}', '{"pid": -1}', '{"createdAt": "now"}', "\x00\xff"])
def test_a_fresh_lock_that_cannot_be_read_is_respected_and_an_aged_one_is_not(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(RoomLocked) as locked:
        RoomLock.take(path, now=NOW)
    assert locked.value.pid == 0
    assert path.read_text() == content
    age(path, seconds=MALFORMED_SECONDS + 5)
    lock = RoomLock.take(path, now=NOW)
    assert json.loads(path.read_text())["pid"] == os.getpid()
    lock.release()


def test_a_lock_file_is_never_seen_without_its_holder(path: Path) -> None:
    program = """
import sys
from pathlib import Path
from agentgather.store.lock import RoomLock
while True:
    RoomLock.take(Path(sys.argv[1]), now="now").release()
"""
    with subprocess.Popen([sys.executable, "-c", program, path]) as taker:
        try:
            seen = 0
            while seen < 300:
                try:
                    said = path.read_text()
                except FileNotFoundError:
                    continue
                assert json.loads(said)["pid"] == taker.pid
                seen += 1
        finally:
            taker.kill()


# Races


def test_a_lock_that_changes_hands_between_looking_and_locking_is_not_held_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, kernel_lock = RoomLock.take(path, now=NOW), fcntl.flock
    others = []

    def lock_late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", kernel_lock)
        first.release()
        others.append(RoomLock.take(path, now=NOW))
        kernel_lock(descriptor, operation)  # of a file that is not at its place any more

    def make_first(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock_late)
        kernel_lock(descriptor, operation)  # of the temporary file, which finds its place taken

    monkeypatch.setattr(fcntl, "flock", make_first)
    with pytest.raises(RoomLocked):
        RoomLock.take(path, now=NOW)
    others[0].release()


def test_of_many_who_take_a_free_lock_exactly_one_gets_it(path: Path) -> None:
    for _ in range(3):
        takers = [Holder(path) for _ in range(6)]
        answers = [taker.says() for taker in takers]
        assert answers.count("held") == 1
        winner = takers[answers.index("held")]
        assert all(answer in ("held", f"refused {winner.pid}", "refused 0") for answer in answers)
        assert holder_of(path) == winner.pid
        for taker in takers:
            taker.process.communicate(timeout=10)


def test_of_many_who_take_over_from_the_dead_exactly_one_gets_it(path: Path) -> None:
    for _ in range(3):
        dead = Holder(path)
        assert dead.says() == "held"
        dead.kill()
        dead.process.communicate()
        takers = [Holder(path) for _ in range(6)]
        answers = [taker.says() for taker in takers]
        assert answers.count("held") == 1
        for taker in takers:
            taker.process.communicate(timeout=10)


def test_processes_that_take_and_release_in_a_hurry_never_hold_it_together(path: Path, tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from agentgather.store.lock import RoomLock, RoomLocked
path, inside = Path(sys.argv[1]), Path(sys.argv[2])
held = 0
while held < 400:
    try:
        lock = RoomLock.take(path, now="now")
    except RoomLocked:
        continue
    os.close(os.open(inside, os.O_CREAT | os.O_EXCL))  # fails if somebody else is inside
    inside.unlink()
    lock.release()
    held += 1
"""
    command = [sys.executable, "-c", program, path, tmp_path / "inside"]
    hurried = [subprocess.Popen(command) for _ in range(4)]
    assert [one.wait(timeout=60) for one in hurried] == [0, 0, 0, 0]


def test_looking_at_a_free_lock_does_not_keep_anybody_from_taking_it(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    program = """
import sys
from pathlib import Path
from agentgather.store.lock import holder_of
print("looking", flush=True)
while True:
    holder_of(Path(sys.argv[1]))
"""
    with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True) as looking:
        try:
            assert looking.stdout is not None
            looking.stdout.readline()
            for _ in range(30):
                path.write_text(json.dumps({"pid": gone.pid, "createdAt": NOW, "kernelLock": True}))
                RoomLock.take(path, now=NOW).release()
        finally:
            looking.kill()


def test_a_full_disk_does_not_keep_a_room_from_being_opened(path: Path) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from agentgather.store.lock import RoomLock, RoomLocked
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
lock = RoomLock.take(Path(sys.argv[1]), now="now")
try:
    RoomLock.take(Path(sys.argv[1]), now="now")
except RoomLocked as locked:
    assert locked.pid == 0
else:
    raise AssertionError("taken twice")
lock.release()
"""
    subprocess.run([sys.executable, "-c", program, path], check=True)
    assert not path.exists()


def test_a_process_that_has_ended_and_was_not_looked_at_does_not_live() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    try:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie until it is waited for
        assert not is_alive(ended.pid)
        assert is_alive(os.getpid())
    finally:
        ended.wait()
