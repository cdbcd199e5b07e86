"""What became of messages, in an open room: marks are noted durably, beside the log, and wake nobody who waits for records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import trio

from agentgather.live.pen import RunBlocking
from agentgather.room.delivery.book import DeliveryBook
from agentgather.room.delivery.marks import Fetched, Mark
from agentgather.room.delivery.recipients import sender
from agentgather.room.guards import RateGuard
from agentgather.room.keeping import DeliveryFile, Kept
from agentgather.room.limits import RoomLimits
from agentgather.room.names import Alias
from agentgather.room.refusals import Refusal, StorageFailed

SLACK_LINES = 1_000  # the file is rewritten once it has twice the lines that the book needed last time, and these


class _Batch:
    """Marks that go to disk together."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.is_settled = False
        self.trouble: Refusal | None = None


class Deliveries:
    """The marks of one room. `book` holds what is durable, and what was fetched, which is written lazily.

    Only `note` answers for the disk; that somebody fetched something is known at once, and lost by a crash within seconds: then
    the message looks less far than it came.
    """

    def __init__(
        self,
        marks: Iterable[Mark],
        *,
        file: DeliveryFile | None,
        limits: RoomLimits,
        run_blocking: RunBlocking,
    ) -> None:
        self.book = DeliveryBook(marks, places_max=limits.deliveries_max)
        self._file = file
        self._needed_lines = sum(1 for _ in self.book.marks())
        self._run_blocking = run_blocking
        self._rate = RateGuard(limits.acks_per_minute)
        self._late: list[Mark] = []
        self._next = _Batch()
        self._turn = trio.Lock()
        self._news = trio.Event()

    @property
    def through(self) -> int:
        """How many marks were ever written down."""
        return self._file.through if self._file else 0

    @property
    def is_durable(self) -> bool:
        """Whether all that was noted is known to be on disk. If not, noting it again puts it there."""
        return self._file is None or self._file.is_sound

    def admit(self, alias: Alias, *, now: datetime) -> None:
        """Count one note of `alias`. Raises RateLimited."""
        self._rate.admit(alias, now=now)

    def fetched(self, alias: Alias, kept: Sequence[Kept], *, now: datetime) -> None:
        """Note that `alias` was handed `kept`. Costs a look at each record, as most are for nobody."""
        marks = [
            Fetched(one.record.id, alias, now)
            for one in kept
            if alias in one.record.mentions and sender(one.record) != alias and not one.record.is_retracted
        ]
        if new := [mark for mark in marks if self.book.enter(mark)]:
            self._late += new
            self.stir()

    async def note(self, mark: Mark) -> None:
        """Note `mark` and return once it is on disk; who comes meanwhile shares the next write. Raises a storage Refusal."""
        batch = self._next
        batch.marks.append(mark)
        async with self._turn:
            if not batch.is_settled:
                await self._write(batch)
        if batch.trouble is not None:
            raise type(batch.trouble)(batch.trouble.message)

    async def save(self) -> None:
        """Write down what was fetched since. Raises StorageFull or StorageFailed; then it is tried with the next."""
        if self._late:
            batch = self._next
            async with self._turn:
                if not batch.is_settled:
                    await self._write(batch)
            if batch.trouble is not None:
                raise type(batch.trouble)(batch.trouble.message)

    async def news(self) -> None:
        """Return at the next thing that may have changed what became of a message."""
        await self._news.wait()

    def stir(self) -> None:
        """Let everybody who waits for a delivery look again."""
        self._news.set()
        self._news = trio.Event()

    async def _write(self, batch: _Batch) -> None:
        self._next = _Batch()
        late, self._late = self._late, []
        try:
            with trio.CancelScope(shield=True):  # others' marks are in it
                await self._put([*late, *batch.marks])
        except Refusal as trouble:
            batch.trouble = trouble
            self._late = [*late, *self._late]
        except BaseException:
            batch.trouble = StorageFailed("what became of the message could not be noted; try again later")
            raise
        else:
            for mark in batch.marks:
                self.book.enter(mark)
            self.stir()
        finally:
            batch.is_settled = True

    async def _put(self, marks: Sequence[Mark]) -> None:
        file = self._file
        if file is None:
            return
        if file.is_sound and file.line_count <= 2 * self._needed_lines + SLACK_LINES:
            await self._run_blocking(file.append, marks)
        else:
            await self._run_blocking(file.rewrite, list(self._whole(marks)))
            self._needed_lines = file.line_count

    def _whole(self, marks: Sequence[Mark]) -> Iterable[Mark]:
        """What a new file says: the book, which has the fetched ones of `marks` already, and the rest of them."""
        yield from self.book.marks()
        yield from (mark for mark in marks if not isinstance(mark, Fetched))
