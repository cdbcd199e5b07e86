"""Loops: agents that obey any text and answer everything are stopped by the guard at its number, and people are not."""

from __future__ import annotations

import shutil

import trio

from proofs.loops.constellation import constellation
from proofs.loops.trial import Trial
from proofs.proof import Batch, Proof


def run(batch: Batch) -> None:
    """Each trial has a daemon and rooms of its own, in this process, on real sockets."""
    for number in batch:
        choices = batch.random(number)
        folder = batch.folder / str(number)
        trial = Trial(folder, constellation(number, choices), choices, batch.figures)
        trio.run(trial.run)
        shutil.rmtree(folder)


PROOF = Proof(
    "loops",
    "Agents that obey any text and answer everything fall silent at the loop guard's number, in one room or between two, by "
    "HTTP, command line or curl, whatever they write, whoever they claim to be; no agent ends its pause; a person is never "
    "refused, is heard by all, and frees them for one more round, as the host's continue does.",
    "constellations",
    short=6,
    long=300,
    batch=10,
    run=run,
)
