"""The probes of the serving layer, against the daemon of a real room as a process of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Serving, serving, tell
from tests.vectors.http_probes import Probe, probes

SHORT = {
    "AGENTGATHER_HEADER_SECONDS": "0.5",
    "AGENTGATHER_BODY_SECONDS": "0.5",
    "AGENTGATHER_IDLE_SECONDS": "0.5",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home: Path = tmp_path_factory.mktemp("home")
    tell(home, "room", "start", "lab", "--json")
    with serving(home, environ=SHORT) as one:
        yield one
        assert one.stop().code == 0


def ask(daemon: Serving, *pieces: bytes, is_left: bool = False) -> bytes:
    host, port = daemon.url.removeprefix("http://").split(":")
    said = b""
    with socket.create_connection((host, int(port)), timeout=10) as one:
        try:
            for piece in pieces:
                one.sendall(piece)
            while not is_left and (part := one.recv(65_536)):
                said += part
        except (BrokenPipeError, ConnectionResetError):
            pass
    return said


@pytest.mark.parametrize("probe", list(probes()), ids=lambda probe: probe.name.replace(" ", "-"))
def test_the_room_answers_in_words_and_lives_on(daemon: Serving, probe: Probe) -> None:
    said = ask(daemon, *probe.pieces, is_left=probe.is_left)
    if not probe.is_left:
        head, _, body = said.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        assert status in probe.statuses | {405}, head
        assert b"content-security-policy" in head.lower()
        if status >= 400:
            answer = json.loads(body)
            assert answer["ok"] is False
            assert answer["error"].islower()
    assert daemon.process.poll() is None
    well = ask(daemon, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert json.loads(well.partition(b"\r\n\r\n")[2])["ok"] is True
