"""Group commit: everyone who writes while the disk is busy shares the next write, and is answered only after it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import trio

from agentgather.room.keeping import Journal, Kept
from agentgather.room.message import Message
from agentgather.room.refusals import Refusal, StorageFailed
from agentgather.room.state import RoomState

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0  # how often a log that failed is tried again while nobody writes


class RunBlocking(Protocol):
    """Runs a blocking call off the event loop: `trio.to_thread.run_sync`, or in place for a journal in memory."""

    def __call__(self, call: Callable[..., Any], /, *args: Any) -> Awaitable[Any]: ...


class Batch:
    """Records that go to disk together. `settled` is set once they are there, or are known not to be."""

    def __init__(self) -> None:
        self.records: list[Message] = []
        self.state: RoomState | None = None  # the room once all of them are recorded
        self.kept: list[Kept] = []
        self.settled = trio.Event()
        self._trouble: Refusal | None = None

    def fail(self, trouble: Refusal) -> None:
        self._trouble = trouble
        self.settled.set()

    async def wait(self) -> None:
        """Return once the records are durable. Raises StorageFull or StorageFailed when they are not."""
        await self.settled.wait()
        if self._trouble is not None:
            raise type(self._trouble)(self._trouble.message)


class Pen:
    """The only hand that writes a room's log.

    `publish(kept, state)` is called with each batch as soon as it is durable; `forget()` when a batch could not be
    written: whatever was decided on top of it is void too. Both are plain functions: no reader sees a step between.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        publish: Callable[[Sequence[Kept], RoomState], None],
        forget: Callable[[], None],
        run_blocking: RunBlocking,
    ) -> None:
        self._journal = journal
        self._publish = publish
        self._forget = forget
        self._run_blocking = run_blocking
        self._next = Batch()
        self._latest = self._next  # the batch of the newest records, in flight or not
        self._ink = trio.Event()
        self._paper = trio.Lock()  # the journal has one caller at a time
        self.trouble: Refusal | None = None

    def add(self, records: Sequence[Message], *, state: RoomState) -> Batch:
        """Put `records` into the next write; `state` is the room after them."""
        self._next.records.extend(records)
        self._next.state = state
        self._latest = self._next
        self._ink.set()
        return self._next

    async def settle(self) -> None:
        """Return once everything added so far is durable. Raises as `Batch.wait` does."""
        if self._latest.records:
            await self._latest.wait()

    async def scrub(self, message_id: int) -> Kept:
        """Take a text out of the log for good. Raises StorageFull or StorageFailed."""
        async with self._paper:
            kept: Kept = await self._run_blocking(self._journal.scrub, message_id)
            return kept

    async def keep_writing(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write batch after batch until cancelled; try a failed log again every few seconds."""
        task_status.started()
        while True:
            if self.trouble is None:
                await self._ink.wait()
            else:
                with trio.move_on_after(RETRY_SECONDS):
                    await self._ink.wait()
            self._ink = trio.Event()
            batch, self._next = self._next, Batch()
            async with self._paper:
                await self._write(batch)

    async def _write(self, batch: Batch) -> None:
        try:
            if batch.records:
                batch.kept = await self._run_blocking(self._journal.append, batch.records)
            else:
                await self._run_blocking(self._journal.recover)
        except Exception as error:  # noqa: BLE001 - the one place where a room's disk trouble ends
            self._give_up(batch, error)
            return
        if self.trouble is not None:
            log.warning("storage works again", extra={"event": "storage_recovered"})
            self.trouble = None
        if batch.state is not None:
            self._publish(batch.kept, batch.state)
        batch.settled.set()

    def _give_up(self, batch: Batch, error: Exception) -> None:
        if isinstance(error, Refusal):
            trouble: Refusal = error
            if self.trouble is None:
                log.error("storage fails", extra={"event": "storage_failed", "error": trouble.code})
        else:
            log.exception("the journal broke", extra={"event": "bug"})
            trouble = StorageFailed("the room's log cannot be written now; nothing was recorded, try again later")
        self.trouble = trouble
        late, self._next = self._next, Batch()  # decided on top of what was lost
        self._ink = trio.Event()
        self._latest = self._next
        self._forget()
        batch.fail(trouble)
        late.fail(trouble)
