"""The terminal of whoever started an agent: it shows the agent's program, and hands it what the person types."""

from __future__ import annotations

import os
import select
import signal
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import trio

KEYS_BYTES = 4096
SHOW_BYTES = 65_536  # handed over in one go


@dataclass(frozen=True, slots=True)
class Onlooker:
    """`keys`: where a person types, None where nobody does. `shows`: where the program is shown, None where nowhere is.

    `is_ours`: it is the terminal of this process, whom the system tells of its size.
    """

    keys: int | None = None
    shows: int | None = None
    is_ours: bool = False

    def size(self) -> tuple[int, int] | None:
        """Columns and rows of the person's terminal; None where there is none, or it does not say."""
        for end in (self.shows, self.keys):
            if end is not None:
                with suppress(OSError):
                    size = os.get_terminal_size(end)
                    if size.columns > 0 and size.lines > 0:
                        return size.columns, size.lines
        return None

    @property
    def is_terminal(self) -> bool:
        """Whether the program is shown on a terminal."""
        return self.shows is not None and os.isatty(self.shows)

    def typed(self) -> bytes | None:
        """What the person typed and nobody has read yet; does not wait. None when the terminal has gone."""
        if self.keys is None:
            return b""
        try:
            ready, _, _ = select.select([self.keys], [], [], 0)
            return (os.read(self.keys, KEYS_BYTES) or None) if ready else b""
        except OSError:
            return None

    async def show(self, written: bytes) -> None:
        """Returns once all of it is written. Raises BrokenPipeError when nobody is there to read it any more.

        A terminal can be stopped for as long as somebody likes, so a thread waits for it and not we.
        """
        if self.shows is None:
            return
        try:
            while written:
                part = written[:SHOW_BYTES]
                count = await trio.to_thread.run_sync(os.write, self.shows, part, abandon_on_cancel=True)
                written = written[count:]
        except OSError:
            raise BrokenPipeError from None

    def make_raw(self) -> None:
        """Every key is a byte to read, Ctrl-C and Ctrl-Z too."""
        if self.keys is not None:
            with suppress(termios.error), _not_stopped():
                tty.setraw(self.keys, termios.TCSANOW)

    @contextmanager
    def raw(self) -> Iterator[None]:
        """Every key goes to the program as it is. The terminal is as it was before, however the context ends."""
        if self.keys is None:
            yield
            return
        before = termios.tcgetattr(self.keys)
        try:
            self.make_raw()
            yield
        finally:
            with suppress(termios.error), _not_stopped():
                termios.tcsetattr(self.keys, termios.TCSANOW, before)  # without waiting: it may be stopped for good


def onlooker() -> Onlooker:
    """Whoever is at the terminal of this process, if it has one and is in front there; else its output alone."""
    is_typed_at = os.isatty(0) and _is_in_front()
    return Onlooker(keys=0 if is_typed_at else None, shows=1, is_ours=is_typed_at)


def _is_in_front() -> bool:
    """Whether we may read what is typed there. A terminal that is not the one of our session lets anybody."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True


@contextmanager
def _not_stopped() -> Iterator[None]:
    """A process that is not in front any more is stopped when it sets a terminal's modes, unless it says it means it."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
