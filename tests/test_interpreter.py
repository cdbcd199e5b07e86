"""What a daemon's collector walks at once, however much is kept, and how soon its threads have their turn."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from agentgather.interpreter import FIRST_LOOK_CONTAINERS, SECOND_LOOK_TIMES, settle_interpreter
from agentgather.live.finder import SLICE_SECONDS

KEPT_CONTAINERS = 500_000  # of some 75,000 records
WALKED_AT_ONCE_MAX = 60_000


@pytest.fixture
def settled() -> Iterator[None]:
    """A process whose interpreter is settled, and is as it was afterwards."""
    before, turn = gc.get_threshold(), sys.getswitchinterval()
    settle_interpreter()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
        sys.setswitchinterval(turn)


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


def test_a_thread_that_writes_is_let_in_within_a_slice_of_a_search(settled: None) -> None:
    assert sys.getswitchinterval() <= SLICE_SECONDS / 2
