"""How long a command takes from nothing: ours beside the cheapest program on the same libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from agentgather.store.home import Home
from bench.daemon import serving
from bench.history import HOST
from bench.plan import Plan
from bench.row import Bar, Row

CHEAPEST = Path(__file__).parent / "cheapest_cli.py"
OURS = Path(sys.executable).parent / "agentgather"
TIMES_MAX = 1.5


def cold_start(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """`--help`, and `send` to a running daemon."""
    with serving(home) as daemon:
        environ = {
            **os.environ,
            "AGENTGATHER_HOME": str(home.root),
            "URL": daemon.url,
            "TOKEN": daemon.host_seat.token,
        }
        for words in (["--help"], ["send", HOST, "done"]):
            ours, cheapest = _beside(
                [str(OURS), *words], [sys.executable, str(CHEAPEST), *words], environ=environ, rounds=plan.cold_starts
            )
            figures = {"ms": ours, "cheapest_ms": cheapest, "times": ours / cheapest}
            bar = Bar(f"at most {TIMES_MAX} times the cheapest", TIMES_MAX)
            yield Row("cold start", f"agentgather {words[0]}", figures, "times", bar=bar)


def _beside(
    first: Sequence[str], second: Sequence[str], *, environ: Mapping[str, str], rounds: int
) -> tuple[float, float]:
    """The middle of so many runs of either, in milliseconds, taken in turns so that both see the same machine."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):
        for words, times in zip((first, second), taken, strict=True):
            began = time.perf_counter()
            subprocess.run(words, env=environ, check=True, stdout=subprocess.DEVNULL)
            times.append((time.perf_counter() - began) * 1e3)
    return median(taken[0][1:]), median(taken[1][1:])  # the first runs warm the disk's cache
