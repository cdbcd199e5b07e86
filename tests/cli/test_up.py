from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.terminal import END_SECONDS, environment, serving, tell

PORT = ("--port", "0")


def test_one_command_opens_a_room_and_serves_it(tmp_path: Path) -> None:
    with serving(tmp_path, "up", *PORT) as room:
        assert room.first_line.startswith("room is open at http://127.0.0.1:")
        assert tell(tmp_path, "room", "status", "--json").answer["room"] == "room"
        ended = room.stop(signal.SIGINT)
    assert ended.code == 0
    token = json.loads((tmp_path / "current-room.json").read_text())["token"]
    assert f"{room.url}/#token={token}" in ended.out
    assert "agentgather room invite ALIAS --kind human" in ended.out


def test_the_link_that_is_printed_opens_the_room_as_its_host(tmp_path: Path) -> None:
    with serving(tmp_path, "up", "lab", *PORT, "--json", "--show-token") as room:
        link = json.loads(room.first_line)["browser_url"]
        status = tell(tmp_path / "away", "room", "join", "-", "--json", stdin=link)
        assert status.answer["alias"] == "host"


def test_json_holds_no_token_unless_asked(tmp_path: Path) -> None:
    with serving(tmp_path, "up", "lab", *PORT, "--json") as room:
        assert set(json.loads(room.first_line)) == {"ok", "room", "alias", "url", "public_url"}
        ended = room.stop()
    assert "agt_" not in room.first_line + ended.out + ended.err


def test_the_same_words_again_open_the_same_room(tmp_path: Path) -> None:
    with serving(tmp_path, "up", *PORT) as room:
        said = tell(tmp_path, "send", "host", "remember this", "--json").answer["message"]
        room.stop()
    with serving(tmp_path, "up") as again:
        assert again.url == room.url
        assert said in tell(tmp_path, "messages", "--since", "0", "--json").answer["messages"]


def test_a_room_that_is_over_is_followed_by_another(tmp_path: Path) -> None:
    with serving(tmp_path, "up", *PORT) as room:
        tell(tmp_path, "room", "close")
        room.stop()
    with serving(tmp_path, "up", *PORT, "--json") as second:
        assert json.loads(second.first_line)["room"] == "room-2"
        second.stop()
    path = tmp_path / "rooms" / "room-2" / "room.json"
    document = json.loads(path.read_text())
    del document["check"]
    path.write_text(json.dumps(document | {"expires_at": "2001-01-01T00:00:00.000Z"}))
    with serving(tmp_path, "up", *PORT, "--json") as third:
        assert json.loads(third.first_line)["room"] == "room-3"


def test_a_room_that_is_over_is_not_said_to_be_open_when_it_is_named(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "lab")
    tell(tmp_path, "room", "close")
    with serving(tmp_path, "up", "lab", *PORT) as room:
        assert room.first_line.startswith("lab is closed, and can be read at http://127.0.0.1:")
        ended = room.stop(signal.SIGINT)
    assert "your browser" in ended.out
    assert "invite" not in ended.out


def test_what_is_said_of_a_new_room_holds_and_of_an_old_one_is_noted(tmp_path: Path) -> None:
    with serving(tmp_path, "up", "lab", *PORT, "--alias", "ops", "--brief", "Ship it.", "--ttl", "1h") as room:
        assert tell(tmp_path, "room", "brief", "view").out == "Ship it."
        assert tell(tmp_path, "room", "current", "--json").answer["current"]["alias"] == "ops"
        room.stop()
    with serving(tmp_path, "up", "lab", "--brief", "Another.") as again:
        assert tell(tmp_path, "room", "brief", "view").out == "Ship it."
        assert "left aside" in again.stop().err


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("Lab",), ("--ttl", "soon"), ("--alias", "system")])
def test_what_cannot_be_opens_no_room(words: tuple[str, ...], tmp_path: Path) -> None:
    assert tell(tmp_path, "up", *PORT, *words, "--json").code in (2, 3)
    assert not (tmp_path / "rooms").exists()


class Terminal:
    """A person's terminal, 100 columns wide, in which one command runs."""

    def __init__(self, home: Path, *words: str) -> None:
        self._master, inner = pty.openpty()
        self.shown = ""
        command = [sys.executable, "-m", "agentgather", *words]
        environ = {**environment(home), "TERM": "xterm", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=environ, start_new_session=True
        )
        os.close(inner)

    def read_until(self, pattern: str) -> str:
        """All that was shown, once it matches `pattern`."""
        end = time.monotonic() + END_SECONDS
        while not re.search(pattern, self.shown):
            assert time.monotonic() < end, self.shown
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self._master, 65_536).decode(errors="replace")
                except OSError:  # the other end is gone
                    break
        assert re.search(pattern, self.shown), self.shown
        return self.shown

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=END_SECONDS)
        os.close(self._master)


def test_a_terminal_shows_one_calm_line_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "up", "lab", *PORT, "--ttl", "2h")
    try:
        terminal.read_until(r"here: host  0 messages  1h59m left")
        tell(tmp_path, "send", "host", "hello")
        terminal.read_until(r"\r\x1b\[Khere: host  1 message  1h59m left")
        terminal.process.send_signal(signal.SIGINT)
        terminal.read_until(r"who waits is answered first")
        assert terminal.process.wait(timeout=END_SECONDS) == 0
    finally:
        terminal.close()
    assert "INFO" not in terminal.shown, "the line tells a person what the log would"
    assert "Traceback" not in terminal.shown
