"""A small disk of one's own: a file system in memory, in a mount namespace that ends with the process which holds it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PLACE = Path("/mnt")  # only whoever enters sees anything there
SIZE = "4m"  # a run's logs are a tenth of it
PAGE_BYTES = 4096
_HOLD = f"mount -t tmpfs -o size={SIZE},mode=0700 tmpfs {PLACE} && echo held && exec cat"


class NotPermitted(Exception):
    """This machine lacks, or does not allow, what breaks things: mounting, tracing, a clock that jumps."""


@dataclass(frozen=True)
class SmallDisk:
    """`entering` are the words before a command that is to see the disk at PLACE; the process keeps its pid."""

    holder: int

    @property
    def entering(self) -> tuple[str, ...]:
        return "nsenter", "-t", str(self.holder), "-m", "--"

    def seen_from_here(self, path: Path) -> Path:
        """Where we find what they find at `path`."""
        return Path(f"/proc/{self.holder}/root{path}")

    @contextmanager
    def full(self, *, but_pages: int = 0) -> Iterator[None]:
        """Take all the room there is, or nearly, and give it back."""
        filler = self.seen_from_here(PLACE / "filler")
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(PAGE_BYTES))
            except OSError:
                file.truncate(max(0, file.tell() - but_pages * PAGE_BYTES))
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """Needs to be root, or what may mount."""
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", _HOLD]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != b"held\n":
            raise NotPermitted("a disk of one's own has to be mounted, and this process may not mount one")
        yield SmallDisk(holder.pid)
    finally:
        holder.kill()
        holder.communicate()
