"""What is counted, under labels that nobody outside can choose."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from agentgather_broker.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """(name, label values…) -> value, as a Prometheus reads them."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_class_and_status_and_their_bytes_both_ways() -> None:
    metrics = Metrics()
    metrics.answered("status", 200, seconds=0.02, bytes_in=3, bytes_out=50)
    metrics.answered("status", 204, seconds=0.02, bytes_in=0, bytes_out=0)
    metrics.answered("messages", 503, seconds=20, bytes_in=7, bytes_out=9)
    seen = samples(metrics)
    assert seen["agentgather_broker_requests_total", "status", "2xx"] == 2
    assert seen["agentgather_broker_requests_total", "messages", "5xx"] == 1
    assert seen["agentgather_broker_body_bytes_total", "in"] == 10
    assert seen["agentgather_broker_body_bytes_total", "out"] == 59


def test_the_seconds_are_those_of_plain_requests() -> None:
    metrics = Metrics()
    metrics.answered("status", 200, seconds=0.02, bytes_in=0, bytes_out=0)
    metrics.answered("wait", 200, seconds=25, bytes_in=0, bytes_out=0)
    metrics.answered("events", 200, seconds=3_000, bytes_in=0, bytes_out=0)
    seen = samples(metrics)
    assert seen["agentgather_broker_request_seconds_count",] == 1
    assert seen["agentgather_broker_request_seconds_bucket", "0.025"] == 1
    assert seen["agentgather_broker_request_seconds_bucket", "0.01"] == 0


def test_links_and_what_is_watched_are_shown_as_they_are_now() -> None:
    metrics, routes = Metrics(), [1, 2, 3]
    metrics.watch("routes", "Routes that are live.", lambda: len(routes))
    metrics.links(5)
    assert samples(metrics)["agentgather_broker_links",] == 5
    assert samples(metrics)["agentgather_broker_routes",] == 3
    routes.pop()
    metrics.links(4)
    assert samples(metrics)["agentgather_broker_links",] == 4
    assert samples(metrics)["agentgather_broker_routes",] == 2


def test_refusals_and_ends_of_links_are_counted_by_their_reason() -> None:
    metrics = Metrics()
    metrics.refused("rate_limited")
    metrics.link_ended("silent")
    seen = samples(metrics)
    assert seen["agentgather_broker_refusals_total", "rate_limited"] == 1
    assert seen["agentgather_broker_link_ends_total", "silent"] == 1


def test_two_brokers_in_a_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.links(1)
    assert samples(other)["agentgather_broker_links",] == 0


@given(st.lists(st.tuples(st.text(), st.integers(-(10**6), 10**6), st.text(), st.text()), max_size=50))
def test_nobody_outside_makes_a_series(events: list[tuple[str, int, str, str]]) -> None:
    metrics = Metrics()
    for of_path, status, code, reason in [*events, ("c4n4ry", 200, "c4n4ry", "c4n4ry")]:
        metrics.answered(of_path, status, seconds=0, bytes_in=0, bytes_out=0)
        metrics.refused(code)
        metrics.link_ended(reason)
    text = metrics.text().decode()
    assert "c4n4ry" not in text
    assert 'code="other"' in text
    assert 'reason="other"' in text
    series = {key for key in samples(metrics) if key[0].endswith("_total")}
    assert len(series) <= 6 + 2 + 1 + 1  # status classes, directions, one code, one reason
