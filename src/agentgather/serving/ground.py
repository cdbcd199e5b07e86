"""What a daemon stands on: time, chance, threads and listening sockets. The machine's own, unless it is told otherwise."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import trio

from agentgather.serving.server import bind
from agentgather.serving.steady_clock import SteadyClock

RandomBytes = Callable[[int], bytes]


class NoThread(OSError):
    """The system gives this process no thread: it is out of them, or of memory. The call was not made."""


async def run_in_thread(call: Callable[..., Any], /, *args: Any) -> Any:
    """As `trio.to_thread.run_sync`. Raises NoThread."""
    has_begun = False

    def begun() -> Any:
        nonlocal has_begun
        has_begun = True
        return call(*args)

    try:
        return await trio.to_thread.run_sync(begun)
    except RuntimeError as error:  # what threading says of a thread that cannot be started
        if has_begun:
            raise
        raise NoThread(errno.EAGAIN, str(error)) from None


@dataclass(frozen=True, slots=True)
class Ground:
    """Whoever stands on another one (a simulation does) sees the same daemon, step for step, from the same seed.

    `clock` is the time of day in UTC; `run_blocking` runs a call that may wait for a disk as `run_in_thread` does, and is not
    cancelled in the middle; `listen` is `serving.server.bind`, or one that raises as it does; `random_bytes`
    gives so many bytes that nobody guesses.
    """

    clock: Callable[[], datetime] = field(default_factory=SteadyClock)
    run_blocking: Callable[..., Awaitable[Any]] = run_in_thread
    listen: Callable[..., list[trio.SocketListener]] = bind
    random_bytes: RandomBytes = secrets.token_bytes


MACHINE = Ground()
