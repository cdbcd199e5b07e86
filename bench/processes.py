"""What a process and its children use, as the kernel counts it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

QUIET_SECONDS = 0.06  # in which all of them together work for less than QUIET_CPU_SECONDS: they wait for us
QUIET_CPU_SECONDS = 0.005
_CPUCLOCK_SCHED = 2  # with a process's complement above it, the number of its clock (clock_getcpuclockid(3) of glibc)
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024


class ProcessTree:
    """A process and all that live below it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def resident_kib(self) -> float:
        return sum(int(statm.split()[1]) for statm in self._told("statm")) * _PAGE_KIB

    def file_count(self) -> int:
        """How many files, and so connections, they have open."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in _family(self.pid))

    def cpu_seconds(self) -> float:
        """The time all their threads have spent on a core, to the microsecond."""
        used = 0.0
        for pid in _family(self.pid):
            with contextlib.suppress(OSError):  # it left in between
                used += time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
        return used

    def _told(self, name: str) -> Iterator[str]:
        for pid in _family(self.pid):
            try:
                yield Path(f"/proc/{pid}/{name}").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it left in between


def path_of(source: Path | None) -> dict[str, str]:
    """What of the environment lets a Python run the code in the folder `source`; nothing for our own."""
    return {} if source is None else {"PYTHONPATH": str(source)}


def settle(*trees: ProcessTree) -> None:
    """Return once all of them have done everything they were asked, by their CPU clocks."""
    used, since = -1.0, time.perf_counter()
    while time.perf_counter() - since < QUIET_SECONDS:
        if (now_used := sum(tree.cpu_seconds() for tree in trees)) > used + QUIET_CPU_SECONDS:
            used, since = now_used, time.perf_counter()
        time.sleep(0.01)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield from _family(int(child))
