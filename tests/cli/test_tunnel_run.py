from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentgather.cli.invitation import read_invitation
from tests.cli.terminal import Ran, Serving, no_tunnel_left, serving, start, tell

LAB = "rooms/lab"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert tell(home, "room", "start", "lab").code == 0
    return home


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Serving]:
    """A broker in a process and a home of its own."""
    with serving(tmp_path / "broker", "broker", "serve", "--port", "0", "--json") as broker:
        yield broker


@pytest.fixture
def daemon(home: Path) -> Iterator[Serving]:
    with serving(home, "room", "serve", "lab", "--port", "0", "--json") as daemon:
        yield daemon


def card_url(home: Path) -> str:
    """Where an invitation of this moment leads."""
    told = tell(home, "room", "invite", "bob", "--rotate", "--json").answer
    return read_invitation(str(told["browser_url"])).base_url


def answers_at(url: str) -> bool:
    return bool(httpx.get(f"{url}/healthz", trust_env=False).json()["ok"])


def test_a_room_is_published_until_the_tunnel_is_stopped(home: Path, broker: Serving, daemon: Serving) -> None:
    local, public = daemon.told["url"], f"{broker.told['url']}/lab"
    assert card_url(home) == local
    with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json") as tunnel:
        assert {name: tunnel.told[name] for name in ("room", "route_slug", "public_base_url", "target_url")} == {
            "room": "lab",
            "route_slug": "lab",
            "public_base_url": public,
            "target_url": local,
        }
        assert answers_at(public)
        assert card_url(home) == public
        assert tell(home, "room", "status", "--json").answer["public_url"] == public
        assert tunnel.stop(signal.SIGINT).code == 0
    assert card_url(home) == local
    assert not {"tunnel.json", "tunnel.lock"} & {path.name for path in (home / LAB).iterdir()}


def test_a_person_is_told_what_to_do_and_when_it_is_over(home: Path, broker: Serving, daemon: Serving) -> None:
    with serving(home, "tunnel", "run", "lab", "--broker", broker.told["url"]) as tunnel:
        assert tunnel.first_line == f"lab is published at {broker.told['url']}/lab\n"
        ended = tunnel.stop()
    assert ended.code == 0
    assert "keep this running" in ended.out
    assert ended.out.splitlines()[-1] == "lab is off the web again (signal)"


def test_a_room_is_served_again_as_before_after_its_tunnel(home: Path, broker: Serving) -> None:
    with serving(home, "room", "serve", "lab", "--port", "0", "--json") as daemon:
        url = daemon.told["url"]
        with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json") as tunnel:
            assert tunnel.stop().code == 0
        assert daemon.stop().code == 0
    with serving(home, "room", "serve", "--json") as daemon:
        assert (daemon.told["url"], daemon.told["public_url"]) == (url, None)


def test_the_daemon_may_be_restarted_under_a_live_tunnel_and_move(home: Path, broker: Serving) -> None:
    with serving(home, "room", "serve", "lab", "--port", "0", "--json") as daemon:
        tunnel_run = serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json")
        with tunnel_run as tunnel:
            assert daemon.stop().code == 0
            with serving(home, "room", "serve", "lab", "--json") as again:
                assert again.told["url"] == daemon.told["url"]
                assert answers_at(tunnel.told["public_base_url"])
                assert card_url(home) == tunnel.told["public_base_url"]
                assert again.stop().code == 0
            with serving(home, "room", "serve", "lab", "--port", "0", "--json") as elsewhere:
                assert elsewhere.told["url"] != daemon.told["url"]
                assert answers_at(tunnel.told["public_base_url"])


def test_a_tunnel_that_was_killed_publishes_nothing(home: Path, broker: Serving, daemon: Serving) -> None:
    with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json") as tunnel:
        assert card_url(home) == tunnel.told["public_base_url"]
        tunnel.stop(signal.SIGKILL)
    assert (home / LAB / "tunnel.json").exists()
    assert card_url(home) == daemon.told["url"]
    assert tell(home, "tunnel", "status", "--json").answer["status"] == "stopped"
    with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json") as tunnel:
        assert card_url(home) == tunnel.told["public_base_url"]


