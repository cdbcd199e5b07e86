"""Whether something is flat is told by its slope and by its quarters (proofs/soak/gauges.py)."""

from __future__ import annotations

import pytest
from bench.processes import ProcessTree
from proofs.soak.gauges import Gauge, Reading, quarters, slope


def test_the_slope_is_that_of_the_nearest_line() -> None:
    assert slope(
        [(hours, 3 * hours + wobble) for hours, wobble in ((0, 0.1), (1, -0.1), (2, -0.1), (3, 0.1))]
    ) == pytest.approx(3)
    assert slope([]) == slope([(1, 1)]) == 0


def test_what_records_take_is_no_growth_of_the_process() -> None:
    gauge = Gauge(ProcessTree(0), [Reading(at * 36.0, at * 100, 50_000 + at * 150) for at in range(40)])
    assert gauge.kib_an_hour() == pytest.approx(15_000)
    assert gauge.kib_an_hour(kib_of_a_record=1.5) == pytest.approx(0, abs=1e-6)


def test_quarters_go_by_when_it_was_measured() -> None:
    took = [(float(moment), 10.0 if moment < 50 else 20.0) for moment in range(100)]
    assert quarters(list(reversed(took))) == (10, 20)
