"""Simulated worlds keep the promises of real ones, and are the same worlds again from the same seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.proofs.conftest import Short

ROOT = Path(__file__).parents[2]


def test_whatever_breaks_a_simulated_world_keeps_its_promises(short: Short) -> None:
    figures = short("simulation")
    assert figures["simulated hours"] >= 100
    assert figures["posts acknowledged"] > 200
    assert figures["records heard"] > 1_000
    assert figures["waits ended: message"] > 200
    assert figures["waits ended: heartbeat"] > 100
    assert figures["power cuts"] + figures["kills"] > 10
    assert figures["answers lost"] > 100


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
    one, other = (process.communicate(timeout=100)[0] for process in processes)
    assert one == other
    assert one.startswith("digest ")
    assert int(one.split()[3].replace(",", "")) > 500
