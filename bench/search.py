"""What searching costs: the first search of a room, later ones, and whoever asks for something else meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from agentgather.store.home import Home
from bench.beside import beside
from bench.daemon import Daemon, serving
from bench.load import closed_loop
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
        status = daemon.door.request(daemon.host_seat.token, "/status")
        searches = [daemon.door.request(seat.token, NOWHERE) for seat in daemon.invite(SEARCHERS)]
        figures = beside(daemon, status, searches, seconds=plan.load_seconds)
        yield Row("search", name, figures, "p99_ms", history, bar=bar)


def _first(daemon: Daemon) -> dict[str, float]:
    """How long the search takes that has everything before it, and the memory that it leaves behind."""
    settle(daemon.tree)
    before = daemon.tree.resident_kib()
    began = perf_counter()
    daemon.ask("GET", NOWHERE)
    took = perf_counter() - began
    return {"ms": took * 1e3, "before_mib": before / 1024, "after_mib": daemon.tree.resident_kib() / 1024}
