from __future__ import annotations

import json
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentgather.room.names import room_id
from agentgather.store.home import Home
from agentgather.store.lock import RoomLock
from tests.cli.terminal import serving, start, tell


def token_of(home: Path) -> str:
    return str(json.loads((home / "current-room.json").read_text())["token"])


def base_url_of(home: Path) -> str:
    return str(json.loads((home / "current-room.json").read_text())["baseUrl"])


def get(url: str, token: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=sent, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tell(tmp_path, "room", "start", "lab")
    return tmp_path


def test_a_room_is_served_and_said_in_one_line(home: Path) -> None:
    with serving(home) as daemon:
        assert daemon.first_line == f"serving lab at {daemon.url}\n"
        status, answer = get(f"{daemon.url}/status", token_of(home))
        assert (status, answer["room"], answer["is_host"]) == (200, "lab", True)
        ended = daemon.stop()
    assert ended.code == 0
    assert ended.out == ""
    assert "Traceback" not in ended.err


def test_the_line_may_be_json(home: Path) -> None:
    with serving(home, "--json") as daemon:
        said = json.loads(daemon.first_line)
        assert said["ok"] is True
        assert said["rooms"] == [{"room": "lab", "url": said["url"], "public_url": None}]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_is_answered_before_the_daemon_leaves(home: Path, number: signal.Signals) -> None:
    answers: list[tuple[int, dict[str, Any]]] = []
    with serving(home) as daemon:
        token = token_of(home)
        _, page = get(f"{daemon.url}/messages", token)
        asked = f"{daemon.url}/wait?participant=host&hold=50&since_id={page['next_since_id']}"
        waiter = threading.Thread(target=lambda: answers.append(get(asked, token)))
        waiter.start()
        _, status = get(f"{daemon.url}/status", token)
        while status["participants"][0]["last_seen_age_ms"] != 0:  # a held wait counts as seen now
            _, status = get(f"{daemon.url}/status", token)
        ended = daemon.stop(number)
        waiter.join(timeout=30)
    assert ended.code == 0
    assert [(code, answer["reason"]) for code, answer in answers] == [(200, "shutdown")]


def test_seats_of_this_home_follow_the_room_to_where_it_is_served(home: Path) -> None:
    with serving(home) as daemon:
        assert base_url_of(home) == daemon.url
        assert json.loads((home / "seats" / "lab@host.json").read_text())["baseUrl"] == daemon.url
        first = daemon.url
        daemon.stop()
    with serving(home, "room", "serve") as again:  # no port is said: links that were handed out stay good
        assert again.url == first


def test_a_seat_in_a_namesake_elsewhere_is_left_alone(home: Path) -> None:
    elsewhere = {
        "roomId": "lab",
        "alias": "bob",
        "token": "agt_of_another_room",
        "baseUrl": "https://there.example.org",
    }
    (home / "seats" / "lab@bob.json").write_text(json.dumps(elsewhere))
    with serving(home) as daemon:
        daemon.stop()
    assert json.loads((home / "seats" / "lab@bob.json").read_text()) == elsewhere


def test_a_url_of_yesterday_does_not_keep_a_room_from_being_served(home: Path) -> None:
    for path in (home / "current-room.json", home / "seats" / "lab@host.json"):
        seat = json.loads(path.read_text())
        del seat["check"]
        path.write_text(json.dumps({**seat, "baseUrl": "https://gone.example.org/lab"}))
    with serving(home) as daemon:
        assert daemon.url.startswith("http://127.0.0.1:")
        assert base_url_of(home) == daemon.url
        ended = daemon.stop()
    assert "--url https://gone.example.org/lab --allow-remote" in ended.err


def test_what_is_handed_out_names_the_public_url(home: Path) -> None:
    with serving(home, "--url", "https://rooms.example.org/lab", "--allow-remote") as daemon:
        assert daemon.url == "https://rooms.example.org/lab"
        invited = tell(home, "room", "invite", "bob", "--json").answer
        assert invited["browser_url"].startswith("https://rooms.example.org/lab/?")


def test_a_busy_port_is_one_clear_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = tell(home, "room", "serve", "--port", str(port), "--json")
    assert (refused.code, refused.error["error"], refused.error["field"]) == (3, "port_busy", "port")
    assert str(port) in refused.error["message"]


def test_a_port_that_another_room_of_this_home_has_is_told_with_that_room(home: Path) -> None:
    with serving(home) as daemon:
        tell(home, "room", "start", "desk")
        refused = tell(home, "up", "desk", "--port", str(urlsplit(daemon.url).port), "--json")
        assert (refused.code, refused.error["error"]) == (3, "port_busy")
        assert f"process {daemon.process.pid} serves lab at {daemon.url}" in refused.error["message"]
        assert "agentgather room serve lab desk" in refused.error["hint"]


def test_a_room_that_could_not_be_served_is_not_the_one_that_commands_go_to(home: Path) -> None:
    with serving(home) as daemon:
        refused = tell(home, "up", "new", "--port", str(urlsplit(daemon.url).port), "--json")
        assert refused.error["error"] == "port_busy"
        assert tell(home, "room", "invite", "bob", "--json").answer["room"] == "lab"


def test_an_address_of_another_machine_is_one_clear_line(home: Path) -> None:
    words = ("--host", "192.0.2.1", "--allow-remote", "--url", "https://rooms.example.org")
    refused = tell(home, "room", "serve", "--port", "0", "--json", *words)
    assert refused.error["error"] == "address_unusable"


def test_a_second_daemon_names_the_first(home: Path) -> None:
    with serving(home) as daemon:
        refused = tell(home, "room", "serve", "--port", "0", "--json")
        assert (refused.code, refused.error["error"]) == (3, "room_locked")
        assert f"process {daemon.process.pid} " in refused.error["message"]
        assert daemon.url in refused.error["message"]
        assert get(f"{daemon.url}/status", token_of(home))[0] == 200


def test_a_command_that_has_the_room_open_is_waited_for(home: Path) -> None:
    """A daemon that comes back after a crash finds those that the host's commands opened the room for meanwhile."""
    lock = RoomLock.take(Home(home).lock_file(room_id("lab")), now="2026-01-05T09:30:00.000Z")
    process = start(home, "room", "serve", "--port", "0", "--json")
    try:
        assert process.stderr is not None
        assert process.stdout is not None
        assert f"process {os.getpid()} has this room open; it is waited for" in process.stderr.readline().decode()
        lock.release()
        assert json.loads(process.stdout.readline())["ok"] is True
    finally:
        lock.release()
        process.kill()
        process.communicate()


def test_a_daemon_that_was_killed_leaves_a_room_that_is_served_again(home: Path) -> None:
    with serving(home) as daemon:
        posted = tell(home, "send", "host", "before the end", "--json").answer["message"]
        daemon.process.kill()
        daemon.process.wait(timeout=30)
    with serving(home) as again:
        status, page = get(f"{again.url}/messages", token_of(home))
        assert (status, page["messages"][-1]) == (200, posted)


def test_several_rooms_stand_each_below_its_name(home: Path) -> None:
    tell(home, "room", "start", "den")
    with serving(home, "--all", "--json") as daemon:
        rooms = {one["room"]: one["url"] for one in json.loads(daemon.first_line)["rooms"]}
        assert set(rooms) == {"den", "lab"}
        assert all(url.endswith(f"/{room}") for room, url in rooms.items())
        for room in rooms:
            assert tell(home, "room", "status", "--room", room, "--json").answer["room"] == room
        daemon.stop()
    with serving(home, "den", "lab") as daemon:
        assert daemon.url.endswith("/den")


def test_a_room_that_is_not_here_is_not_found(home: Path) -> None:
    refused = tell(home, "room", "serve", "nowhere", "--port", "0", "--json")
    assert (refused.code, refused.error["error"]) == (4, "room_not_found")


def test_what_to_serve_has_to_be_clear(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tell(tmp_path_factory.mktemp("empty"), "room", "serve", "--json")
    assert (empty.code, empty.error["error"]) == (4, "no_room")
    both = tell(home, "room", "serve", "lab", "--all", "--json")
    assert both.code == 2
    tell(home, "room", "start", "den")
    (home / "current-room.json").unlink()
    several = tell(home, "room", "serve", "--json")
    assert several.code == 2
    assert "den, lab" in several.error["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("--host", "0.0.0.0"),
        ("--host", "0.0.0.0", "--allow-remote"),
        ("--host", "0.0.0.0", "--allow-remote", "--url", "http://127.0.0.1:8787"),
        ("--url", "https://rooms.example.org"),
        ("--url", "http://rooms.example.org", "--allow-remote"),
    ],
)
def test_nothing_is_exposed_by_accident(words: tuple[str, ...], home: Path) -> None:
    refused = tell(home, "room", "serve", "--port", "0", "--json", *words)
    assert (refused.code, refused.error["error"]) == (2, "invalid_setting")
    assert not (home / "rooms" / "lab" / "daemon.json").exists()


def test_an_impossible_setting_is_refused_before_anything_is_served(home: Path) -> None:
    by_flag = tell(home, "room", "serve", "--posts-per-minute", "many", "--json")
    assert "--posts-per-minute" in by_flag.error["message"]
    by_variable = tell(home, "room", "serve", "--json", environ={"AGENTGATHER_DRAIN_SECONDS": "-1"})
    assert "AGENTGATHER_DRAIN_SECONDS" in by_variable.error["message"]
    (home / "agentgather.toml").write_text("[room]\nposts_per_hour = 3\n")
    by_file = tell(home, "room", "serve", "--json")
    assert "did you mean room.posts_per_minute?" in by_file.error["message"]
    assert {by_flag.code, by_variable.code, by_file.code} == {2}


def test_settings_reach_the_room_from_every_place(home: Path) -> None:
    (home / "agentgather.toml").write_text("[room]\nto_max = 0\ntext_units_max = 3\n")
    with serving(home, "--text-units-max", "5", environ={"AGENTGATHER_BODY_BYTES_MAX": "2000"}) as daemon:
        token, url = token_of(home), f"{daemon.url}/messages"
        assert get(url, token, {"text": "12345"})[0] == 201
        assert get(url, token, {"text": "123456"})[1]["error"] == "text_too_long"
        assert get(url, token, {"text": "x", "to": ["host"]})[1]["error"] == "invalid_to"
        assert get(url, token, {"text": "x", "context": {"y": "z" * 3_000}})[1]["error"] == "body_too_large"


def test_the_log_is_json_lines_without_a_token(home: Path) -> None:
    with serving(home, "--log-format", "json", "--log-level", "debug") as daemon:
        get(f"{daemon.url}/wait?token={token_of(home)}", "")
        get(f"{daemon.url}/messages?since_id=0", token_of(home), {"text": "a secret thing"})
        ended = daemon.stop()
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {"serving", "stopping", "stopped", "answered"} <= {line["event"] for line in lines}
    assert all(line["ts"].endswith("Z") and line["level"] for line in lines)
    for secret in (token_of(home), "since_id", "a secret thing"):
        assert secret not in ended.err


def test_a_closed_stdout_does_not_end_the_daemon_in_silence(home: Path) -> None:
    process = start(home, "room", "serve", "--port", "0", "--json")
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        process.stdout.close()  # whoever read the first line has gone
        assert get(f"{url}/status", token_of(home))[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait(timeout=30)
        assert process.stderr is not None
        process.stderr.close()
