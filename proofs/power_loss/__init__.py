"""Power loss: what a disk may hold after the power went at any step of a room's life opens, with all that was acknowledged.

A real daemon, its clients, the home's documents and a broker's leases live under strace(1) (`life`, `tracing`). What they
ask of the file system is done to a model of a disk (`following`, `machine`), which tells what may be on it after an outage
(`outage`). Each such disk is put into a directory and opened by the product (`restart`), and held against what anybody had
been told by then (`promises`). The machine's coming up is recorded too, and the power goes in it again (`reopening`).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from proofs.power_loss.trial import Trial
from proofs.proof import Batch, Proof

PARTS = 3  # of a life: two that end badly, or go through trouble, and one that ends in order


def run(batch: Batch) -> None:
    for number in batch:
        folder = batch.folder / str(number)
        folder.mkdir()
        with memory(folder) as disk:
            trial = Trial(folder, Path(disk), batch.random(number), batch.figures)
            trial.live(seed=f"{batch.seed} {number}", parts=PARTS)
            trial.recover()
        shutil.rmtree(folder)


def memory(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A directory in memory where that can be had: the disks put there are models, and need no real one to sync them."""
    shared = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else folder, prefix="agentgather-")


PROOF = Proof(
    name="power-loss",
    claim="Whatever a disk may hold after the power went at any step of a room's life: the room opens, everything that was "
    "acknowledged to anybody or read by anybody is there, and only what never was is cut off. So it is when the power "
    "goes again while the room opens.",
    trials="lives of a machine",
    short=1,
    long=20,
    batch=1,
    run=run,
)
