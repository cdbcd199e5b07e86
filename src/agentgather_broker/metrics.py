"""What the broker counts, in a registry of its own. No label has a value that a visitor or a host could choose."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agentgather.wire.faults import PROTOCOL_BROKEN
from agentgather_broker.access_log import PATH_CLASSES
from agentgather_broker.refusals import STATUS_OF

SECONDS_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LINK_ENDS = frozenset(
    {"left", "lost", "silent", "handshake", "replaced", "route_closed", "route_expired", "leaving", PROTOCOL_BROKEN}
)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        name = "agentgather_broker_"
        self._requests = Counter(
            name + "requests", "Requests of visitors.", ["path_class", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            name + "request_seconds",
            "From a request to the end of its answer; waits and streams are not counted.",
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        body_bytes = Counter(name + "body_bytes", "Bytes of bodies.", ["direction"], registry=self.registry)
        self._bytes_in, self._bytes_out = body_bytes.labels("in"), body_bytes.labels("out")
        self._requests_of = cache(self._requests.labels)  # both labels are from closed sets
        self._refused = Counter(name + "refusals", "What was refused, by code.", ["code"], registry=self.registry)
        self._links = Gauge(name + "links", "Hosts that are connected.", registry=self.registry)
        self._link_ends = Counter(
            name + "link_ends", "Links that ended, by reason.", ["reason"], registry=self.registry
        )

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what `read` answers at the time somebody looks."""
        Gauge(f"agentgather_broker_{name}", text, registry=self.registry).set_function(read)

    def answered(self, path_class: str, status: int, *, seconds: float, bytes_in: int, bytes_out: int) -> None:
        path_class = path_class if path_class in PATH_CLASSES else "other"
        self._requests_of(path_class, f"{status // 100}xx" if 100 <= status <= 599 else "cut").inc()
        self._bytes_in.inc(bytes_in)
        self._bytes_out.inc(bytes_out)
        if path_class not in ("wait", "events", "mcp"):
            self._seconds.observe(seconds)

    def refused(self, code: str) -> None:
        self._refused.labels(code if code in STATUS_OF else "other").inc()

    def links(self, count: int) -> None:
        self._links.set(count)

    def link_ended(self, reason: str) -> None:
        self._link_ends.labels(reason if reason in LINK_ENDS else "other").inc()

    def text(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self.registry)
