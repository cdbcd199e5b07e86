"""Daemons under a service manager: it hears when they serve, and SIGHUP is no reason to end."""

from __future__ import annotations

import signal
import socket
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentgather_broker.keys import fingerprint_of
from tests.cli.terminal import tell
from tests.journeys.proxied_rooms import program

PATIENCE_SECONDS = 20
BROKER = ("broker", "serve", "--port", "0")


def socket_of(folder: Path) -> tuple[str, str]:
    return "--admin-socket", str(folder / "admin.sock")


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Where a daemon says that it serves."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(PATIENCE_SECONDS)
        yield listening


def test_a_manager_hears_once_that_a_broker_serves(tmp_path: Path, manager: socket.socket) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    with program(tmp_path / "one", tmp_path, *BROKER, *socket_of(tmp_path), environ=environ) as broker:
        assert manager.recv(100) == b"READY=1"
        assert stat.S_ISSOCK((tmp_path / "admin.sock").stat().st_mode)
        assert broker.stop() == 0


def test_a_manager_hears_that_a_room_is_served(tmp_path: Path, manager: socket.socket) -> None:
    assert tell(tmp_path, "room", "start", "lab").code == 0
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    with program(tmp_path / "one", tmp_path, "room", "serve", "--port", "0", environ=environ) as daemon:
        assert manager.recv(100) == b"READY=1"
        assert daemon.stop() == 0


def test_a_manager_that_is_gone_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path / "nobody")}
    with program(tmp_path / "one", tmp_path, *BROKER, *socket_of(tmp_path), environ=environ) as broker:
        broker.wait_for("admin socket")
        assert "cannot be told" in broker.err.read_text()
        assert broker.stop() == 0


def test_at_sighup_a_broker_reads_its_list_of_keys_anew(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    key = bytes(range(32))
    listed = f"ed25519:{urlsafe_b64encode(key).decode().rstrip('=')} by hand\n"
    words = (*BROKER, *socket_of(tmp_path), "--registration", "keys", "--keys-file", str(keys), "--log-format", "json")
    with program(tmp_path / "one", tmp_path, *words) as broker:
        broker.wait_for("admin socket")
        keys.write_text(listed)
        broker.process.send_signal(signal.SIGHUP)
        broker.wait_for('"event":"reread"', where=broker.err)
        assert fingerprints(tmp_path) == [fingerprint_of(key)]
        keys.write_text("no key at all\n")
        broker.process.send_signal(signal.SIGHUP)
        assert "line 1" in broker.wait_for("nothing was reread", where=broker.err)
        assert fingerprints(tmp_path) == [fingerprint_of(key)]
        assert broker.stop() == 0


def fingerprints(home: Path) -> list[str]:
    answer = tell(home, "broker", "keys", "--json", *socket_of(home)).answer
    return [one["fingerprint"] for one in answer["keys"]]
