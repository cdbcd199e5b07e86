"""`python -m bench`: measure the room, print a table, write JSON to bench/out/. Exits 1 when a row misses its bar."""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from agentgather.store.home import Home
from bench import rows, tunnel
from bench.beside import posts_beside
from bench.cold_start import cold_start
from bench.history import make_room
from bench.machine import cpu_time
from bench.outage import outage
from bench.page import page
from bench.plan import QUICK, Plan
from bench.row import Row
from bench.search import search
from bench.stack import stack
from bench.table import document, heading, line

QUIET_LOAD = 0.5  # processes that want a core, on average over the last minute
OUT = Path(__file__).parent / "out"
Measure = Callable[[Home, int, Plan], Iterator[Row]]
GROUPS: dict[str, Measure] = {
    "start": rows.start_up,
    "reads": rows.reads,
    "search": search,
    "wakes": rows.wakes,
    "beside": posts_beside,
    "posts": rows.posts,  # last among those that are told by history: it adds to it
    "page": page,
    "memory": rows.memory,
    "cold": cold_start,
    "stack": stack,
    "tunnel": tunnel.tunnel,
    "streams": tunnel.memory,
    "outage": outage,
}
ONCE = frozenset(
    {"memory", "cold", "stack", "tunnel", "streams", "outage"}
)  # what history does not change is measured at the first one


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that every process we started ends
    plan = QUICK if asked.quick else Plan()
    OUT.mkdir(exist_ok=True)
    allow_many_files()
    load_before, time_before = os.getloadavg()[0], cpu_time()
    if load_before > QUIET_LOAD:
        print(f"this machine is busy (load {load_before:.1f}): what follows says as much about the others\n")
    measured: list[Row] = []
    print(heading(), flush=True)
    for history in asked.history or plan.histories:
        is_first = history == (asked.history or plan.histories)[0]
        groups = [name for name in asked.row or GROUPS if is_first or name not in ONCE]
        for row in _measured(history, groups, plan):
            measured.append(row)
            print(line(row), flush=True)
    taken_at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = OUT / f"{taken_at}.json"
    time_after = cpu_time()
    stolen = time_after.stolen_share(time_before) if time_before and time_after else None
    told = document(measured, taken_at=taken_at, load_before=load_before, stolen_share=stolen, is_quick=asked.quick)
    path.write_text(json.dumps(told, indent=2) + "\n")
    print(f"\n{path}")
    if stolen is not None:
        print(f"the hypervisor kept {stolen:.1%} of the processors' time meanwhile")
    late = [row for row in measured if row.is_behind]
    for row in late:
        print(f"behind: {line(row)}")
    return 1 if late else 0


def _measured(history: int, groups: list[str], plan: Plan) -> Iterator[Row]:
    """Each group in a room of its own, a copy of one that is written once; on the disk of the checkout."""
    with tempfile.TemporaryDirectory(dir=OUT, prefix="rooms-") as directory:
        made = make_room(Path(directory) / "made", records=history)
        for name in groups:
            root = Path(directory) / name
            shutil.copytree(made.root, root)
            yield from GROUPS[name](Home(root), history, plan)
            shutil.rmtree(root)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look that takes seconds")
    parser.add_argument("--row", action="append", choices=sorted(GROUPS), help="only these rows; may be said again")
    parser.add_argument("--history", action="append", type=int, help="records of history; may be said again")
    return parser.parse_args()


def allow_many_files() -> None:
    """Connections are files; take as many as the system gives."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
