"""Windows of a minute that start at the first write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentgather.room.guards import RateGuard
from agentgather.room.names import Alias
from agentgather.room.refusals import RateLimited
from tests.room.rooms import DAWN, REV


def test_a_window_starts_at_the_first_write_and_not_on_the_minute() -> None:
    guard = RateGuard(2)
    guard.admit(REV, now=DAWN + timedelta(seconds=50))
    guard.admit(REV, now=DAWN + timedelta(seconds=100))
    with pytest.raises(RateLimited) as refused:
        guard.admit(REV, now=DAWN + timedelta(seconds=105))
    assert refused.value.retry_after_seconds == 5
    guard.admit(REV, now=DAWN + timedelta(seconds=110))


def test_what_is_refused_is_not_counted() -> None:
    guard = RateGuard(1)
    guard.admit(REV, now=DAWN)
    for second in range(59):
        with pytest.raises(RateLimited) as refused:
            guard.admit(REV, now=DAWN + timedelta(seconds=second))
        assert refused.value.retry_after_seconds == 60 - second
    guard.admit(REV, now=DAWN + timedelta(seconds=60))


def test_a_clock_that_goes_back_locks_nobody_out() -> None:
    guard = RateGuard(1)
    guard.admit(REV, now=DAWN)
    guard.admit(REV, now=DAWN - timedelta(hours=1))


def test_windows_that_are_over_are_forgotten() -> None:
    guard = RateGuard(1)
    for number in range(10_000):
        guard.admit(Alias(f"a{number}"), now=DAWN + timedelta(seconds=number))
    assert len(guard._windows) < 200
