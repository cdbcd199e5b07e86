from __future__ import annotations

import json
import signal
from pathlib import Path

import httpx
import pytest

from tests.cli.terminal import Ran, serving, start, tell

KEY = "ed25519:WV_vUUS8z2bCY6ynJLaww-ztHL33FqCt10Y1CH0WENo"
FINGERPRINT = "SHA256:hIX0swTFWM7LDN-ScYU4kO--fn8490n3qTQISiXaY1Q"


def ran(home: Path, *words: str) -> Ran:
    """A command that might serve, in a process of its own, to its end."""
    process = start(home, *words)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    return Ran(process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_broker_says_where_it_is_and_that_it_stops(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "broker", "serve", "--port", "0") as broker:
        assert broker.first_line == f"broker at {broker.url}\n"
        assert httpx.get(f"{broker.url}/healthz", trust_env=False).json()["ok"] is True
        ended = broker.stop(number)
    assert ended.code == 0
    assert "registration: open" in ended.out
    assert ended.out.splitlines()[-1].startswith("stopping")
    assert "Traceback" not in ended.err


def test_every_request_of_a_visitor_is_a_line_of_json_that_names_nothing_of_theirs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert tell(home, "room", "start", "canary-room").code == 0
    with serving(tmp_path, "broker", "serve", "--port", "0", "--json") as broker:
        published = ("room", "serve", "canary-room", "--port", "0", "--broker", broker.told["url"], "--json")
        with serving(home, *published) as daemon:
            headers = {"Authorization": "Bearer canary-token", "User-Agent": "canary-agent"}
            url = f"{daemon.told['public_url']}/messages?since_id=canary-query"
            assert httpx.get(url, headers=headers, trust_env=False).status_code == 401
            assert daemon.stop().code == 0
        ended = broker.stop()
    (line,) = ended.out.splitlines()
    told = json.loads(line)
    assert (told["event"], told["method"], told["path_class"], told["status"]) == ("forward", "GET", "messages", 401)
    assert "canary" not in ended.out + ended.err


def test_a_port_in_use_is_said_as_every_error_is(tmp_path: Path) -> None:
    with serving(tmp_path / "room", "up", "--port", "0", "--json") as other:
        port = other.told["url"].rpartition(":")[2]
        busy = ran(tmp_path, "broker", "serve", "--port", port, "--json")
    assert (busy.code, busy.error["error"], busy.error["field"]) == (3, "port_busy", "port")
    assert not (tmp_path / "broker.sock").exists()


def test_a_second_broker_is_refused_unless_it_takes_over(tmp_path: Path) -> None:
    with serving(tmp_path, "broker", "serve", "--port", "0", "--json") as first:
        port = first.told["url"].rpartition(":")[2]
        same_port = ran(tmp_path, "broker", "serve", "--port", port, "--json", "--admin-socket", str(tmp_path / "b"))
        assert (same_port.code, same_port.error["error"], same_port.error["field"]) == (3, "port_busy", "port")
        same_socket = ran(tmp_path, "broker", "serve", "--port", "0", "--json")
        assert (same_socket.code, same_socket.error["field"]) == (3, "admin_socket")
        assert "--takeover" in same_socket.error["hint"]
        with serving(tmp_path, "broker", "serve", "--port", port, "--takeover", "--json") as second:
            assert second.told["url"] == first.told["url"]
            assert first.stop().code == 0
            assert httpx.get(f"{second.told['url']}/healthz", trust_env=False).json()["ok"] is True
            assert tell(tmp_path, "broker", "routes", "--json").code == 0


def test_settings_come_from_a_file_the_environment_and_flags(tmp_path: Path) -> None:
    file = tmp_path / "broker.toml"
    file.write_text('[broker]\nport = 0\nregistration = "closed"\nadmin_socket = "from-the-file"\n')
    environ = {
        "AGENTGATHER_BROKER_CONFIG": str(file),
        "AGENTGATHER_BROKER_ADMIN_SOCKET": str(tmp_path / "from-the-environment"),
        "AGENTGATHER_BROKER_PUBLIC_URL": "https://rooms.example",
    }
    with serving(tmp_path, "broker", "serve", "--public-url", "https://flag.example", "--json", environ=environ) as one:
        assert (one.told["url"], one.told["registration"]) == ("https://flag.example", "closed")
        assert one.told["admin_socket"] == str(tmp_path / "from-the-environment")
        shown = tell(tmp_path, "config", "--broker", "--json", environ=environ).answer
    told = {setting["name"]: (setting["value"], setting["origin"]) for setting in shown["settings"]}
    assert shown["file"] == str(file)
    assert told["port"] == (0, f"{file}, broker.port")
    assert told["public_url"] == ("https://rooms.example", "AGENTGATHER_BROKER_PUBLIC_URL")
    assert told["waits_max"] == (32, "default")


def test_the_socket_is_in_the_directory_for_such_things_when_there_is_one(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    with serving(tmp_path / "home", "broker", "serve", "--port", "0", "--json", environ=environ) as broker:
        assert broker.told["admin_socket"] == str(tmp_path / "agentgather-broker.sock")
        assert tell(tmp_path / "home", "broker", "routes", environ=environ).code == 0


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--public-url", "https://rooms.example"), "no_keys_file", 2),
        (("--public-url", "http://rooms.example"), "insecure_remote", 3),
        (("--registration", "keys", "--allow-unkeyed"), "usage", 2),
        (("--port", "70000"), "invalid_setting", 2),
        (("--config", "/nowhere/broker.toml"), "file_not_found", 4),
    ],
)
def test_what_may_not_be_served_is_not(tmp_path: Path, words: tuple[str, ...], code: str, exit_code: int) -> None:
    refused = tell(tmp_path, "broker", "serve", *words, "--json")
    assert (refused.code, refused.error["error"]) == (exit_code, code)


