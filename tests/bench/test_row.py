from __future__ import annotations

from bench.row import Bar, Row
from bench.table import line


def test_a_rate_is_ahead_when_it_is_more() -> None:
    row = Row("tunnel", "reads", {"per_second": 1_240.0}, "per_second", is_rate=True, bar=Bar("3 times 620/s", 620, 3))
    assert row.ahead == 2.0
    assert row.is_behind


def test_a_time_is_ahead_when_it_is_less() -> None:
    row = Row("tunnel", "reads", {"added_p50_ms": 1.5}, "added_p50_ms", bar=Bar("at most 3 ms", 3))
    assert row.ahead == 2.0
    assert not row.is_behind


def test_what_could_not_be_measured_is_said_and_is_not_behind() -> None:
    row = Row("outage", "ssh -R", {}, "worst_ms", bar=Bar("1 s", 1_000), note="OpenSSH is not installed")
    assert not row.is_behind
    assert "OpenSSH is not installed" in line(row)


def test_what_is_known_of_another_stands_beside_a_row_without_a_bar() -> None:
    row = Row("tunnel", "held", {"p50_ms": 1.0}, "p50_ms", beside="504 from 16 waits on")
    assert "504 from 16 waits on" in line(row)
