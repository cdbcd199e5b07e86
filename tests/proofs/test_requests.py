"""A few thousand mutated requests, at a room and at its broker."""

from __future__ import annotations

import json
from pathlib import Path

from bench.processes import ProcessTree
from proofs.attacked import Door
from proofs.requests.lines import THE_END, Play, Traffic
from proofs.requests.mutants import Mutant

from tests.cli.terminal import serving, tell
from tests.proofs.conftest import Short


def test_a_body_that_the_last_word_completes_is_answered_and_its_connection_may_stay(tmp_path: Path) -> None:
    assert tell(tmp_path, "room", "start", "pit", "--alias", "ops").code == 0
    token = json.loads((tmp_path / "current-room.json").read_text())["token"]
    half = b'{"body":"Ship it '
    head = f"POST /brief HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    written = head.encode() + b"Content-Length: %d\r\n\r\n" % (len(half) + len(THE_END)) + half
    with serving(tmp_path, is_warm=True) as daemon:
        door = Door("direct", int(daemon.url.rpartition(":")[2]), "", ProcessTree(daemon.process.pid))
        traffic = Traffic(door, iter([Mutant(written, "meaning", 1)]))
        Play([traffic], awaited={"direct"}, final_wait_seconds=5).run(lambda: None)
        assert (traffic.played, sum(traffic.statuses.values())) == (1, 1)


def test_whatever_a_client_sends_everybody_else_is_served(short: Short) -> None:
    figures = short("requests")
    assert figures["mutants, direct door"] == figures["mutants, broker door"] == 3_000
    for door in ("direct", "broker"):
        assert figures[f"answers of 2xx, {door} door"] > 200, "few got past the front door"
        assert figures[f"answers of 4xx, {door} door"] > 1_000
    assert figures["requests of honest clients beside"] > 20
    for name in ("of those, refused or wrong", "of those, lost", "answers of 500", "crashes", "hangs"):
        assert figures[name] == 0