@pytest.mark.parametrize("name", ["keys-file", "state-file"])
def test_a_file_that_cannot_be_trusted_keeps_a_broker_from_starting(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("neither keys nor leases\n")
    refused = ran(tmp_path, "broker", "serve", "--port", "0", f"--{name}", str(tmp_path / "file"), "--json")
    assert (refused.code, refused.error["error"]) == (6, "damaged")


def test_an_operator_sees_and_steers_a_broker(tmp_path: Path) -> None:
    kept = ("--keys-file", str(tmp_path / "keys"), "--state-file", str(tmp_path / "state"))
    with serving(tmp_path, "broker", "serve", "--port", "0", "--json", *kept) as broker:
        assert tell(tmp_path, "broker", "routes").out == "no routes\n"
        assert tell(tmp_path, "broker", "keys").out == "no keys\n"
        assert tell(tmp_path, "broker", "keys", "add", KEY, "ann", "in", "Oslo").code == 0
        assert tell(tmp_path, "broker", "keys").out == f"{FINGERPRINT}  {KEY}  ann in Oslo\n"
        assert tell(tmp_path, "broker", "block", "lab", "--for", "30d").code == 0
        nothing = tell(tmp_path, "broker", "close", "lab", "--json")
        assert (nothing.code, nothing.error["error"]) == (4, "route_not_found")
        assert broker.stop().code == 0
    with serving(tmp_path, "broker", "serve", "--port", "0", "--json", *kept):
        (lease,) = tell(tmp_path, "broker", "routes", "--json").answer["leases"]
        assert (lease["route_slug"], lease["blocked"]) == ("lab", True)
        assert "blocked" in tell(tmp_path, "broker", "routes").out
        assert tell(tmp_path, "broker", "unblock", "lab").code == 0
        assert tell(tmp_path, "broker", "keys", "remove", FINGERPRINT).code == 0
        unknown = tell(tmp_path, "broker", "keys", "remove", FINGERPRINT, "--json")
        assert (unknown.code, unknown.error["error"]) == (4, "unknown_key")


@pytest.mark.parametrize(
    "words",
    [("keys", "list", "x"), ("keys", "add"), ("keys", "remove"), ("keys", "rotate"), ("block", "lab", "--for", "none")],
)
def test_a_mistake_is_told_before_any_broker_is_asked(tmp_path: Path, words: tuple[str, ...]) -> None:
    refused = tell(tmp_path, "broker", *words, "--json")
    assert (refused.code, refused.error["error"]) == (2, "usage")


@pytest.mark.parametrize("words", [("routes",), ("close", "lab"), ("block", "lab"), ("unblock", "lab"), ("keys",)])
def test_without_a_broker_nothing_can_be_asked(tmp_path: Path, words: tuple[str, ...]) -> None:
    silent = tell(tmp_path, "broker", *words, "--json", environ={"XDG_RUNTIME_DIR": ""})
    assert (silent.code, silent.error["error"]) == (5, "no_broker")
    assert str(tmp_path / "broker.sock") in silent.error["message"]
