"""What the commands that only look show: the current seat, the list of rooms, the status, the link for a browser."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from agentgather.cli.room_dashboard import has_desktop
from agentgather.cli.room_status import roster
from tests.cli.terminal import environment, serving, tell


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tell(tmp_path, "room", "start", "lab")
    return tmp_path


def token(home: Path) -> str:
    return str(json.loads((home / "current-room.json").read_text())["token"])


def test_the_current_seat_is_told_without_its_token(home: Path) -> None:
    told = tell(home, "room", "current", "--json").answer
    assert told["current"] == {"roomId": "lab", "alias": "host", "baseUrl": "http://127.0.0.1:8787"}
    assert told["room_status"] == "open"
    assert tell(home, "room", "current", "--show-token", "--json").answer["current"]["token"] == token(home)
    assert token(home) not in tell(home, "room", "current").out


def test_a_seat_whose_room_does_not_answer_is_still_the_current_one(tmp_path: Path) -> None:
    seat = {"roomId": "lab", "alias": "amy", "token": "agt_x", "baseUrl": "http://127.0.0.1:1"}
    (tmp_path / "current-room.json").write_text(json.dumps(seat))
    told = tell(tmp_path, "room", "current", "--json").answer
    assert (told["current"]["alias"], told["room_status"]) == ("amy", None)


def test_without_a_seat_there_is_nothing_to_show(tmp_path: Path) -> None:
    for words in (("room", "current"), ("room", "status"), ("room", "leave"), ("room", "brief", "view")):
        none = tell(tmp_path, *words, "--json")
        assert (none.code, none.error["error"]) == (4, "no_room")
        assert "agentgather" in none.error["hint"]


def test_the_list_tells_hosted_and_visited_rooms_apart(home: Path) -> None:
    tell(home, "room", "start", "den")
    tell(home, "room", "close")
    away = {"roomId": "far", "alias": "amy", "token": "agt_secret", "baseUrl": "https://rooms.example.org/far"}
    (home / "seats" / "far@amy.json").write_text(json.dumps(away))
    with serving(home, "lab") as daemon:
        listed = {one["room"]: one for one in tell(home, "room", "list", "--json").answer["rooms"]}
        assert listed["lab"]["served_by"] == daemon.process.pid
        assert listed["lab"]["baseUrl"] == daemon.url
        daemon.stop()
    assert (listed["lab"]["status"], listed["lab"]["hosted"], listed["lab"]["current"]) == ("open", True, False)
    assert (listed["den"]["status"], listed["den"]["served_by"], listed["den"]["current"]) == ("closed", None, True)
    assert (listed["far"]["status"], listed["far"]["hosted"]) == (None, False)
    shown = tell(home, "room", "list").out
    assert "agt_" not in shown
    assert [line[0] for line in shown.splitlines()] == ["*", " ", " "]


def test_a_room_that_came_to_its_time_is_listed_as_closed(tmp_path: Path) -> None:
    tell(tmp_path, "room", "start", "lab")
    path = tmp_path / "rooms" / "lab" / "room.json"
    document = json.loads(path.read_text())
    del document["check"]
    path.write_text(json.dumps(document | {"expires_at": "2001-01-01T00:00:00.000Z"}))
    assert tell(tmp_path, "room", "list", "--json").answer["rooms"][0]["status"] == "closed"


def test_an_empty_home_lists_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "list", "--json").answer["rooms"] == []
    assert "agentgather up" in tell(tmp_path, "room", "list").out


def test_the_status_is_a_table_of_people(home: Path) -> None:
    tell(home, "room", "invite", "bob", "--role", "observer")
    shown = tell(home, "room", "status").out.splitlines()
    assert shown[0].startswith("lab is open, 23h")
    rows = [line.split() for line in shown if line.startswith(("host", "bob"))]
    assert rows[0][:4] == ["host", "human", "host", "-"]
    assert rows[1][:4] == ["bob", "agent", "observer", "-"]
    assert rows[1][4:8] == ["not", "here", "yet", "never"]


def test_names_in_the_status_cannot_drive_a_terminal_or_forge_a_row(home: Path) -> None:
    answer = tell(home, "room", "status", "--json").answer
    assert "token" not in json.dumps(answer)
    seat = {**answer["participants"][0], "display_name": "x\x1b[2J\nbob  agent"}
    assert all("\x1b" not in line and "\n" not in line for line in roster({"participants": [seat]}))


def test_the_link_for_a_browser_holds_the_token_in_its_fragment(home: Path) -> None:
    link = tell(home, "room", "dashboard", "--json").answer["url"]
    assert link == f"http://127.0.0.1:8787/#token={token(home)}"
    shown = tell(home, "room", "dashboard")
    assert shown.out == link + "\n"
    assert "nobody serves lab" in shown.err
    with serving(home) as daemon:
        served = tell(home, "room", "dashboard")
        assert (served.out, served.err) == (f"{daemon.url}/#token={token(home)}\n", "")


def dashboard_in_a_terminal(home: Path, *words: str, **environ: str) -> str:
    """What the command says in a terminal."""
    ours, its = pty.openpty()
    plain = {
        name: value for name, value in environment(home, environ).items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}
    }
    with os.fdopen(ours, "rb", buffering=0) as screen:
        command = [sys.executable, "-m", "agentgather", "room", "dashboard", *words]
        try:
            ended = subprocess.run(
                command, env=plain | environ, stdin=its, stdout=its, stderr=subprocess.PIPE, timeout=60, check=False
            )
        finally:
            os.close(its)
        assert ended.returncode == 0, ended.stderr
        return screen.read(4_096).decode().strip()


def test_the_room_opens_in_the_browser_of_a_desktop_and_is_a_link_elsewhere(home: Path, tmp_path: Path) -> None:
    came, browser = tmp_path / "came", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nexec curl -sS -o {came} -w "%{{redirect_url}}" "$1" > {came}.to\n')
    browser.chmod(0o755)
    link = f"http://127.0.0.1:8787/#token={token(home)}"
    assert dashboard_in_a_terminal(home, BROWSER=str(browser)) == link, "there is no desktop"
    assert dashboard_in_a_terminal(home, "--print", BROWSER=str(browser), DISPLAY=":7") == link
    assert not came.exists()
    opened = dashboard_in_a_terminal(home, BROWSER=str(browser), DISPLAY=":7")
    assert opened == "opened http://127.0.0.1:8787 in your browser"
    assert Path(f"{came}.to").read_text() == link
    assert tell(home, "room", "dashboard", "--open", "--print").code == 2
    without = dashboard_in_a_terminal(home, BROWSER="/nowhere/browser", PATH="/nowhere", DISPLAY=":7")
    assert without == link, "no browser comes"


def test_a_desktop_is_one_that_the_person_sees() -> None:
    assert has_desktop({"WAYLAND_DISPLAY": "wayland-0"}, platform="linux")
    assert not has_desktop({"DISPLAY": ""}, platform="linux")
    assert has_desktop({}, platform="darwin")
    assert not has_desktop({"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, platform="darwin")
