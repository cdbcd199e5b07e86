"""The state file is whole or not there, for us alone, and never guessed at."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather_broker.leases import StateDamaged, read_leases, write_leases
from agentgather_broker.routes import BLOCKED, Lease

UNTIL = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
LEASES = [Lease("reef", "SHA256:ann", UNTIL), Lease("reef", BLOCKED, UNTIL), Lease("bay", "SHA256:bob", UNTIL)]

_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from agentgather_broker.leases import write_leases
from agentgather_broker.routes import Lease
until = datetime(2026, 11, 22, tzinfo=UTC)
print("ready", flush=True)
while True:
    for count in (1, 2000):
        write_leases(Path(sys.argv[1]), [Lease(f"s{n}", f"SHA256:{count}", until) for n in range(count)])
"""


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_leases(tmp_path / "state.json", LEASES)
    assert read_leases(tmp_path / "state.json") == LEASES


def test_no_file_is_a_first_start(tmp_path: Path) -> None:
    assert read_leases(tmp_path / "state.json") == []


def test_it_holds_slugs_keys_and_times_and_nothing_else(tmp_path: Path) -> None:
    write_leases(tmp_path / "state.json", LEASES[:1])
    assert json.loads((tmp_path / "state.json").read_text()) == {
        "version": 1,
        "leases": [{"slug": "reef", "owner": "SHA256:ann", "until": "2026-11-22T12:00:00.123456+00:00"}],
        "check": "d6b1961e4a6ec22e",
    }


def test_a_slug_does_not_change_hands_by_a_bit_that_turned(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_leases(path, LEASES[:1])
    path.write_bytes(path.read_bytes().replace(b"SHA256:ann", b"SHA256:ano"))
    with pytest.raises(StateDamaged):
        read_leases(path)


def test_only_we_may_read_it_whatever_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{}")
    path.chmod(0o644)
    beside = tmp_path / f".state.json.{os.getpid()}.new"
    beside.write_text("left behind")
    beside.chmod(0o666)
    before = os.umask(0)
    try:
        write_leases(path, LEASES)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / f".state.json.{os.getpid()}.new").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        write_leases(tmp_path / "state.json", LEASES)
    assert victim.read_text() == "precious"


def test_a_write_that_fails_leaves_the_file_before_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_leases(path, LEASES)
    script = """
import resource, signal, sys
from pathlib import Path
from agentgather_broker.leases import read_leases, write_leases
path = Path(sys.argv[1])
leases = read_leases(path)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    write_leases(path, leases * 100)
except OSError as problem:
    sys.exit(problem.errno)
"""
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert os.strerror(ended.returncode) == "File too large"
    assert read_leases(path) == LEASES
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            seen = set()
            while len(seen) < 2:  # both lengths were on disk: it is in the middle of its work
                seen.add(len(read_leases(path)) if path.exists() else 0)
                seen.discard(0)
            writer.send_signal(signal.SIGKILL)
        leases = read_leases(path)
        assert {lease.owner for lease in leases} == {f"SHA256:{len(leases)}"}


DAMAGED = {
    "empty": b"",
    "cut": b'{"version":1,"leases":[{"slug":"reef","own',
    "other version": b'{"version":2,"leases":[]}',
    "no leases": b'{"version":1}',
    "no object": b"[]",
    "not text": b"\xff\xfe\x00",
    "nulls": b"\x00" * 100,
    "deep": b"[" * 100_000,
    "owner of a number": b'{"version":1,"leases":[{"slug":"reef","owner":1,"until":"2026-11-22T12:00:00+00:00"}]}',
    "time without a zone": b'{"version":1,"leases":[{"slug":"reef","owner":"a","until":"2026-11-22T12:00:00"}]}',
    "no time": b'{"version":1,"leases":[{"slug":"reef","owner":"a","until":null}]}',
    "no name": b'{"version":1,"leases":[{"slug":"../x","owner":"a","until":"2026-11-22T12:00:00+00:00"}]}',
    "two owners": b'{"version":1,"leases":['
    b'{"slug":"reef","owner":"a","until":"2026-11-22T12:00:00+00:00"},'
    b'{"slug":"reef","owner":"b","until":"2026-11-22T12:00:00+00:00"}]}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(StateDamaged, match="damaged"):
        read_leases(path)
    assert path.read_bytes() == content


@given(cut=st.integers(0, 300))
def test_a_file_that_was_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "state.json"
    write_leases(path, LEASES)
    whole = path.read_bytes().rstrip(b"\n")
    path.write_bytes(whole[: cut % len(whole)])
    with pytest.raises(StateDamaged):
        read_leases(path)


@given(
    st.lists(
        st.builds(
            Lease,
            slug=st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True),
            owner=st.text(st.characters(codec="ascii"), min_size=1),
            until=st.datetimes(timezones=st.just(UTC)) | st.just(UNTIL + timedelta(days=9_999)),
        ),
        unique_by=lambda lease: lease.slug,
    )
)
def test_every_lease_comes_back(tmp_path_factory: pytest.TempPathFactory, leases: list[Lease]) -> None:
    path = tmp_path_factory.mktemp("leases") / "state.json"
    write_leases(path, leases)
    assert read_leases(path) == leases
