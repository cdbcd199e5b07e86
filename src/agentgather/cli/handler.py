"""A handler: the user's own program, run once a message. The text goes to its standard input, its output is the answer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from subprocess import PIPE

import trio

from agentgather.cli.stdin import TEXT_BYTES_MAX
from agentgather.client.environ import without_any_token
from agentgather.wake.ending import end_group

LEAVE_SECONDS = 2.0  # for a program to end in order once it is told to
REST_SECONDS = 2.0  # for output that comes after its program has ended: what that left behind holds the pipe open
COMPLAINT_BYTES_MAX = 500  # of standard error, the last of them


class Failed(StrEnum):
    """Why there is no answer."""

    EXIT = "exit"
    TIMEOUT = "timeout"
    TOO_LONG = "too_long"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class Handled:
    """What a program made of a message. `answer` is trimmed, and empty when it has none or `failed`.

    `exit_code` is negative when a signal ended it; `complaint` is the end of what it wrote to standard error.
    """

    answer: str = ""
    failed: Failed | None = None
    exit_code: int | None = None
    complaint: str = ""


class Handler:
    """Runs `words`, one at a time. None of them is ever anybody's text: facts go by variables, the message by the pipe."""

    def __init__(self, words: Sequence[str], *, turn_seconds: float) -> None:
        self._words = tuple(words)
        self._turn_seconds = turn_seconds

    async def handle(self, text: str, *, facts: Mapping[str, str]) -> Handled:
        """Run it on `text`. Whatever of it still runs afterwards, or when this is cancelled, is ended."""
        try:
            process = await trio.lowlevel.open_process(
                self._words,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env={**without_any_token(os.environ), **facts},
                start_new_session=True,
            )
        except OSError as refused:
            return Handled(failed=Failed.NOT_STARTED, complaint=refused.strerror or "")
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        said, complained = _Heard(TEXT_BYTES_MAX + 1), _Heard(COMPLAINT_BYTES_MAX, is_end=True)
        try:
            with trio.move_on_after(self._turn_seconds):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_hand_over, process.stdin, text.encode(errors="replace"))
                    nursery.start_soon(said.listen, process.stdout)
                    nursery.start_soon(complained.listen, process.stderr)
                    await process.wait()
                    nursery.cancel_scope.deadline = trio.current_time() + REST_SECONDS
        finally:
            exit_code = process.returncode
            with trio.CancelScope(shield=True):
                if exit_code is None or not (said.is_over and complained.is_over):
                    await end_group(process, leave_seconds=LEAVE_SECONDS)
                for pipe in (process.stdin, process.stdout, process.stderr):
                    await pipe.aclose()
        return _handled(exit_code, said, complaint=complained.text())


@dataclass(slots=True)
class _Heard:
    """What came through a pipe: its first `bytes_max` bytes, or its last. `is_over`: nobody holds its other end any more."""

    bytes_max: int
    is_end: bool = False
    is_over: bool = False
    _kept: bytearray = field(default_factory=bytearray)

    async def listen(self, pipe: trio.abc.ReceiveStream) -> None:
        """Read to the end, so that whoever writes never stands still."""
        async for part in pipe:
            if self.is_end:
                self._kept += part
                del self._kept[: -self.bytes_max]
            elif len(self._kept) < self.bytes_max:
                self._kept += part[: self.bytes_max - len(self._kept)]
        self.is_over = True

    @property
    def is_full(self) -> bool:
        return len(self._kept) >= self.bytes_max

    def text(self) -> str:
        return self._kept.decode(errors="replace").strip()


async def _hand_over(pipe: trio.abc.SendStream, content: bytes) -> None:
    """Write it and close the pipe. Who does not want to hear it all may close it before."""
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        await pipe.send_all(content)
    await pipe.aclose()


def _handled(exit_code: int | None, said: _Heard, *, complaint: str) -> Handled:
    if exit_code is None:
        return Handled(failed=Failed.TIMEOUT, complaint=complaint)
    if exit_code != 0:
        return Handled(failed=Failed.EXIT, exit_code=exit_code, complaint=complaint)
    if said.is_full:
        return Handled(failed=Failed.TOO_LONG, exit_code=exit_code, complaint=complaint)
    return Handled(said.text(), exit_code=exit_code, complaint=complaint)
