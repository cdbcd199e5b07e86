"""How long somebody's answers take while others ask for something large, over and over, in a room that is young or old."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from time import perf_counter

from agentgather.store.home import Home
from bench.daemon import Daemon, serving
from bench.line import BenchFailed, Line, Switchboard
from bench.load import ANSWER_SECONDS_MAX, at
from bench.plan import Plan
from bench.row import Bar, Row

POST_MS_MAX = 50.0
_POST = json.dumps({"text": "The build is green again; @ops please look at the two open points."}).encode()
_OTHERS = {
    "beside nobody": (),
    "beside searches": ("/search?q=nowhere+to+be+found",),  # each looks at the whole room
    "beside exports": ("/export?format=jsonl",),
    "beside pages to read": ("/transcript.html",),
}


def posts_beside(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """Durable posts of one connection, while one other does nothing but search, export, or read."""
    bar = Bar(f"at most {POST_MS_MAX:.0f} ms", POST_MS_MAX)
    with serving(home) as daemon:
        post = daemon.door.request(daemon.host_seat.token, "/messages", body=_POST)
        [seat] = daemon.invite(1)
        for name, paths in _OTHERS.items():
            others = [daemon.door.request(seat.token, path) for path in paths]
            figures = beside(daemon, post, others, seconds=plan.load_seconds)
            yield Row("beside", f"POST {name}", figures, "p99_ms", history, bar=bar)


def beside(daemon: Daemon, asked: bytes, others: Sequence[bytes], *, seconds: float) -> dict[str, float]:
    """How long the answers to `asked` take while each of `others` is asked without a pause, each on a connection of its own."""
    asker = Line(daemon.door.address)
    requests = {asker.fileno: asked}
    lines = [asker]
    for other in others:
        lines.append(Line(daemon.door.address))
        requests[lines[-1].fileno] = other
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
    return {"p50_ms": at(took, 0.5) * 1e3, "p99_ms": at(took, 0.99) * 1e3, "worst_ms": took[-1] * 1e3}
