"""Searching a room: from the newest record back, a slice at a time, so that nobody else in the house waits for it.

There is no index but the folded texts themselves, made while they are first looked at. Looking through 50,000 of them
takes some 5 ms, 20 ms the first time, and opening a room nothing. What a hostile query could cost is bounded in time,
not in records: a page that took too long ends early, and says from where to go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, thread_time

import trio

from agentgather.live.timeline import Timeline
from agentgather.live.turns import give_way
from agentgather.room.keeping import Kept
from agentgather.room.names import Alias
from agentgather.room.search import Search

SLICE_SECONDS = 0.001  # others hardly notice; a checkpoint between costs a twentieth of it
PAGE_SECONDS = (
    0.5  # of a core, for one page, however busy the machine: 25 times what 50,000 ordinary records take at first
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, newest first. `next_before_id`: where to go on; None when everything was looked at."""

    kept: Sequence[Kept]
    next_before_id: int | None


class Finder:
    """Looks through one timeline. One search at a time, and of each participant one that is next."""

    def __init__(
        self, timeline: Timeline, *, slice_seconds: float = SLICE_SECONDS, page_seconds: float = PAGE_SECONDS
    ) -> None:
        self._timeline = timeline
        self._slice_seconds = slice_seconds
        self._page_seconds = page_seconds
        self._turn = trio.Lock()
        self._turns: defaultdict[Alias, trio.Lock] = defaultdict(trio.Lock)

    async def find(self, search: Search, *, asker: Alias, before_id: int | None, records_max: int) -> Found:
        """Up to `records_max` records that `search` finds, of those with ids below `before_id` (None: of all)."""
        async with self._turns[asker], self._turn:
            return await self._find(search, before_id=before_id, records_max=records_max)

    async def _find(self, search: Search, *, before_id: int | None, records_max: int) -> Found:
        timeline, places, used = self._timeline, list[int](), 0.0
        end = start = timeline.place_of(before_id)
        while end and len(places) <= records_max and (end == start or used <= self._page_seconds):
            began = thread_time()
            found, end = timeline.look(search, end=end, until=perf_counter() + self._slice_seconds)
            places += found
            used += thread_time() - began
            await give_way()
        if len(places) > records_max:
            del places[records_max:]
            end = places[-1]
        found_now = [timeline.at(place) for place in places]
        return Found(
            [one for one in found_now if not one.record.is_retracted],  # some may have been taken back meanwhile
            timeline.key_at(end) if end else None,
        )
