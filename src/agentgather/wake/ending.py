"""How a program that we started, in a group of its own, is ended with all that it started there."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import trio


async def end_group(process: trio.Process, *, leave_seconds: float) -> None:
    """Asked first; whatever is still there `leave_seconds` later is not asked again."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with trio.move_on_after(leave_seconds):
            await process.wait()
