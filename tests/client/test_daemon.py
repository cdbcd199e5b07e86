from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agentgather.client.daemon import DaemonUrl, is_living
from agentgather.room.message import timestamp
from agentgather.store.home import DaemonNote, Home
from tests.rooms import ROOM


def note(pid: int, *, age: timedelta = timedelta()) -> DaemonNote:
    return DaemonNote(pid, "http://127.0.0.1:1", timestamp(datetime.now(UTC) - age), "0")


def test_a_process_that_runs_is_living() -> None:
    assert is_living(note(os.getpid()))


def test_a_process_that_ended_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_living(note(ended.pid))


def test_a_pid_that_was_given_to_a_younger_process_is_not_the_daemon() -> None:
    assert not is_living(note(os.getpid(), age=timedelta(days=3650)))


def test_a_note_without_a_time_is_judged_by_its_pid() -> None:
    assert is_living(DaemonNote(os.getpid(), "http://127.0.0.1:1", "yesterday", "0"))


def test_where_a_daemon_is_follows_its_note_and_outlives_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    url = DaemonUrl(home, ROOM, "http://127.0.0.1:8787")
    assert url() == "http://127.0.0.1:8787"
    home.keep_daemon(ROOM, DaemonNote(1, "http://127.0.0.1:1", "now", "0"))
    assert url() == "http://127.0.0.1:1"
    home.keep_daemon(ROOM, DaemonNote(2, "http://127.0.0.1:2", "now", "0"))
    assert url() == "http://127.0.0.1:2"
    home.daemon_file(ROOM).write_text("{")
    assert url() == "http://127.0.0.1:2"
    home.forget_daemon(ROOM)
    assert url() == "http://127.0.0.1:2"
