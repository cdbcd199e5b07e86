"""A clock that jumps: what lasts is believed, what does not is nobody's end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from agentgather.serving.steady_clock import BELIEVED_SECONDS, SteadyClock

YEAR, HOUR = 365 * 86_400.0, 3_600.0


@dataclass
class Machine:
    """What runs, and the clock on its wall."""

    passed: float = 5_000.0
    ahead: float = 1_700_000_000.0
    clock: SteadyClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = SteadyClock(wall=lambda: self.passed + self.ahead, running=lambda: self.passed)

    def told(self, seconds: float) -> float:
        """How far the clock gets while `seconds` pass, looked at every minute."""
        before = self.clock()
        end = self.passed + seconds
        while self.passed < end:
            self.passed = min(end, self.passed + 60)
            self.clock()
        return (self.clock() - before) / timedelta(seconds=1)


@pytest.mark.parametrize("jump", [YEAR, -HOUR, HOUR, -YEAR, 61])
def test_a_jump_that_does_not_last_is_none(jump: float) -> None:
    machine = Machine()
    machine.ahead += jump
    assert machine.told(BELIEVED_SECONDS - 60) == pytest.approx(BELIEVED_SECONDS - 60)
    machine.ahead -= jump
    assert machine.told(HOUR) == pytest.approx(HOUR)


@pytest.mark.parametrize("jump", [YEAR, -HOUR])
def test_a_jump_that_lasts_is_believed(jump: float) -> None:
    machine = Machine()
    machine.ahead += jump
    assert machine.told(BELIEVED_SECONDS + 60) == pytest.approx(BELIEVED_SECONDS + 60 + jump)


def test_a_clock_that_jumps_about_is_not_believed() -> None:
    machine = Machine()
    for number in range(20):
        machine.ahead += HOUR if number % 2 else -YEAR
        assert machine.told(BELIEVED_SECONDS / 2) == pytest.approx(BELIEVED_SECONDS / 2)


def test_a_small_step_is_followed_at_once() -> None:
    machine = Machine()
    machine.ahead += 2
    assert machine.told(60) == pytest.approx(60)
    machine.ahead += 2
    before = machine.clock()
    machine.ahead -= 3
    assert (machine.clock() - before).total_seconds() == pytest.approx(-3)


def test_a_machine_that_slept_has_not_jumped() -> None:
    machine = Machine()
    before = machine.clock()
    machine.passed += 8 * HOUR
    assert machine.clock() - before == timedelta(hours=8)
