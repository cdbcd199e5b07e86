"""Asking again until there is an answer: for what is safe to repeat, and only for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from agentgather.client.backoff import Backoff
from agentgather.client.errors import Refused, Unreachable
from agentgather.store.lock import RoomLocked

T = TypeVar("T")

PATIENCE_SECONDS = 8.0  # a daemon that is restarted is back by then


async def persist(attempt: Callable[[], Awaitable[T]], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
    """What `attempt` answers, tried anew after failures that may pass. Only for requests that are safe to repeat.

    Raises the last Refused, Unreachable or RoomLocked once patience is over, and at once those that will not pass.
    """
    backoff = Backoff()
    until = trio.current_time() + patience_seconds
    while True:
        asked_for = None
        try:
            return await attempt()
        except Refused as refused:
            asked_for = refused.retry_after_seconds
            if not (refused.status in (502, 503, 504) or (refused.status == 429 and asked_for is not None)):
                raise
            pause = backoff.next_seconds(at_least=asked_for)
            if trio.current_time() + pause > until:
                raise
        except Unreachable as silent:
            pause = backoff.next_seconds()
            if not silent.is_passing or trio.current_time() + pause > until:
                raise
        except RoomLocked:  # another command has the room open for a moment, or a daemon is about to serve it
            pause = backoff.next_seconds()
            if trio.current_time() + pause > until:
                raise
        await trio.sleep(pause)
