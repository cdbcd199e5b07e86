"""How a program that we started, in a group of its own, is ended with all that it started there."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import trio

LOOK_SECONDS = 0.02  # between looks whether what the program has left behind is gone


async def end_group(
    process: trio.Process, *, leave_seconds: float, asked: Sequence[signal.Signals] = (signal.SIGTERM,)
) -> None:
    """Asked by each of these first; whatever is still there `leave_seconds` after the last of them is not asked again."""
    for number in asked:
        tell_group(process.pid, number)
        with trio.move_on_after(leave_seconds):
            await process.wait()
            while tell_group(process.pid, 0):  # noqa: ASYNC110 - of these the system tells nothing
                await trio.sleep(LOOK_SECONDS)
    tell_group(process.pid, signal.SIGKILL)
    with trio.move_on_after(leave_seconds):
        await process.wait()


def tell_group(group: int, number: int) -> bool:
    """Whether anybody is there who may be told; 0 tells nothing."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
