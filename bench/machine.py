"""What the machine's time went to while something was measured: a reader of figures has to know what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
_STOLEN = 7  # of the first line's numbers, beside user, nice, system, idle, iowait, irq and softirq (proc_stat(5))
_ALL = 8  # guests' time, behind these, is in user and nice already


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Of all cores together since the machine began, in ticks. `stolen`: a core had work and the hypervisor took it away."""

    stolen: int
    total: int

    def stolen_share(self, before: CpuTime) -> float:
        """The share of the time since `before`, from 0 to 1."""
        passed = self.total - before.total
        return (self.stolen - before.stolen) / passed if passed else 0.0


def cpu_time(stat: Path = STAT) -> CpuTime | None:
    """None where the system does not say: only Linux does."""
    try:
        name, *counted = stat.read_text().split("\n", 1)[0].split()
    except OSError:
        return None
    ticks = [int(count) for count in counted[:_ALL]]
    return CpuTime(ticks[_STOLEN], sum(ticks)) if name == "cpu" and len(ticks) == _ALL else None
