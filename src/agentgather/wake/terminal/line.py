"""What goes between a program and the person who looks on; what it shows is known here as well, whoever looks or not."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import termios
from contextlib import suppress

import trio

from agentgather.wake.terminal.emulator import Terminal
from agentgather.wake.terminal.onlooker import Onlooker

READ_BYTES = 65_536
CATCH_UP_READS = 16  # in one go
UNSHOWN_BYTES_MAX = 1_048_576  # what a person's terminal is behind; then the program waits, as it does for any terminal
LAST_WORDS_SECONDS = 1.0
UNTYPED_BYTES_MAX = 65_536  # what the program has not taken of a person's keys; then no more of them are


class Line:
    """The end of a pseudo-terminal that is ours (`ours`, not blocking), and what the program at the other end shows."""

    def __init__(self, ours: int, terminal: Terminal, onlooker: Onlooker) -> None:
        self._ours, self.terminal, self._onlooker = ours, terminal, onlooker
        self._unshown, self._untyped = bytearray(), bytearray()
        self._news, self._room, self._waiting, self._taken = trio.Event(), trio.Event(), trio.Event(), trio.Event()
        self._has_more = False  # than there was time to read: it writes on and on
        self.fell_silent = trio.Event()  # nobody is at the other end any more, and all was read
        self.keys_typed = 0  # by the person, in bytes
        self.typed_at: float | None = None  # on the clock of trio

    @property
    def is_behind(self) -> bool:
        """Whether there is something of the program's or of the person's that the other has not seen yet."""
        return self._has_more or bool(self._untyped) or len(self._unshown) >= UNSHOWN_BYTES_MAX

    @property
    def is_secret(self) -> bool:
        """Whether the program reads a line that nobody is to see, such as a password."""
        try:
            flags = termios.tcgetattr(self._ours)[3]
        except termios.error:
            return False
        return bool(flags & termios.ICANON) and not flags & termios.ECHO

    @property
    def size(self) -> tuple[int, int]:
        return self.terminal.size

    def resize(self, width: int, height: int) -> None:
        self.terminal.resize(width=width, height=height)
        set_size(self._ours, width=width, height=height)

    def catch_up(self) -> None:
        """Take in what the program has written and the person has typed by now. Does not wait."""
        self._pass_on(self._onlooker.typed() or b"")
        self._has_more = True
        for _ in range(CATCH_UP_READS):
            if len(self._unshown) >= UNSHOWN_BYTES_MAX:
                return
            written = self._read()
            if not written:
                self._has_more = False
                return
            self._take(written)

    def write(self, keys: bytes) -> int:
        """How much of `keys` went to the program: all of it, or what there was room for. Raises OSError when it is gone."""
        if self._untyped:
            return 0
        with suppress(BlockingIOError):
            return os.write(self._ours, keys)
        return 0

    async def keep(self, *, task_status: trio.TaskStatus[trio.CancelScope] = trio.TASK_STATUS_IGNORED) -> None:
        """Relay until the scope that it tells is cancelled. Raises BrokenPipeError when nobody looks on any more."""
        with trio.CancelScope(shield=True) as relaying:  # a program that is asked to end has to be heard out
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_hearing)
                nursery.start_soon(self._keep_showing)
                nursery.start_soon(self._keep_typing)
                if self._onlooker.keys is not None:
                    nursery.start_soon(self._keep_listening, self._onlooker.keys)
                task_status.started(relaying)

    async def say_farewell(self) -> None:
        """Show the last words, and put the person's terminal back into the modes that a program expects to find."""
        with trio.move_on_after(LAST_WORDS_SECONDS):
            await trio.lowlevel.checkpoint()
            self.catch_up()
            while self._unshown:
                await self._room.wait()
            if self._onlooker.is_terminal:
                await self._onlooker.show(self.terminal.farewell())

    async def _keep_hearing(self) -> None:
        while not self.fell_silent.is_set():
            while len(self._unshown) >= UNSHOWN_BYTES_MAX:
                await self._room.wait()
            await trio.lowlevel.wait_readable(self._ours)
            if written := self._read():
                self._take(written)

    def _read(self) -> bytes:
        """What is there to be read; empty when nothing is."""
        try:
            written = os.read(self._ours, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno != errno.EIO:  # this is how a terminal says that nobody has it open
                raise
            written = b""
        if not written:
            self.fell_silent.set()
        return written

    def _take(self, written: bytes) -> None:
        answers = self.terminal.feed(written)
        if self._onlooker.keys is None:
            self._untyped += answers[: max(0, UNTYPED_BYTES_MAX - len(self._untyped))]
            self._type()
        if self._onlooker.shows is not None:
            self._unshown += written
        self._news.set()

    async def _keep_showing(self) -> None:
        while True:
            await self._news.wait()
            self._news = trio.Event()
            await self._show()

    async def _show(self) -> None:
        while self._unshown:
            part = bytes(self._unshown)
            await self._onlooker.show(part)
            del self._unshown[: len(part)]
            room, self._room = self._room, trio.Event()
            room.set()

    async def _keep_listening(self, keys: int) -> None:
        while True:
            await trio.lowlevel.wait_readable(keys)
            typed = self._onlooker.typed()
            if typed is None:
                return
            self._pass_on(typed)
            while len(self._untyped) >= UNTYPED_BYTES_MAX and not self.fell_silent.is_set():
                await self._taken.wait()

    def _pass_on(self, typed: bytes) -> None:
        """A person's keys, to the program."""
        if typed:
            self.keys_typed += len(typed)
            self.typed_at = trio.current_time()
            self._untyped += typed
            self._type()

    def _type(self) -> None:
        with suppress(OSError):  # it takes nothing just now, or nobody is there
            del self._untyped[: os.write(self._ours, self._untyped)]
        if self._untyped:
            self._waiting.set()

    async def _keep_typing(self) -> None:
        """What the program did not take at once."""
        while True:
            await self._waiting.wait()
            self._waiting = trio.Event()
            while self._untyped and not self.fell_silent.is_set():
                await trio.lowlevel.wait_writable(self._ours)
                self._type()
                taken, self._taken = self._taken, trio.Event()
                taken.set()


def set_size(terminal: int, *, width: int, height: int) -> None:
    """The system tells whatever is in front there (SIGWINCH)."""
    with suppress(OSError):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
