"""Every mark of a room by message and participant, bounded: what is oldest is forgotten first.

A mark that was forgotten makes a message look less far than it came, never further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from agentgather.room.delivery.marks import Acknowledged, Fetched, Mark, Woken
from agentgather.room.names import Alias, MessageId

WAKES_KEPT_MAX = 10  # of one message at one participant, the newest: they are tried for ten minutes at most


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one message came at one participant. Each moment is that of the first time; None: it was not seen."""

    fetched_at: datetime | None = None
    in_context_at: datetime | None = None
    done_at: datetime | None = None
    wakes: tuple[Woken, ...] = ()


NOTHING_SEEN = Progress()


class DeliveryBook:
    """What is known of each message at each participant. `places_max`: so many pairs of the two are remembered."""

    def __init__(self, marks: Iterable[Mark] = (), *, places_max: int) -> None:
        self._places: dict[MessageId, dict[Alias, Progress]] = {}
        self._count = 0
        self._places_max = places_max
        for mark in marks:
            self.enter(mark)

    def __len__(self) -> int:
        return self._count

    def of(self, message_id: MessageId, alias: Alias) -> Progress:
        return self._places.get(message_id, {}).get(alias, NOTHING_SEEN)

    def enter(self, mark: Mark) -> bool:
        """Note `mark`; whether that says anything new. Entering it again changes nothing, but for a wake without an id."""
        before = self.of(mark.message_id, mark.alias)
        after = _after(before, mark)
        if after == before:
            return False
        at = self._places.setdefault(mark.message_id, {})
        self._count += mark.alias not in at
        at[mark.alias] = after
        while self._count > self._places_max and len(self._places) > 1:
            self._count -= len(self._places.pop(next(iter(self._places))))
        return True

    def marks(self) -> Iterator[Mark]:
        """The fewest marks that make this book again."""
        for message_id, at in self._places.items():
            for alias, seen in at.items():
                if seen.fetched_at is not None:
                    yield Fetched(message_id, alias, seen.fetched_at)
                if seen.in_context_at is not None:
                    is_done = seen.done_at == seen.in_context_at
                    yield Acknowledged(message_id, alias, seen.in_context_at, is_done=is_done)
                if seen.done_at is not None and seen.done_at != seen.in_context_at:
                    yield Acknowledged(message_id, alias, seen.done_at, is_done=True)
                yield from seen.wakes


def _after(seen: Progress, mark: Mark) -> Progress:
    match mark:
        case Fetched():
            return replace(seen, fetched_at=seen.fetched_at or mark.at)
        case Acknowledged():
            done_at = seen.done_at or (mark.at if mark.is_done else None)
            return replace(seen, in_context_at=seen.in_context_at or mark.at, done_at=done_at)
        case Woken():
            return replace(seen, wakes=_with(seen.wakes, mark)[-WAKES_KEPT_MAX:])


def _with(wakes: tuple[Woken, ...], wake: Woken) -> tuple[Woken, ...]:
    """`wakes` and one more, or with it in the place of what was told of the same one."""
    if wake.wake_id and any(one.wake_id == wake.wake_id for one in wakes):
        return tuple(wake if one.wake_id == wake.wake_id else one for one in wakes)
    return (*wakes, wake)
