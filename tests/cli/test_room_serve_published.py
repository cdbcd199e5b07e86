from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentgather.cli.invitation import read_invitation
from tests.cli.terminal import Serving, serving, start, tell
from tests.journeys.proxied_rooms import program
from tests.ports import free_port


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert tell(home, "room", "start", "lab").code == 0
    return home


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "broker", "broker", "serve", "--port", "0", "--json") as broker:
        yield broker


def card_url(home: Path, *room: str) -> str:
    """Where an invitation of this moment leads."""
    told = tell(home, "room", "invite", "bob", "--rotate", *room, "--json").answer
    return read_invitation(str(told["browser_url"])).base_url


def health(url: str) -> dict[str, Any]:
    return dict(httpx.get(f"{url}/healthz", trust_env=False, timeout=30).json())


def until(process: Any, words: bytes) -> None:
    """Read the log of a process up to the line with `words` in it."""
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"it ended without {words!r}")


@pytest.mark.parametrize("words", [("room", "serve", "lab"), ("up", "lab")])
def test_one_daemon_serves_a_room_and_publishes_it(home: Path, broker: Serving, words: tuple[str, ...]) -> None:
    public = f"{broker.told['url']}/hunt"
    published = (*words, "--port", "0", "--broker", broker.told["url"], "--subdomain", "hunt", "--json")
    with serving(home, *published) as daemon:
        assert daemon.told["public_url"] == public
        assert daemon.told["url"].startswith("http://127.0.0.1:")
        assert health(public)["ok"] is True
        assert card_url(home) == public
        status = tell(home, "tunnel", "status", "--json").answer
        assert (status["status"], status["answers"], status["pid"]) == ("live", True, daemon.process.pid)
        stop = tell(home, "tunnel", "stop", "--json")
        assert (stop.code, stop.error["error"]) == (3, "tunnel_running")
        assert daemon.stop().code == 0
    assert not list((home / "rooms/lab").glob("tunnel.*"))


def test_a_person_reads_both_urls(home: Path, broker: Serving) -> None:
    with serving(home, "--broker", broker.told["url"]) as daemon:
        ended = daemon.stop()
    assert daemon.first_line.startswith("serving lab at http://127.0.0.1:")
    assert f"published at {broker.told['url']}/lab" in ended.out


def test_the_seat_of_the_host_keeps_the_url_of_this_machine(home: Path, broker: Serving) -> None:
    with serving(home, "--broker", broker.told["url"], "--json") as daemon:
        assert json.loads((home / "current-room.json").read_text())["baseUrl"] == daemon.told["url"]
        assert daemon.stop().code == 0
    with serving(home, "room", "serve", "--json") as again:
        assert (again.told["url"], again.told["public_url"]) == (daemon.told["url"], None)


def test_several_rooms_are_each_below_the_one_name(home: Path, broker: Serving) -> None:
    assert tell(home, "room", "start", "desk").code == 0
    both = ("room", "serve", "--all", "--port", "0", "--broker", broker.told["url"], "--json")
    unnamed = tell(home, *both)
    assert (unnamed.code, unnamed.error["field"]) == (2, "subdomain")
    with serving(home, *both, "--subdomain", "house") as daemon:
        urls = {one["room"]: one["public_url"] for one in daemon.told["rooms"]}
        assert urls == {name: f"{broker.told['url']}/house/{name}" for name in ("lab", "desk")}
        assert all(health(url)["ok"] for url in urls.values())
        assert card_url(home, "--room", "lab") == urls["lab"]


def test_a_refusal_at_the_start_ends_the_command_with_its_code(home: Path, tmp_path: Path) -> None:
    closed = ("broker", "serve", "--port", "0", "--json", "--registration", "closed")
    with serving(tmp_path / "broker", *closed) as broker:
        process = start(home, "room", "serve", "--port", "0", "--broker", broker.told["url"], "--json")
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, out) == (3, b"")
    assert json.loads(err.splitlines()[-1])["error"] == "registration_closed"
    assert not {"daemon.json", "write.lock"} & {path.name for path in (home / "rooms/lab").iterdir()}


def test_a_later_end_of_the_tunnel_leaves_the_room_served_here(home: Path, tmp_path: Path, broker: Serving) -> None:
    process = start(home, "room", "serve", "--port", "0", "--broker", broker.told["url"], "--json")
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert tell(tmp_path / "broker", "broker", "close", "lab").code == 0
        until(process, b"the tunnel ended")
        assert card_url(home) == told["url"]
        assert health(told["url"])["ok"] is True
        assert tell(home, "tunnel", "status", "--json").answer["status"] == "stopped"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_a_hangup_after_the_end_of_the_tunnel_ends_nothing(home: Path, tmp_path: Path, broker: Serving) -> None:
    """It tells a tunnel to look now. That there is none any more is no reason to end the rooms."""
    words = ("room", "serve", "--port", "0", "--broker", broker.told["url"], "--json")
    with program(tmp_path / "daemon", home, *words) as daemon:
        url = json.loads(daemon.wait_for('"url"'))["url"]
        assert tell(tmp_path / "broker", "broker", "close", "lab").code == 0
        daemon.wait_for("the tunnel ended", where=daemon.err)
        for _ in range(3):
            daemon.process.send_signal(signal.SIGHUP)
            assert health(url)["ok"] is True
        assert daemon.stop() == 0


def test_a_broker_that_is_away_at_the_start_does_not_keep_the_room_from_its_people(home: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "broker", "broker", "serve", "--port", "0", "--json") as broker:
        url, port = broker.told["url"], broker.told["url"].rpartition(":")[2]
        assert broker.stop().code == 0
    process = start(home, "room", "serve", "--port", "0", "--broker", url, "--json")
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["public_url"] is None
        assert card_url(home) == told["url"]
        with serving(tmp_path / "broker", "broker", "serve", "--port", port, "--json"):
            until(process, b"INFO published")
            assert card_url(home) == f"{url}/lab"
    finally:
        process.kill()
        process.communicate()


def test_a_tunnel_that_runs_beside_is_not_doubled(home: Path, broker: Serving) -> None:
    with (
        serving(home, "room", "serve", "--port", "0", "--json") as first,
        serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json"),
    ):
        assert first.stop().code == 0
        process = start(home, "room", "serve", "--broker", broker.told["url"], "--json")
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
        assert (process.returncode, json.loads(err.splitlines()[-1])["error"]) == (3, "tunnel_running")


def test_a_daemon_that_is_told_to_stop_before_its_broker_said_anything_leaves_in_order(home: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = ("room", "serve", "lab", "--port", str(port), "--broker", f"http://127.0.0.1:{silent.getsockname()[1]}")
        silent.settimeout(30)
        process = start(home, *words, "--json")
        try:
            with silent.accept()[0]:  # who came there serves the room already
                assert health(f"http://127.0.0.1:{port}")["ok"] is True
                process.send_signal(signal.SIGTERM)
                out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, out) == (0, b"")
    assert not (home / "rooms" / "lab" / "daemon.json").exists()
