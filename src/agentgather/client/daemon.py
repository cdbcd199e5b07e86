"""Whether the daemon that a room's note names still lives, and how a seat's room is reached from here."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from agentgather.store.home import DaemonNote
from agentgather.store.lock import is_alive

_CLOCK_SLACK_SECONDS = 2.0  # /proc counts its start times from a boot time in whole seconds


def is_living(note: DaemonNote) -> bool:
    """Whether the process that left `note` lives. A pid that was given to a younger process since does not count."""
    if not is_alive(note.pid):
        return False
    started = _started_at(note.pid)
    try:
        noted = datetime.fromisoformat(note.started_at).timestamp()
    except (TypeError, ValueError):
        return True
    return started is None or started <= noted + _CLOCK_SLACK_SECONDS


def _started_at(pid: int) -> float | None:
    """When process `pid` began, in seconds since 1970; None where the system does not tell (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
        return int(booted.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
