"""A command of ours as a process of its own, that stays when we go: how it is started, and how its first line is heard."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from agentgather.store.private_files import open_private

LOG_BYTES_READ = 65_536


def spawn(words: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """`agentgather WORDS`, away from our terminal; what it has to say beside its first line goes to `log`.

    Nothing secret is in its arguments. Raises OSError.
    """
    descriptor = open_private(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "agentgather", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            start_new_session=True,
            cwd="/",
        )
    finally:
        os.close(descriptor)


def first_line(process: subprocess.Popen[bytes], *, until: float) -> bytes | None:
    """The first line of the process, an unfinished one when it ended, None when it said nothing in time."""
    assert process.stdout is not None
    with process.stdout as stream:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([stream], [], [], max(0.0, until - monotonic()))
            if not ready:
                return None
            part = os.read(stream.fileno(), 65_536)
            if not part:
                return line
            line += part
        return line


def errors(log: Path) -> Iterator[dict[str, Any]]:
    """The errors in the log that commands end with, the last one first."""
    for line in reversed(log.read_bytes()[-LOG_BYTES_READ:].splitlines()):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("ok") is False:
            yield value
