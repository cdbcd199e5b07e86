from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agentgather.room.names import room_id
from agentgather.store.home import Home
from agentgather.store.tunnel_note import TunnelHold, TunnelNote, TunnelRunning, TunnelsBeside, living_tunnel
from tests.rooms import create

ROOM = room_id("lab")
NOW = "2030-01-01T00:00:00Z"

# Holds the tunnel of the room in the home argv[1], says so, and stays until its input ends.
_HOLDER = """
import os, sys
from pathlib import Path
from agentgather.room.names import room_id
from agentgather.store.home import Home
from agentgather.store.tunnel_note import TunnelHold, TunnelNote
hold = TunnelHold.take(Home(Path(sys.argv[1])), room_id("lab"), now="2030-01-01T00:00:00Z")
hold.note(TunnelNote(os.getpid(), "https://rooms.example/lab", "https://rooms.example", "lab", "http://127.0.0.1:1", True, "now"))
print("held", flush=True)
sys.stdin.read()
"""


def note(**more: object) -> TunnelNote:
    made = TunnelNote(
        pid=os.getpid(),
        public_url="https://rooms.example/lab",
        broker_url="https://rooms.example",
        slug="lab",
        target_url="http://127.0.0.1:8787",
        is_live=True,
        started_at=NOW,
        route_id="rte_1",
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    create(tmp_path)
    return Home(tmp_path)


def test_a_note_is_read_as_it_was_written() -> None:
    assert TunnelNote.from_json(json.loads(json.dumps(note().to_json()))) == note()


def test_a_room_is_published_while_its_tunnel_is_held_and_its_link_is_live(home: Home) -> None:
    beside = TunnelsBeside(home)
    assert beside.public_url(ROOM) is None
    hold = TunnelHold.take(home, ROOM, now=NOW)
    assert beside.public_url(ROOM) is None
    hold.note(note())
    assert beside.public_url(ROOM) == "https://rooms.example/lab"
    hold.note(note(is_live=False))
    assert beside.public_url(ROOM) is None
    assert living_tunnel(home, ROOM) == note(is_live=False)
    hold.note(note())
    assert beside.public_url(ROOM) == "https://rooms.example/lab"
    hold.release()
    assert beside.public_url(ROOM) is None
    assert living_tunnel(home, ROOM) is None


def test_what_a_tunnel_leaves_is_for_its_owner_alone_and_gone_with_it(home: Home) -> None:
    hold = TunnelHold.take(home, ROOM, now=NOW)
    hold.note(note())
    for path in (home.tunnel_file(ROOM), home.tunnel_lock_file(ROOM)):
        assert path.stat().st_mode & 0o777 == 0o600
    hold.release()
    assert not home.tunnel_file(ROOM).exists()
    assert not home.tunnel_lock_file(ROOM).exists()


def test_a_room_has_one_tunnel(home: Home) -> None:
    hold = TunnelHold.take(home, ROOM, now=NOW)
    with pytest.raises(TunnelRunning) as running:
        TunnelHold.take(home, ROOM, now=NOW)
    assert running.value.pid == os.getpid()
    hold.release()
    TunnelHold.take(home, ROOM, now=NOW).release()


def test_the_note_of_a_tunnel_that_was_killed_counts_for_nothing(home: Home) -> None:
    beside = TunnelsBeside(home)
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert beside.public_url(ROOM) == "https://rooms.example/lab"
        with pytest.raises(TunnelRunning) as running:
            TunnelHold.take(home, ROOM, now=NOW)
        assert running.value.pid == process.pid
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=30)
    assert home.tunnel_file(ROOM).exists()
    assert beside.public_url(ROOM) is None
    assert living_tunnel(home, ROOM) is None
    hold = TunnelHold.take(home, ROOM, now=NOW)
    assert not home.tunnel_file(ROOM).exists()  # so that the new one does not vouch for the old one's URL
    assert beside.public_url(ROOM) is None
    hold.release()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"public_base_url": "https://rooms.example/lab", "route_slug": "lab", "route_id": "rte_1"}',  # 0.1's
        json.dumps(note().to_json() | {"pid": 0}).encode(),
        json.dumps(note().to_json() | {"pid": True}).encode(),
        json.dumps(note().to_json() | {"is_live": 1}).encode(),
        json.dumps(note().to_json() | {"public_url": None}).encode(),
    ],
)
def test_what_is_no_note_of_ours_publishes_nothing(home: Home, content: bytes) -> None:
    hold = TunnelHold.take(home, ROOM, now=NOW)
    home.tunnel_file(ROOM).write_bytes(content)
    assert TunnelsBeside(home).public_url(ROOM) is None
    assert living_tunnel(home, ROOM) is None
    hold.release()
