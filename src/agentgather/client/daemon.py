"""Whether the daemon that left a note still lives."""

from __future__ import annotations

from datetime import datetime

from agentgather.store.home import DaemonNote
from agentgather.store.processes import is_alive, started_at

_CLOCK_SLACK_SECONDS = 2.0  # the kernel counts start times from a boot time in whole seconds


def is_living(note: DaemonNote) -> bool:
    """Whether the process that left `note` lives. A pid that was given to a younger process since does not count."""
    if not is_alive(note.pid):
        return False
    started = started_at(note.pid)
    try:
        noted = datetime.fromisoformat(note.started_at).timestamp()
    except (TypeError, ValueError):
        return True
    return started is None or started <= noted + _CLOCK_SLACK_SECONDS
