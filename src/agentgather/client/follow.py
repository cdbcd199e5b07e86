"""Following a room: one wait after the other, over restarts and broken connections, with no loss and no repeat."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

import trio

from agentgather.client.answers import Waited
from agentgather.client.backoff import Backoff
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.room_client import RoomClient

Reach = Callable[[], AbstractAsyncContextManager[RoomClient]]

HOLD_SECONDS = 25.0  # what every proxy on the way lets pass
HANG_UP_SECONDS = 2.0  # to close a connection in order, also when we are told to stop
FIRST_PATIENCE_SECONDS = 30.0  # a room that never answered may be the wrong URL: this long, then say so


class Ended(Exception):
    """There is nothing more to follow. `reason`: closed, removed or unauthorized."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Follower:
    """Hands out what is said after `since_id`, batch by batch. Use as an async context manager.

    `reach` is called anew for every connection, so that a daemon that comes back at another port is found. `on_pause`
    hears of each failure and the seconds until the next try. `is_hold_firm`: a room that holds
    shorter than `hold_seconds` is an error. `is_peek`: only look, as RoomClient.wait does.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        since_id: int,
        hold_seconds: float | None = None,
        is_hold_firm: bool = True,
        patience_seconds: float = FIRST_PATIENCE_SECONDS,
        on_pause: Callable[[Exception, float], None] | None = None,
        is_peek: bool = False,
    ) -> None:
        self.since_id = since_id
        self._reach = reach
        self._hold_seconds: float | None = HOLD_SECONDS if hold_seconds is None else hold_seconds
        self._is_hold_asked = is_hold_firm and hold_seconds is not None
        self._patience_seconds = patience_seconds
        self._on_pause = on_pause
        self._is_peek = is_peek
        self._backoff = Backoff()
        self._has_answered = False
        self._ending: str | None = None
        self._open = AsyncExitStack()
        self._client: RoomClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._hang_up()

    async def next(self) -> Waited:
        """The next answer: news, a heartbeat, or the last words of a room that closes.

        Raises Ended after the last of them; Unreachable when the room never answered within the patience; Refused
        for a no that no waiting changes. Cancelled anywhere, nothing is lost: `since_id` moves with what is returned.
        """
        if self._ending is not None:
            raise Ended(self._ending)
        until = trio.current_time() + self._patience_seconds
        while True:
            try:
                waited = await self._ask()
            except Refused as refused:
                await self._hang_up()
                await self._pause_or_raise(refused, at_least=refused.retry_after_seconds, until=until)
            except Unreachable as silent:
                await self._hang_up()
                await self._pause_or_raise(silent, at_least=None, until=until)
            else:
                self._has_answered = True
                if waited.reason == "shutdown" and not waited.records:
                    await self._hang_up()
                    await self._pause(Unreachable("the room's host is restarting"), at_least=None)
                    continue
                self._backoff.reset()
                return self._taken(waited)

    def _taken(self, waited: Waited) -> Waited:
        if waited.records and waited.next_since_id <= self.since_id:  # said before: nobody needs to hear it twice
            told: dict[str, object] = {"concerns": []} if waited.concerns else {}
            raw = {**waited.raw, "messages": [], **told}
            waited = replace(waited, records=(), concerns=waited.concerns and (), raw=raw)
        self.since_id = max(self.since_id, waited.next_since_id)
        if waited.is_last:
            self._ending = waited.reason
        return waited

    async def _ask(self) -> Waited:
        if self._client is None:
            self._client = await self._open.enter_async_context(self._reach())
        return await self._client.wait(
            since_id=self.since_id, hold_seconds=self._hold_seconds, is_hold_firm=True, is_peek=self._is_peek
        )

    async def _pause_or_raise(self, error: Refused | Unreachable, *, at_least: float | None, until: float) -> None:
        if isinstance(error, Refused):
            if error.code in ("unauthorized", "token_expired"):
                raise Ended("unauthorized") from error
            if error.code == "removed":
                raise Ended("removed") from error
            if error.code == "invalid_hold" and not self._is_hold_asked and self._hold_seconds is not None:
                self._hold_seconds = None  # this room holds shorter than we asked for; it knows best
                return
            is_away = error.status == 404 or error.code == "route_expired"  # its host comes back to its own subdomain
            is_passing = error.is_passing or (is_away and self._has_answered)
        else:
            is_passing = error.is_passing or self._has_answered
        if not is_passing or (not self._has_answered and trio.current_time() >= until):
            raise error
        await self._pause(error, at_least=at_least)

    async def _pause(self, error: Exception, *, at_least: float | None) -> None:
        seconds = self._backoff.next_seconds(at_least=at_least)
        if self._on_pause is not None:
            self._on_pause(error, seconds)
        await trio.sleep(seconds)

    async def _hang_up(self) -> None:
        self._client = None
        opened, self._open = self._open, AsyncExitStack()
        with trio.move_on_after(HANG_UP_SECONDS, shield=True):
            await opened.aclose()
