"""Daemons under a service manager: it is told when they serve, as sd_notify(3) has it, and asks them to reread by SIGHUP."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable

import trio

log = logging.getLogger(__name__)


def say_ready() -> None:
    """Say that the daemon serves to whoever started it and wants to hear so (`Type=notify` in a unit of systemd)."""
    where = os.environ.get("NOTIFY_SOCKET")
    if not where:
        return
    if where.startswith("@"):  # a name of the abstract kind
        where = "\0" + where[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_manager:
            to_manager.connect(where)
            to_manager.send(b"READY=1")
    except OSError as error:
        log.warning("the service manager cannot be told that we serve: %s", error.strerror, extra={"event": "notify"})


async def reread_on_hangup(
    reread: Callable[[], Awaitable[None]],
    *,
    faults: tuple[type[Exception], ...],
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Call `reread` at each SIGHUP until cancelled. What it raises of `faults` is logged, and what held before holds on."""
    with trio.open_signal_receiver(signal.SIGHUP) as hangups:
        task_status.started()
        async for _ in hangups:
            try:
                await reread()
            except faults as error:
                log.error("nothing was reread: %s", error, extra={"event": "reread"})
            else:
                log.info("reread", extra={"event": "reread"})
