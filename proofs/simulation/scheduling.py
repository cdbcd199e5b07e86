"""Virtual time and seeded chance for one run of trio: what runs when is decided by the seed alone."""

from __future__ import annotations

import gc
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio
from trio.testing import MockClock

_run: Any = trio._core._run  # what trio's own plugin for hypothesis sets there is all that we set


def run(body: Callable[[], Awaitable[None]], *, seed: str) -> None:
    """Run `body` on a clock that leaps to the next deadline whenever everybody waits.

    Of tasks that can go on at once, trio runs the order of a shuffle; here it shuffles, from `seed`, what was in the order
    of their birth. Raises what `body` raises, without trio's groups around it when there is one reason only.
    """
    with _seeded(seed), _no_garbage_of_others():
        try:
            trio.run(body, clock=MockClock(autojump_threshold=0))
        except BaseExceptionGroup as group:
            leaves = list(_leaves(group))
            ending = next((leaf for leaf in leaves if not isinstance(leaf, Exception)), None)
            if ending is not None:  # somebody ended the run: what broke by that is no news
                raise ending from None
            if len(leaves) == 1:
                raise leaves[0] from None
            raise


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one


@contextmanager
def _seeded(seed: str) -> Iterator[None]:
    """Chance from `seed`: trio's, and that of `random`, which pauses before trying again are drawn from."""
    was_sorted, order, chance = _run._ALLOW_DETERMINISTIC_SCHEDULING, _run._r.getstate(), random.getstate()
    _run._ALLOW_DETERMINISTIC_SCHEDULING = True
    _run._r.seed(f"order {seed}")
    random.seed(f"chance {seed}")
    try:
        yield
    finally:
        _run._ALLOW_DETERMINISTIC_SCHEDULING = was_sorted
        _run._r.setstate(order)
        random.setstate(chance)


@contextmanager
def _no_garbage_of_others() -> Iterator[None]:
    """A daemon that starts settles the collector's affairs for a process of its own: here hundreds of them start in one."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
