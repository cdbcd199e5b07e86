"""What an open room does by itself: it writes its log, saves its checkpoints, warns of its end, and ends in time."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import trio

from agentgather.live.claim_leases import ClaimLeases
from agentgather.live.contract_desk import ContractDesk
from agentgather.live.desk import Desk
from agentgather.live.live_room import LiveRoom
from agentgather.live.pen import RETRY_SECONDS, RunBlocking
from agentgather.room.commands import Expire, WarnOfExpiry
from agentgather.room.keeping import Documents
from agentgather.room.names import MessageId
from agentgather.room.refusals import Refusal
from agentgather.room.tasks.commands import LapseClaims

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0  # a suspended machine stops our timers, not the wall clock: look again this often


class OpenRoom:
    """A live room together with its desk and its checkpoints."""

    def __init__(
        self,
        room: LiveRoom,
        documents: Documents,
        *,
        run_blocking: RunBlocking,
        save_seconds: float,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.room = room
        self.desk = Desk(room, documents, run_blocking=run_blocking, random_bytes=random_bytes)
        self.contract_desk = ContractDesk(room, run_blocking=run_blocking)
        self.checkpoint_trouble: Refusal | None = None
        self._documents = documents
        self._run_blocking = run_blocking
        self._save_seconds = save_seconds
        self._saved_through = -1
        self._is_delivery_trouble_told = False
        self._unfinished_scrubs: set[MessageId] = set()

    @property
    def trouble(self) -> Refusal | None:
        """What the disk refuses at present, if anything."""
        return self.room.pen.trouble or self.checkpoint_trouble

    async def keep(
        self,
        *,
        unfinished_scrubs: Sequence[MessageId] = (),
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Run the room's tasks until cancelled; then save what presence knows.

        `unfinished_scrubs` are messages whose text was to leave the log when the house last stopped.
        """
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(self.room.pen.keep_writing)
                nursery.start_soon(self._keep_time)
                nursery.start_soon(self._keep_saving)
                task_status.started()
                self._unfinished_scrubs.update(unfinished_scrubs)
                await self._finish_scrubs()
        finally:
            with trio.CancelScope(shield=True):
                await self.save()

    async def save(self) -> None:
        """Write the checkpoints that are behind. Trouble is remembered, and tried again with the next save."""
        await self._save_deliveries()  # before the roster, which tells how far they have come
        state = self.room.state
        try:
            if self.room.presence.is_dirty or state.last_id != self._saved_through:
                await self.desk.save()
            if state.last_id != self._saved_through:
                await self._run_blocking(self._documents.save_room, state)
                self._saved_through = state.last_id
        except Refusal as trouble:
            self.room.presence.is_dirty = True
            if self.checkpoint_trouble is None:
                log.error("checkpoints fail", extra={"event": "checkpoint_failed", "error": trouble.code})
            self.checkpoint_trouble = trouble
        else:
            self.checkpoint_trouble = None

    async def _save_deliveries(self) -> None:
        """Write down who fetched what. A disk that refuses this is no trouble of the room: it records all the same."""
        try:
            await self.room.deliveries.save()
        except Refusal as trouble:
            if not self._is_delivery_trouble_told:
                log.error("what was fetched is not kept", extra={"event": "deliveries_failed", "error": trouble.code})
            self._is_delivery_trouble_told = True
        else:
            self._is_delivery_trouble_told = False

    async def scrub(self, message_id: MessageId) -> None:
        """Take the text of a retracted message out of the log. Raises StorageFull or StorageFailed; then it is tried again."""
        self._unfinished_scrubs.add(message_id)
        await self.room.pen.scrub(message_id)
        self._unfinished_scrubs.discard(message_id)

    async def _keep_saving(self) -> None:
        while True:
            await trio.sleep(self._save_seconds)
            await self.save()
            await self._finish_scrubs()

    async def _finish_scrubs(self) -> None:
        """What the disk refuses stays for the next time: a room with a text too many is still a room."""
        for message_id in sorted(self._unfinished_scrubs):
            with suppress(Refusal):
                await self.scrub(message_id)

    async def _keep_time(self) -> None:
        """Submit the warning, the end and the lapse of claims when their time comes, also after the end was moved or the
        machine slept.
        """
        room = self.room
        leases = ClaimLeases(room, gap_seconds=2 * LOOK_SECONDS)
        while room.state.is_open:
            now = room.clock()
            silent = leases.silent()
            try:
                if room.state.has_expired(now):
                    await room.submit(Expire())
                elif self._is_warning_due():
                    await room.submit(WarnOfExpiry())
                elif silent:
                    await room.submit(LapseClaims(silent))
                else:
                    until_silence = leases.seconds_to_next()
                    until_end = self._seconds_to_next()
                    with trio.move_on_after(until_end if until_silence is None else min(until_end, until_silence)):
                        await room.news()
            except Refusal:  # the disk refuses: the end is not yet durable, so the room is not yet closed
                await trio.sleep(RETRY_SECONDS)

    def _is_warning_due(self) -> bool:
        state = self.room.state
        if state.expires_at is None or state.is_expiry_warned or self._is_short():
            return False
        return self.room.clock() >= state.expires_at - self._warning

    def _seconds_to_next(self) -> float:
        state = self.room.state
        if state.expires_at is None:
            return LOOK_SECONDS
        is_warned = state.is_expiry_warned or self._is_short()
        due = state.expires_at if is_warned else state.expires_at - self._warning
        return max(0.0, min((due - self.room.clock()).total_seconds(), LOOK_SECONDS))

    def _is_short(self) -> bool:
        """Whether the room lives no longer than the warning is early: then there is nothing to warn of."""
        state = self.room.state
        return state.expires_at is not None and state.expires_at - state.created_at <= self._warning

    @property
    def _warning(self) -> timedelta:
        return timedelta(seconds=self.room.limits.expiry_warning_seconds)
