"""What a daemon stands on: time, chance, threads and listening sockets. The machine's own, unless it is told otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import trio

from agentgather.serving.server import bind

RandomBytes = Callable[[int], bytes]


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ground:
    """Whoever stands on another one (a simulation does) sees the same daemon, step for step, from the same seed.

    `clock` is the wall clock in UTC; `run_blocking` runs a call that may wait for a disk as `trio.to_thread.run_sync` does,
    and is not cancelled in the middle; `listen` is `serving.server.bind`, or one that raises as it does; `random_bytes`
    gives so many bytes that nobody guesses.
    """

    clock: Callable[[], datetime] = wall_clock
    run_blocking: Callable[..., Awaitable[Any]] = trio.to_thread.run_sync
    listen: Callable[..., list[trio.SocketListener]] = bind
    random_bytes: RandomBytes = secrets.token_bytes


MACHINE = Ground()
