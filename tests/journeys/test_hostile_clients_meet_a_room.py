"""The probes of the serving layer, against the daemon of a real room as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.terminal import Serving, serving, tell
from tests.serving.player import play
from tests.serving.process import Caller
from tests.vectors.http_probes import Probe, probes

SHORT = {
    "AGENTGATHER_HEADER_SECONDS": "0.5",
    "AGENTGATHER_BODY_SECONDS": "0.5",
    "AGENTGATHER_IDLE_SECONDS": "5",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home: Path = tmp_path_factory.mktemp("home")
    tell(home, "room", "start", "lab", "--json")
    with serving(home, environ=SHORT) as one:
        yield one
        assert one.stop().code == 0


@pytest.mark.parametrize("probe", probes(), ids=lambda probe: probe.name)
def test_the_room_answers_in_words_and_lives_on(probe: Probe, daemon: Serving) -> None:
    port = urlsplit(daemon.url).port
    assert port is not None
    answer = play(probe, port)
    if answer.status is not None:
        assert "content-security-policy" in answer.headers
        if answer.status >= 400:
            assert answer.code is not None
    assert daemon.process.poll() is None
    with Caller(port) as caller:
        caller.get("/healthz")
        assert caller.answer().json["ok"] is True
