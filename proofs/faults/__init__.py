"""Faults: disks that fail, tables that are full and clocks that jump, below real daemons that people are using.

strace answers calls of a running daemon with errors; a small disk of its own is filled; limits are lowered under it; its clock
is set. Whatever was acknowledged then has to be there, also after a restart, and whatever was refused must not be, unless that
was said.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import trio

from proofs.faults.ground import Ground
from proofs.faults.small_disk import NotPermitted
from proofs.faults.trials import SHORT, TRIALS
from proofs.proof import Batch, Disproved, Proof

ROUNDS = 8  # of the grid, in the long form


def run(batch: Batch) -> None:
    with ExitStack() as stack:
        ground = Ground(batch.folder, stack)
        for number in batch:
            trial = TRIALS[number % len(TRIALS)](ground)
            try:
                trio.run(partial(trial, batch.random(number), f"n{number}", batch.figures))
            except BaseExceptionGroup as group:
                raise _alone(group) from None
        ground.close(batch.figures)


def _alone(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What was seen, out of the nurseries' wrapping."""
    seen = group.subgroup((Disproved, NotPermitted)) or group
    while isinstance(seen, BaseExceptionGroup):
        seen = seen.exceptions[0]
    return seen


PROOF = Proof(
    name="faults",
    claim=(
        "Full and failing disks (ENOSPC, EIO, EDQUOT, EROFS, EACCES, short writes), a full file table (EMFILE, ENFILE), calls "
        "that are interrupted, threads that cannot be had and clocks that jump: nothing is acknowledged that is not there, "
        "nothing stands still, each refusal says what it means, and all is well again when the cause is gone."
    ),
    trials="faults",
    short=SHORT,
    long=ROUNDS * len(TRIALS),
    batch=SHORT,
    run=run,
)
