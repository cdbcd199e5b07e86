"""What a daemon's collector walks at once, however much is kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from agentgather.garbage import FIRST_LOOK_CONTAINERS, SECOND_LOOK_TIMES, settle_garbage

KEPT_CONTAINERS = 500_000  # of some 75,000 records
WALKED_AT_ONCE_MAX = 60_000


@pytest.fixture
def settled() -> Iterator[None]:
    """A process that has settled its garbage, and is as it was afterwards."""
    before = gc.get_threshold()
    settle_garbage()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_a_history_that_grows_is_never_walked_as_a_whole(settled: None) -> None:
    walked: list[int] = []

    def look(phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            walked.append(sum(len(gc.get_objects(number)) for number in range(told["generation"] + 1)))

    gc.callbacks.append(look)
    try:
        history = [[number] for number in range(KEPT_CONTAINERS)]
    finally:
        gc.callbacks.remove(look)
    assert sum(walked) >= len(history) - FIRST_LOOK_CONTAINERS * SECOND_LOOK_TIMES  # it did look
    assert max(walked) <= WALKED_AT_ONCE_MAX


def test_what_was_there_is_not_walked_again(settled: None) -> None:
    assert gc.get_freeze_count() > 0
    assert len(gc.get_objects()) < FIRST_LOOK_CONTAINERS
