"""Whether somebody sits before this process: what SIGHUP means depends on it."""

from __future__ import annotations

import os


def has_terminal() -> bool:
    """Whether this process has a controlling terminal, and it was not closed."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    os.close(descriptor)
    return True
