"""Deterministic simulation: whole worlds in one process, on virtual time, from one seed each."""

from __future__ import annotations

import logging
from pathlib import Path
from time import monotonic

from proofs.figures import Figures
from proofs.proof import Batch, Disproved, Proof
from proofs.simulation.scheduling import run
from proofs.simulation.trace import BugsAreHeard, Tell
from proofs.simulation.world import World

HOURS = 24.0  # of a world in which people have patience; leases outlast it


def simulate(seed: str, folder: Path, *, figures: Figures, hours: float = HOURS, tell: Tell = None) -> World:
    """One world, to its end. Raises Disproved, with the end of its trace as a note."""
    world = World(seed, folder, hours=hours, figures=figures, tell=tell)
    bugs = BugsAreHeard()
    loggers = [logging.getLogger(name) for name in ("agentgather", "agentgather_broker")]
    for one in loggers:
        one.addHandler(bugs)
        one.propagate, one.disabled = False, False
    try:
        run(world.run, seed=seed)
        if bugs.bugs:
            raise Disproved("the product met a bug of its own:\n" + bugs.bugs[0])
    except BaseException as broken:
        broken.add_note(f"seed {seed!r}, the last events:\n" + "\n".join([*world.trace.last, *bugs.bugs]))
        raise
    finally:
        for one in loggers:
            one.removeHandler(bugs)
            one.propagate = True
    return world


def _run(batch: Batch) -> None:
    for number in batch:
        folder = batch.folder / str(number)
        began = monotonic()
        world = simulate(f"{batch.seed} {number}", folder, figures=batch.figures)
        batch.figures.sample("simulated hours a second", world.hours / (monotonic() - began))


PROOF = Proof(
    name="simulation",
    claim="Whatever breaks, in whatever order: nobody hears what is not durable, what was heard stays, appends and reads are "
    "linearisable, every wait ends in one of its ways, every refusal has a stable code. Whole worlds on virtual time, the room's "
    "own code over a simulated disk and network, every answer held against a plain model as it comes.",
    trials="worlds",
    short=3,
    long=450,
    batch=5,
    run=_run,
)
