"""What happened in a world, event after event: a digest to compare, and the end of it to read."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from hashlib import sha256

import trio

Tell = Callable[[str], None] | None  # who wants to read every event

LAST_MAX = 60  # events that are told when a world breaks a promise


class Trace:
    """Every event with its virtual time. The same seed has the same digest, in any process."""

    def __init__(self, tell: Tell = None) -> None:
        self._digest = sha256()
        self._tell = tell
        self.count = 0
        self.last: deque[str] = deque(maxlen=LAST_MAX)

    def __call__(self, what: str) -> None:
        line = f"{trio.current_time():.6f} {what}"
        self._digest.update(line.encode() + b"\n")
        self.count += 1
        self.last.append(line)
        if self._tell is not None:
            self._tell(line)

    def hold(self, content: bytes) -> None:
        """Take bytes into the digest that are too many to be read."""
        self._digest.update(content)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()[:16]


class BugsAreHeard(logging.Handler):
    """Whatever the product itself calls a bug."""

    def __init__(self) -> None:
        super().__init__()
        self.bugs: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == "bug":
            self.bugs.append(self.format(record))
