"""`python -m proofs.simulation SEED NUMBER`: one world again, and the digest of all that happened in it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from time import process_time

from proofs.figures import Figures
from proofs.simulation import HOURS, simulate

asking = argparse.ArgumentParser(prog="python -m proofs.simulation")
asking.add_argument("seed", type=int, help="of the run")
asking.add_argument("number", type=int, help="of the world in it")
asking.add_argument("--hours", type=float, default=HOURS, help="of the world's time")
asking.add_argument("--events", action="store_true", help="print all that happens")
asked = asking.parse_args()

with tempfile.TemporaryDirectory() as folder:
    figures = Figures()
    began = process_time()
    tell = print if asked.events else None
    world = simulate(f"{asked.seed} {asked.number}", Path(folder), figures=figures, hours=asked.hours, tell=tell)
    print(f"digest {world.trace.digest} of {world.trace.count:,} events", flush=True)
    print(f"{asked.hours / (process_time() - began):,.1f} simulated hours a second of CPU", file=sys.stderr)
    for line in figures.lines():
        print(*line, file=sys.stderr)
