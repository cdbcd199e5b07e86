"""What can go wrong below a daemon, and where: the grid that trials walk along."""

from __future__ import annotations

import random
from dataclasses import dataclass

TIMES = ("", ":when=1", ":when=1+2", ":when=2+3")  # each time, once, and on and off; counted by each thread


@dataclass(frozen=True)
class Fault:
    """`calls` are what strace injects, `{}` standing for how often; where `is_of_log`, on the room's log alone."""

    name: str
    calls: tuple[str, ...]
    is_of_log: bool = True
    is_refusing: bool = True  # posts are refused while it lasts; otherwise nobody notices

    def injections(self, times: str) -> list[str]:
        return [call.replace("{}", times) for call in self.calls]


def _log(call: str, *errors: str) -> list[Fault]:
    return [Fault(f"{call} of the log: {error}", (f"{call}:error={error}{{}}",)) for error in errors]


# The log is opened anew after a failure: what fails then besides.
_GONE = tuple(f"{call}:error=EIO" for call in ("write", "fdatasync", "ftruncate", "openat", "read"))

OF_THE_LOG: tuple[Fault, ...] = (
    *_log("write", "ENOSPC", "EIO", "EDQUOT"),
    *_log("fdatasync", "EIO", "ENOSPC"),
    Fault("write of the log: taken by nobody", ("write:retval=0{}",)),
    Fault("fdatasync and ftruncate of the log: EIO", ("fdatasync:error=EIO", "ftruncate:error=EIO")),
    *(
        Fault(f"fdatasync of the log: EIO, opening it anew: {error}", ("fdatasync:error=EIO", f"openat:error={error}"))
        for error in ("EACCES", "EMFILE", "ENFILE", "EROFS")
    ),
    Fault("all calls on the log: EIO", _GONE),
    Fault("write of the log: EINTR, every other time", ("write:error=EINTR:when=1+2",), is_refusing=False),
    Fault("fdatasync of the log: EINTR, every other time", ("fdatasync:error=EINTR:when=1+2",), is_refusing=False),
    Fault("fdatasync of the log: a tenth of a second late", ("fdatasync:delay_enter=100000",), is_refusing=False),
)

# Calls that only the checkpoints make: posts go on.
OF_THE_CHECKPOINTS: tuple[Fault, ...] = tuple(
    Fault(f"{call} of a checkpoint: {error}", (f"{call}:error={error}",), is_of_log=False, is_refusing=False)
    for call, error in (
        ("fsync", "EIO"),
        ("fsync", "ENOSPC"),
        ("rename", "EIO"),
        ("rename", "EACCES"),
        ("openat", "EMFILE"),
        ("openat", "EROFS"),
        ("fchmod", "EPERM"),
    )
)

# accept(2), "Errors": what passes, and what lasts until somebody closes a file.
PASSING = ("ECONNABORTED", "EPERM", "EPROTO", "ENETDOWN", "EINTR")
LASTING = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")

ENDINGS = ("heals", "heals", "killed", "stopped")  # of the daemon while the fault lasts


@dataclass(frozen=True)
class Choices:
    """How one trial goes."""

    times: str
    refusals: int
    ending: str

    @classmethod
    def of(cls, choices: random.Random) -> Choices:
        times = choices.choice(TIMES)
        return cls(times, 1 if times else choices.randint(2, 8), choices.choice(ENDINGS))
