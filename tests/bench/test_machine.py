"""How much of a benchmark's time the machine was somebody else's."""

from __future__ import annotations

from pathlib import Path

from bench.machine import CpuTime, cpu_time

FIRST = "cpu  100 5 50 800 20 1 4 20 7 0\ncpu0 50 2 25 400 10 0 2 10 3 0\n"
LATER = "cpu  160 5 70 880 20 1 4 60 9 0\n"


def test_the_share_of_time_that_was_stolen_since(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text(FIRST)
    before = cpu_time(stat)
    stat.write_text(LATER)
    after = cpu_time(stat)
    assert (before, after) == (CpuTime(20, 1_000), CpuTime(60, 1_200))
    assert after is not None
    assert before is not None
    assert after.stolen_share(before) == 0.2
    assert after.stolen_share(after) == 0


def test_a_system_that_does_not_say_is_not_asked(tmp_path: Path) -> None:
    assert cpu_time(tmp_path / "nothing") is None
    (tmp_path / "old").write_text("cpu  1 2 3 4\n")
    assert cpu_time(tmp_path / "old") is None
