"""What a process and its children use, as the kernel counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

QUIET_SECONDS = 0.06  # without a tick of the CPU clock (10 ms) in any of them: they wait for us
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
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
        """The time all their threads have spent on a core, to the tick of 10 ms."""
        fields = [stat.rpartition(")")[2].split() for stat in self._told("stat")]
        return sum(int(one[11]) + int(one[12]) for one in fields) / _TICKS_PER_SECOND  # utime and stime (proc(5))

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
        if (now_used := sum(tree.cpu_seconds() for tree in trees)) != used:
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