def test_a_broken_link_takes_the_public_url_back_until_it_is_mended(
    tmp_path: Path, home: Path, daemon: Serving
) -> None:
    state = str(tmp_path / "state")
    words = ("broker", "serve", "--json", "--state-file", state, "--port")
    with serving(tmp_path / "broker", *words, "0") as broker:
        port = str(broker.told["url"].rpartition(":")[2])
        process = start(home, "tunnel", "run", "--broker", broker.told["url"], "--json")
        assert process.stdout is not None
        public = json.loads(process.stdout.readline())["public_base_url"]
        assert process.stderr is not None
        broker.stop(signal.SIGKILL)
    try:
        _read_until(process.stderr, b"no link to the broker")
        assert tell(home, "tunnel", "status", "--json").answer["status"] == "connecting"
        assert card_url(home) == daemon.told["url"]
        with serving(tmp_path / "broker", *words, port):
            _read_until(process.stderr, b"INFO published")
            assert card_url(home) == public
            assert answers_at(public)
    finally:
        process.kill()
        process.communicate(timeout=30)


def _read_until(stream: Any, words: bytes) -> None:
    """Read the lines of a log up to the one with `words` in it."""
    for line in stream:
        if words in line:
            return
    raise AssertionError(f"it ended without {words!r}")


def test_a_broker_that_refuses_ends_it_with_three_and_leaves_nothing(
    home: Path, tmp_path: Path, daemon: Serving
) -> None:
    closed = ("broker", "serve", "--port", "0", "--json", "--registration", "closed")
    with serving(tmp_path / "broker", *closed) as broker:
        ran = tell_in_its_own(home, "tunnel", "run", "--broker", broker.told["url"], "--json")
    assert (ran.code, ran.error["error"]) == (3, "registration_closed")
    assert not list((home / LAB).glob("tunnel.*"))


def test_a_name_that_is_anothers_ends_it_with_three(
    home: Path, tmp_path: Path, broker: Serving, daemon: Serving
) -> None:
    other = tmp_path / "other"
    assert tell(other, "room", "start", "lab").code == 0
    with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json"):
        target = ("--target", daemon.told["url"])
        ran = tell_in_its_own(other, "tunnel", "run", "--broker", broker.told["url"], *target, "--json")
    assert (ran.code, ran.error["error"]) == (3, "route_slug_taken")
    assert "--subdomain" in ran.error["hint"]


def test_a_room_has_one_tunnel_at_a_time(home: Path, broker: Serving, daemon: Serving) -> None:
    with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json") as tunnel:
        again = ("--broker", broker.told["url"], "--subdomain", "other", "--json")
        for words in (("tunnel", "run", *again), ("tunnel", "start", *again)):
            ran = tell_in_its_own(home, *words)
            assert (ran.code, ran.error["error"]) == (3, "tunnel_running")
            assert str(tunnel.process.pid) in ran.error["message"]


