"""What searching costs: the first search of a room, later ones, and whoever asks for something else meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from agentgather.store.home import Home
from bench.daemon import Daemon, serving
from bench.line import BenchFailed, Line, Switchboard
from bench.load import ANSWER_SECONDS_MAX, at, closed_loop
from bench.plan import Plan
from bench.processes import settle
from bench.row import Bar, Row

SEARCH_MS_MAX = 50.0
SEARCHERS = 8
# Words that stand in every record but one, in none, or in many: the whole room is looked through, or its newest records.
NOWHERE = "/search?q=nowhere+to+be+found"
MANY = "/search?q=%22fdatasync+for+all%22+wait&limit=50"


def search(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """Searches for what is not there, which look at every record, and for what is there often, which answer with a page."""
    bar = Bar(f"at most {SEARCH_MS_MAX:.0f} ms", SEARCH_MS_MAX)
    with serving(home) as daemon:
        yield Row("search", "first search", _first(daemon), "ms", history, bar=bar)
        for name, path in (("search, nothing found", NOWHERE), ("search, 50 found", MANY)):
            asked = daemon.door.request(daemon.host_seat.token, path)
            load = closed_loop(daemon.door, asked, connections=1, seconds=plan.load_seconds)
            yield Row("search", name, load.figures(), "p99_ms", history, bar=bar)
        name = f"GET /status beside {SEARCHERS} searchers"
        yield Row("search", name, _beside(daemon, seconds=plan.load_seconds), "p99_ms", history, bar=bar)


def _first(daemon: Daemon) -> dict[str, float]:
    """How long the search takes that has everything before it, and the memory that it leaves behind."""
    settle(daemon.tree)
    before = daemon.tree.resident_kib()
    began = perf_counter()
    daemon.ask("GET", NOWHERE)
    took = perf_counter() - began
    return {"ms": took * 1e3, "before_mib": before / 1024, "after_mib": daemon.tree.resident_kib() / 1024}


def _beside(daemon: Daemon, *, seconds: float) -> dict[str, float]:
    """How long /status takes while so many seats search without a pause."""
    asker = Line(daemon.door.address)
    seats = daemon.invite(SEARCHERS)
    requests = {asker.fileno: daemon.door.request(daemon.host_seat.token, "/status")}
    lines = [asker]
    for seat in seats:
        lines.append(Line(daemon.door.address))
        requests[lines[-1].fileno] = daemon.door.request(seat.token, NOWHERE)
    board = Switchboard(lines)
    took: list[float] = []
    try:
        for line in lines:
            line.ask(requests[line.fileno])
        end = perf_counter() + seconds
        while perf_counter() < end:
            ready = board.ready(seconds=ANSWER_SECONDS_MAX)
            if not ready:
                raise BenchFailed(f"no answer within {ANSWER_SECONDS_MAX:.0f} s")
            for line in ready:
                if line.take():
                    if line is asker:
                        took.append(line.seconds)
                    line.ask(requests[line.fileno])
    finally:
        board.close()
    took.sort()
    return {"p50_ms": at(took, 0.5) * 1e3, "p99_ms": at(took, 0.99) * 1e3}
