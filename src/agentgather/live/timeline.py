"""The records of a room in memory, found by id: every read is answered from here, none touches the disk."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from time import perf_counter

from agentgather.api.record_json import compact, record_json
from agentgather.api.seal import parse_line, read_seal, sealed_line
from agentgather.live.folded_texts import BETWEEN_TEXTS, NO_TEXTS, TEXTS_IN_A_BLOCK, FoldedTexts
from agentgather.room.events import MessageRetracted
from agentgather.room.keeping import Kept
from agentgather.room.names import MessageId
from agentgather.room.refusals import MessageNotFound
from agentgather.room.search import Search


class Timeline:
    """Records in the order of the log. Logs of 0.1 may repeat an id; each record then stands in its own place.

    `_keys` holds for every place the highest id up to it, so that a cursor finds its place by bisection and a reader
    who follows cursors sees every record once.
    """

    def __init__(self, kept: Iterable[Kept] = ()) -> None:
        self._kept: list[Kept] = []
        self._keys: list[int] = []
        self._texts = FoldedTexts()
        self._head: str | None = None  # read from the newest line when it is asked for
        for one in kept:
            self.append(one)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def last_id(self) -> int:
        return self._keys[-1] if self._keys else 0

    def append(self, kept: Kept) -> None:
        """Add a record at the end; one that retracts another takes that one's text away here too."""
        self._kept.append(kept)
        self._head = None
        self._keys.append(max(self.last_id, kept.record.id))
        if isinstance(kept.record.event, MessageRetracted):
            self._retract(kept.record.event.message_id)

    def get(self, message_id: int) -> Kept | None:
        """The first record with this id."""
        place = bisect_left(self._keys, message_id)
        if place < len(self._kept) and self._kept[place].record.id == message_id:
            return self._kept[place]
        return None

    def find(self, message_id: int) -> Kept:
        """The first record with this id. Raises MessageNotFound."""
        kept = self.get(message_id)
        if kept is None:
            raise MessageNotFound(f"there is no message {message_id} in this room; the newest is {self.last_id}")
        return kept

    def chain_head(self) -> str | None:
        """The chain value of the newest record: what an export is checked against. None while nothing is sealed."""
        if self._head is None and self._kept:
            seal = read_seal(parse_line(self._kept[-1].line))
            self._head = seal.chain if seal else None
        return self._head

    def since(self, since_id: int, *, records_max: int) -> Sequence[Kept]:
        """Up to `records_max` records after the cursor `since_id`, ascending."""
        start = bisect_right(self._keys, since_id)
        return self._kept[start : start + records_max]

    def before(self, before_id: int, *, records_max: int) -> Sequence[Kept]:
        """The last `records_max` records with ids below `before_id`, ascending."""
        end = bisect_left(self._keys, before_id)
        return self._kept[max(0, end - records_max) : end]

    def place_of(self, before_id: int | None) -> int:
        """How many records stand before the id `before_id`; all of them when it is None."""
        return len(self._keys) if before_id is None else bisect_left(self._keys, before_id)

    def at(self, place: int) -> Kept:
        return self._kept[place]

    def key_at(self, place: int) -> int:
        """The `before_id` that leaves out this place and what follows."""
        return self._keys[place]

    def look(self, search: Search, *, end: int, until: float) -> tuple[list[int], int]:
        """Look for a moment at the records before the place `end`, from the last back, until the time `until`
        (perf_counter). Answers the places that `search` finds, descending, and the `end` to go on from, which is the same
        only while texts have to be folded first.
        """
        places: list[int] = []
        while end:
            first = (end - 1) // TEXTS_IN_A_BLOCK * TEXTS_IN_A_BLOCK
            texts = self._texts.block(first, self._kept, until=until) if search.words else NO_TEXTS
            if texts is None:
                break
            if search.has_words_in(texts):
                end = self._look_closely(search, texts, first=first, end=end, until=until, places=places)
            else:
                end = first
            if perf_counter() > until:
                break
        return places, end

    def _look_closely(
        self, search: Search, texts: bytes, *, first: int, end: int, until: float, places: list[int]
    ) -> int:
        """Look at each record of a block before `end`, put what is found into `places`, and answer the `end` to go on from."""
        each = texts.split(BETWEEN_TEXTS)
        for place in range(end - 1, first - 1, -1):
            if search.admits(self._kept[place].record) and search.is_in(each[place - first]):
                places.append(place)
            if perf_counter() > until:
                return place
        return first

    def has_after(self, since_id: int) -> bool:
        return self.last_id > since_id

    def cursor_after(self, kept: Sequence[Kept], *, since_id: int) -> int:
        """The cursor of a reader who had `since_id` and was handed `kept`."""
        return max(since_id, kept[-1].record.id) if kept else since_id

    def first_id(self) -> int:
        return self._kept[0].record.id if self._kept else 0

    def _retract(self, message_id: MessageId) -> None:
        kept = self.get(message_id)
        if kept is None or kept.record.is_retracted:
            return
        record = kept.record.retracted()
        place = bisect_left(self._keys, message_id)
        self._kept[place] = Kept(record, compact(record_json(record)), _line_without_text(kept.line))
        self._texts.forget(place)


def _line_without_text(line: bytes) -> bytes:
    """A line of the log as it is handed out once its text was taken back: it still verifies."""
    fields = parse_line(line)
    written = {name: value for name, value in fields.items() if name not in ("salt", "digest", "chain")}
    seal = read_seal(fields)
    if seal is None:  # 0.1: nothing to verify
        return compact({**written, "text": ""}) + b"\n"
    return sealed_line(written, seal.without_text(written))
