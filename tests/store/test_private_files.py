from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agentgather.room.refusals import StorageFailed, StorageFull
from agentgather.store.private_files import (
    make_private_directory,
    storage_trouble,
    sweep_temporaries,
    write_private,
)


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "roster.json"
    write_private(path, b"old" * 1000)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_is_private_from_its_very_first_moment(tmp_path: Path) -> None:
    program = """
import os, stat, sys
from pathlib import Path
from agentgather.store.private_files import write_private
modes = []
def look(event, arguments):
    if event == "os.rename":
        modes.append(stat.S_IMODE(os.stat(arguments[0]).st_mode))
    elif event == "open" and arguments[2] & os.O_CREAT:
        assert arguments[2] & os.O_EXCL and arguments[2] & os.O_NOFOLLOW
os.umask(0)
sys.addaudithook(look)
write_private(Path(sys.argv[1]) / "secret", b"x")
assert modes == [0o600], modes
"""
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True)


def test_a_link_is_replaced_and_what_it_points_to_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("theirs")
    (tmp_path / "roster.json").symlink_to(tmp_path / "target")
    write_private(tmp_path / "roster.json", b"ours")
    assert (tmp_path / "target").read_text() == "theirs"
    assert (tmp_path / "roster.json").read_bytes() == b"ours"
    assert not (tmp_path / "roster.json").is_symlink()


def test_readers_beside_a_writer_see_the_old_content_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "roster.json"
    versions = [bytes([65 + number]) * 50_000 for number in range(2)]
    write_private(path, versions[0])
    program = """
import sys
from pathlib import Path
from agentgather.store.private_files import write_private
for turn in range(200):
    write_private(Path(sys.argv[1]), bytes([65 + turn % 2]) * 50_000)
"""
    with subprocess.Popen([sys.executable, "-c", program, path]) as writer:
        while writer.poll() is None:
            assert path.read_bytes() in versions
    assert writer.returncode == 0


def test_directories_are_made_private_and_existing_ones_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs").chmod(0o755)
    before = os.umask(0)
    try:
        make_private_directory(tmp_path / "theirs" / "ours" / "too")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in sorted((tmp_path / "theirs").rglob("*"))]
    assert modes == [0o700, 0o700]
    assert stat.S_IMODE((tmp_path / "theirs").stat().st_mode) == 0o755


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    for name in (".room.json.0a1b2c3d.tmp", ".hidden", "room.json", "notes.tmp"):
        (tmp_path / name).write_text("x")
    sweep_temporaries(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "notes.tmp", "room.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EROFS])
def test_trouble_tells_what_happened_and_no_path(number: int) -> None:
    trouble = storage_trouble(OSError(number, os.strerror(number), "/secret/place"))
    assert isinstance(trouble, StorageFull if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else StorageFailed)
    assert "/secret" not in trouble.message
    assert "nothing was recorded" in trouble.message


def test_a_writer_that_the_disk_refuses_leaves_the_old_content_and_no_temporary_file(tmp_path: Path) -> None:
    program = """
import errno, resource, signal, sys
from pathlib import Path
from agentgather.store.private_files import write_private
path = Path(sys.argv[1])
write_private(path, b"old")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_private(path, b"n" * 5000)
except OSError as error:
    assert error.errno == errno.EFBIG
else:
    raise AssertionError("the limit held nothing back")
"""
    subprocess.run([sys.executable, "-c", program, tmp_path / "roster.json"], check=True)
    assert (tmp_path / "roster.json").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "roster.json"]


def test_content_is_durable_before_its_name_and_its_name_before_the_answer(tmp_path: Path) -> None:
    calls: list[str] = []

    def note(frame: object, event: str, called: object) -> None:
        name = getattr(called, "__name__", "")
        if event == "c_call" and name in ("open", "write", "fsync", "rename", "replace", "close"):
            calls.append(name)

    sys.setprofile(note)
    try:
        write_private(tmp_path / "roster.json", b"content")
    finally:
        sys.setprofile(None)
    named = next(name for name in calls if name in ("rename", "replace"))
    assert calls == ["open", "write", "fsync", "close", named, "open", "fsync", "close"]


def test_a_new_directory_is_durable_in_the_one_above_it(tmp_path: Path) -> None:
    calls: list[str] = []

    def note(frame: object, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in ("mkdir", "fsync"):
            calls.append(getattr(called, "__name__", ""))

    sys.setprofile(note)
    try:
        make_private_directory(tmp_path / "home" / "rooms")
    finally:
        sys.setprofile(None)
    assert calls == ["mkdir", "fsync", "mkdir", "fsync"]
