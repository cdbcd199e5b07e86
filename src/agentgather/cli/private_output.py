"""A file of the user's that holds what was said in a room: theirs alone, and whole or not there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO

from agentgather.store.private_files import open_private


@contextmanager
def private_output(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of `path` once it is complete, 0600 whatever the umask. Raises OSError."""
    beside = path.with_name(f".{path.name}.{token_hex(4)}")
    descriptor = open_private(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
