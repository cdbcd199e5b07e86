"""Every hostile, broken and odd client of tests/vectors/http_probes.py, against a server of short deadlines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.player import play
from tests.serving.process import ServerProcess, serving
from tests.vectors.http_probes import Probe, probes


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serving(limits={"header_seconds": 0.3, "body_seconds": 0.3, "idle_seconds": 5}) as running:
        yield running
        assert "Traceback" not in running.logged()


@pytest.mark.parametrize("probe", probes(), ids=lambda probe: probe.name)
def test_a_server_answers_every_probe_and_lives(probe: Probe, server: ServerProcess) -> None:
    answer = play(probe, server.port)
    if probe.code is not None:
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert server.is_well()
