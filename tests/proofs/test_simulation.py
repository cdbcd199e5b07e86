"""Simulated worlds keep the promises of real ones, and are the same worlds again from the same seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from proofs.figures import Figures
from proofs.proof import Disproved
from proofs.simulation import simulate
from proofs.simulation.storage import ProcessDisk

from tests.proofs.conftest import Short

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)  # it is work, not waiting: on a busy machine it takes as long as it takes
def test_whatever_breaks_a_simulated_world_keeps_its_promises(short: Short) -> None:
    figures = short("simulation")
    assert figures["simulated hours"] >= 50
    assert figures["posts acknowledged"] > 300
    assert figures["records heard"] > 2_000
    assert figures["waits ended: message"] > 500
    assert figures["waits ended: heartbeat"] > 100
    assert figures["answers lost"] > 50
    assert figures["networks silent"] > 3
    assert figures["connections broken between two pieces"] > 3
    assert figures["ends of the broker"] > 3
    assert figures["ends of the room's daemon"] > 5
    assert figures["claims met: route_slug_taken"] > 50
    assert figures["guesses met: unauthorized"] > 50
    assert figures["floods met: rate_limited"] > 50


def test_an_acknowledgement_before_the_disk_has_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessDisk, "sync", lambda disk, descriptor: None)
    with pytest.raises(Disproved, match="not durable") as found:
        simulate("1 0", tmp_path, figures=Figures())
    assert "seed '1 0'" in found.value.__notes__[0]


@pytest.mark.timeout(600)
def test_a_world_is_the_same_to_the_event_in_another_process() -> None:
    """Hashes of texts, and so the order of sets, are other ones there."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "proofs.simulation", "20260401", "0", "--hours", "1"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hashes},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hashes in ("1", "2")
    ]
    one, other = (process.communicate(timeout=500)[0] for process in processes)
    assert one == other
    assert one.startswith("digest ")
    assert int(one.split()[3].replace(",", "")) > 500
