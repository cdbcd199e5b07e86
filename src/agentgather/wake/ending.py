"""How a program that we started, in a group of its own, is ended with all that it started there."""

from __future__ import annotations

import os
import signal

import trio

LOOK_SECONDS = 0.02  # between looks whether what the program has left behind is gone


async def end_group(process: trio.Process, *, leave_seconds: float) -> None:
    """Asked first; whatever is still there `leave_seconds` later is not asked again."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        _tell(process.pid, number)
        with trio.move_on_after(leave_seconds):
            await process.wait()
            while number is signal.SIGTERM and _tell(process.pid, 0):  # noqa: ASYNC110 - of these the system tells nothing
                await trio.sleep(LOOK_SECONDS)


def _tell(group: int, number: int) -> bool:
    """Whether anybody is there who may be told; 0 tells nothing."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
