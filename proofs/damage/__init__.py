"""Damage: every bit of a home is turned, every file cut at every byte, every line moved; nothing is lost without a word."""

from __future__ import annotations

import random
from pathlib import Path

from proofs.damage.damages import Damage, damages
from proofs.damage.judging import CHECKPOINTS, DELIVERIES, LOG, READERS, Judge, opened
from proofs.damage.room import furnish
from proofs.power_loss import memory
from proofs.power_loss.restart import put
from proofs.proof import Batch, Disproved, Proof

FILES = (LOG, DELIVERIES, *sorted(CHECKPOINTS), *sorted(READERS))


def run(batch: Batch) -> None:
    """Trial `number` is the damage of that number, in an order drawn from the seed."""
    with memory(batch.folder) as folder:
        root = Path(folder) / "whole"
        furnish(root, seed=batch.seed)
        image = {
            str(path.relative_to(root)): None if path.is_dir() else path.read_bytes()
            for path in sorted(root.rglob("*"))
        }
        todo = [damage for path in FILES for damage in damages(path, image[path] or b"")]
        random.Random(batch.seed).shuffle(todo)
        judge = Judge(
            Path(folder) / "damaged", opened(root), {path: read(root) for path, read in READERS.items()}, batch.figures
        )
        batch.figures.count("lost or changed without a word", 0)
        if batch.first == 0:
            batch.figures.count("damages there are", len(todo))
        for number in batch:
            if number < len(todo):
                _try(judge, image, todo[number])


def _try(judge: Judge, image: dict[str, bytes | None], damage: Damage) -> None:
    content = image[damage.path]
    assert content is not None
    damaged = damage.done_to(content)
    if damaged == content:  # a line in the place of its like
        return
    put({**image, damage.path: damaged}, judge.root)
    try:
        judge.judge(damage, content)
    except Exception as error:
        raise Disproved(f"{damage}: {error!r}") from error
    judge.figures.count(f"{damage.kind}: tried")


PROOF = Proof(
    name="damage",
    claim="Any bit that turns in a file of a home or a room, any end that is missing and any line that is gone, moved or "
    "doubled is named, or changes nothing. `doctor --repair` opens a damaged room again: all before the damage is as it "
    "was, all that is gone is named, and the damaged log is kept.",
    trials="damages",
    short=600,
    long=200_000,
    batch=2_000,
    run=run,
)
