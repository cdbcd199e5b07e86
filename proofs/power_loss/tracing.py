"""What a program asks of the file system, in order: its system calls, as strace(1) sees them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofs.proof import Disproved

CALLS = (
    *("open", "openat", "creat", "close", "dup", "dup2", "dup3", "fcntl", "lseek"),
    *("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range", "splice"),
    *("truncate", "ftruncate", "fallocate", "fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
    *("unlink", "unlinkat", "rmdir", "mkdir", "mkdirat"),
)
STRING_BYTES_MAX = 16 * 1024 * 1024  # strace cuts what is longer, and a cut one is an error here

_WHOLE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)(?: .*)?$")
_BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|\?)(?: .*)?$")


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that succeeded. Texts are bytes; `began` and `ended` are the lines of the trace where it did so."""

    name: str
    arguments: tuple[bytes | str, ...]
    result: int
    began: int
    ended: int


def trace(
    program: Sequence[str], *, out: Path, cwd: Path, inject: str | None = None, allowed: Iterable[int] = (0,)
) -> Iterator[Call]:
    """Run a Python program that starts no other, and yield what it asked for. Raises Disproved when it fails.

    `inject` is strace's: which call fails or kills. `allowed` are the exit codes that are as they should be.
    """
    quick = [] if inject and "signal" in inject else ["--seccomp-bpf"]  # which would not see to the signals
    meddling = ["-e", f"inject={inject}"] if inject else []
    names = ",".join(f"?{name}" for name in CALLS)
    shown = ["-f", "-qq", "-xx", "-s", str(STRING_BYTES_MAX), "-e", "signal=none", "-e", f"trace={names}"]
    command = ["strace", *quick, *shown, *meddling, "-o", str(out), sys.executable, *program]
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if ended.returncode not in allowed:
        raise Disproved(f"{' '.join(program)} ended with {ended.returncode}:\n{ended.stderr[-4000:]}")
    with out.open() as lines:
        yield from calls(lines)


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """The calls that succeeded, in the order in which they ended."""
    begun: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines):
        line = line.rstrip("\n")
        if found := _BEGUN.match(line):
            begun[found[1]] = (found[3], number)
            continue
        began = number
        if found := _ENDED.match(line):
            head, began = begun.pop(found[1])
            text = head + found[3]
        elif found := _WHOLE.match(line):
            text = found[3]
        else:
            continue  # a process ended
        if found[4] != "?" and int(found[4]) >= 0:
            yield Call(found[2], tuple(_arguments(text)), int(found[4]), began, number)


def _arguments(text: str) -> Iterator[bytes | str]:
    """The arguments; with -xx no text holds a comma."""
    for part in text.split(", "):
        if part.startswith('"'):
            if not part.endswith('"'):
                raise ValueError("strace has cut a text")
            yield bytes.fromhex(part[1:-1].replace("\\x", ""))
        else:
            yield part
