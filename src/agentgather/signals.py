"""Being told to stop, as daemons are."""

from __future__ import annotations

import logging
import signal
from typing import Protocol

import trio

log = logging.getLogger(__name__)


class Stoppable(Protocol):
    def stop(self) -> None:
        """Begin to leave in order; does not wait for the end of it."""


async def stop_on_signal(daemon: Stoppable, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Tell `daemon` to stop at the first SIGINT or SIGTERM."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for number in signals:
            log.info("stopping", extra={"event": "stopping", "signal": signal.Signals(number).name})
            daemon.stop()
            return
