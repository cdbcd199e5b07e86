"""Run a proof's trials, batch after batch."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from proofs.keeping import Heading, Kept
from proofs.proof import Batch, Proof

FOLDER = Path(__file__).parent
OUT = FOLDER / "out"


def prove(
    proof: Proof,
    *,
    seed: int,
    trials: int,
    first: int = 0,
    out: Path = OUT,
    tell: Callable[[int], None] = lambda number: None,
) -> Kept:
    """Run trials `first` to `trials` that are not kept below `out` yet; answers what the whole run found.

    `tell` hears the number of each trial that is done. Whatever a trial raises ends the run, with a note of how to run
    that batch again; the batches before it stay kept.
    """
    kept = Kept.opened(out / f"{proof.name}.jsonl", Heading(proof.name, seed, trials, sources()))
    after = first
    while after < trials:
        start, count = after, kept.done.get(after, min(proof.batch, trials - after))
        after += count
        if start in kept.done:
            tell(after - 1)
            continue
        began = monotonic()
        with tempfile.TemporaryDirectory(dir=out, prefix=f"{proof.name}-") as folder:
            batch = Batch(proof.name, seed, start, count, Path(folder), tell=tell)
            try:
                proof.run(batch)
            except BaseException as broken:
                broken.add_note(f"again: {command(proof, seed, first=start, trials=start + count)}")
                raise
        kept.add(start, count, batch.figures, monotonic() - began)
    return kept


def command(proof: Proof, seed: int, *, trials: int, first: int = 0) -> str:
    """What a person types for this run."""
    begin = f" --first {first}" if first else ""
    return f'make prove ARGS="{proof.name} --seed {seed}{begin} --trials {trials}"'


def sources() -> str:
    """The digest git has of what is proven; "unknown" outside a checkout."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD:src"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else "unknown"