def tell_in_its_own(home: Path, *words: str) -> Ran:
    """As `tell`, in a process of its own: a tunnel looks at signals, which a test's own process has other uses for."""
    process = start(home, *words)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    return Ran(process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize("url", ["http://rooms.example", "http://10.0.0.1:8799"])
@pytest.mark.parametrize(
    "words", [("tunnel", "run"), ("tunnel", "start"), ("room", "serve", "--port", "0"), ("up", "lab")]
)
def test_a_broker_elsewhere_is_reached_by_https_or_not_at_all(home: Path, words: tuple[str, ...], url: str) -> None:
    ran = tell(home, *words, "--broker", url, "--json")
    assert (ran.code, ran.error["error"], ran.error["field"]) == (3, "insecure_remote", "broker")


@pytest.mark.parametrize(
    "target",
    ["http://rooms.example", "https://127.0.0.1:8787", "http://10.0.0.1", "http://127.0.0.1.example", "", "file:///etc",
     "http://127.0.0.1@rooms.example", "http://localhost.rooms.example"],
)  # fmt: skip
def test_a_tunnel_leads_to_this_machine_and_nowhere_else(home: Path, target: str) -> None:
    ran = tell(home, "tunnel", "run", "--broker", "http://127.0.0.1:9", "--target", target, "--json")
    assert (ran.code, ran.error["error"], ran.error["field"]) == (2, "usage", "target")


def test_a_room_that_nobody_serves_is_not_published(home: Path) -> None:
    ran = tell(home, "tunnel", "run", "--broker", "http://127.0.0.1:9", "--json")
    assert (ran.code, ran.error["error"]) == (5, "not_served")
    assert "agentgather room serve lab" in ran.error["hint"]


def test_without_a_broker_it_asks_for_one(home: Path) -> None:
    ran = tell(home, "tunnel", "run", "--json")
    assert (ran.code, ran.error["error"], ran.error["field"]) == (2, "usage", "broker")


def test_broker_and_name_may_be_settings(home: Path, broker: Serving, daemon: Serving) -> None:
    (home / "agentgather.toml").write_text(f'[tunnel]\nbroker_url = "{broker.told["url"]}"\nsubdomain = "hunt"\n')
    with serving(home, "tunnel", "run", "--json") as tunnel:
        assert tunnel.told["public_base_url"] == f"{broker.told['url']}/hunt"


def test_a_room_that_is_not_here_is_not_published(home: Path) -> None:
    ran = tell(home, "tunnel", "run", "desk", "--broker", "http://127.0.0.1:9", "--json")
    assert (ran.code, ran.error["error"]) == (4, "room_not_found")


def test_in_the_background_it_is_live_when_the_command_returns(home: Path, broker: Serving, daemon: Serving) -> None:
    with no_tunnel_left(home, "lab"):
        started = tell(home, "tunnel", "start", "--broker", broker.told["url"], "--json").answer
        assert "warning" not in started
        public = started["public_base_url"]
        assert answers_at(public)
        assert card_url(home) == public
        status = tell(home, "tunnel", "status", "--json").answer
        assert (status["status"], status["answers"], status["route_id"]) == ("live", True, started["route_id"])
        log = home / LAB / "tunnel.log"
        assert log.stat().st_mode & 0o777 == 0o600
        assert "published" in log.read_text()
        stopped = tell(home, "tunnel", "stop", "--json").answer
        assert stopped["pid"] == status["pid"]
        assert card_url(home) == daemon.told["url"]
        again = tell(home, "tunnel", "stop", "--json")
        assert (again.code, again.error["error"]) == (4, "no_tunnel")


def test_no_argument_of_a_tunnel_in_the_background_is_secret(home: Path, broker: Serving, daemon: Serving) -> None:
    token = json.loads((home / "current-room.json").read_text())["token"]
    with no_tunnel_left(home, "lab"):
        tell(home, "tunnel", "start", "--broker", broker.told["url"])
        pid = tell(home, "tunnel", "status", "--json").answer["pid"]
        seed = (home / "host.key").read_text().strip().partition(":")[2]
        for name in ("cmdline", "environ"):
            content = Path(f"/proc/{pid}/{name}").read_bytes().decode()
            assert token not in content
            assert seed not in content


def test_in_the_background_it_fails_with_the_brokers_own_reason(home: Path, tmp_path: Path, daemon: Serving) -> None:
    listed = (
        "broker",
        "serve",
        "--port",
        "0",
        "--json",
        "--registration",
        "keys",
        "--keys-file",
        str(tmp_path / "keys"),
    )
    with serving(tmp_path / "broker", *listed) as broker, no_tunnel_left(home, "lab"):
        ran = tell(home, "tunnel", "start", "--broker", broker.told["url"], "--json")
        assert (ran.code, ran.error["error"]) == (3, "key_not_admitted")
        assert "agentgather tunnel status" in ran.error["hint"]
        assert not (home / LAB / "tunnel.json").exists()
        key = tell(home, "tunnel", "status", "--json").answer["key"]
        assert tell(tmp_path / "broker", "broker", "keys", "add", key, "lab's host").code == 0
        assert tell(home, "tunnel", "start", "--broker", broker.told["url"], "--json").code == 0
        assert tell(home, "tunnel", "stop").code == 0


def test_a_route_that_its_brokers_operator_closes_stays_closed(
    home: Path, tmp_path: Path, broker: Serving, daemon: Serving
) -> None:
    with serving(home, "tunnel", "run", "--broker", broker.told["url"], "--json") as tunnel:
        (route,) = tell(tmp_path / "broker", "broker", "routes", "--json").answer["routes"]
        assert (route["route_slug"], route["connected"], route["route_id"]) == ("lab", True, tunnel.told["route_id"])
        assert tell(tmp_path / "broker", "broker", "close", "lab", "--json").code == 0
        ran = tunnel.ended()
        assert (ran.code, ran.out) == (3, "")
        assert json.loads(ran.err.splitlines()[-1])["error"] == "route_closed"
    assert card_url(home) == daemon.told["url"]
