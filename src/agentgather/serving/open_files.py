"""How many connections the system lets this process have open: each is a file, and the rooms on disk need theirs."""

from __future__ import annotations

import resource

SPARE_FILES = 128  # for logs, locks, listeners and outgoing connections of everything else in this process


def connections_that_fit(wanted: int) -> int:
    """How many of the `wanted` connections may be open at once; raises the process's soft limit where it has to.

    Without room to spare, the one who meets EMFILE is a room that opens its log.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (OSError, ValueError):  # some systems have a lower maximum of their own
        allowed = soft
    return max(1, min(wanted, allowed - SPARE_FILES))
