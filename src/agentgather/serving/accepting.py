"""Letting clients in, one after another; and what is done while the system has no place for another one."""

from __future__ import annotations

import errno
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import inf

import trio

log = logging.getLogger(__name__)

# accept(2): the process or the system has too many open files, or no memory. Whoever comes stays in the kernel's backlog.
FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
FULL_SECONDS = 0.1  # until it is tried again: nothing tells when somebody closes a file
TOLD_SECONDS = 60.0  # between two lines that say so

Welcome = Callable[[trio.SocketStream], Awaitable[None]]


async def keep_accepting(
    listeners: Sequence[trio.SocketListener],
    welcome: Welcome,
    *,
    guests: trio.Nursery,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Start `welcome` in `guests` for whoever comes to `listeners`, until cancelled; they are closed then.

    As `trio.serve_listeners`, which would log a trace ten times a second for as long as the file table is full.
    """
    async with trio.open_nursery() as doors:
        for listener in listeners:
            doors.start_soon(partial(_keep_door, listener, welcome, guests=guests))
        task_status.started(list(listeners))


async def _keep_door(listener: trio.SocketListener, welcome: Welcome, *, guests: trio.Nursery) -> None:
    told_at = -inf
    async with listener:
        while True:
            try:
                stream = await listener.accept()  # passes over those who have left again
            except OSError as error:
                if error.errno not in FULL:
                    raise
                if trio.current_time() >= told_at + TOLD_SECONDS:
                    told_at = trio.current_time()
                    log.error("nobody is let in until another leaves: %s", error.strerror, extra={"event": "door_full"})
                await trio.sleep(FULL_SECONDS)
            else:
                guests.start_soon(welcome, stream)
