"""Real commands without the half second of imports: forked from a process that has imported everything.

For tests of what a daemon or another command does, not of how it starts. What such a process is told, prints, is killed by and
leaves behind is the command's own; only its argv is not.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from subprocess import TimeoutExpired
from typing import IO, Any

import trio

from agentgather.cli.main import main

IMPORTED = (
    "agentgather.keep",
    "agentgather.publishing",
    *(
        f"agentgather.cli.{command}"
        for command in (
            "room_serve",
            "broker_serve",
            "attend_exec",
            "wake",
            "wake_hook",
            "run_agent",
            "messages",
            "doctor",
        )
    ),
)


class Warm:
    """A running command, as subprocess.Popen shows one."""

    def __init__(self, process: BaseProcess, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        assert process.pid is not None
        self.pid, self.stdout, self.stderr = process.pid, stdout, stderr
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; raises TimeoutExpired after `timeout` seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired(["agentgather"], timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """What is left of its two outputs, once it has ended."""
        self.wait(timeout)
        return self.stdout.read(), self.stderr.read()


class WarmTask:
    """A running command, as trio.Process shows one."""

    def __init__(self, process: BaseProcess, stdout: int, stderr: int) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self.stdout, self.stderr = trio.lowlevel.FdStream(stdout), trio.lowlevel.FdStream(stderr)
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    async def wait(self) -> int:
        """Its exit code."""
        while (code := self._process.exitcode) is None:
            await trio.lowlevel.wait_readable(self._process.sentinel)
        return code

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def start_warm(*words: str, environ: Mapping[str, str]) -> Warm:
    """Run `agentgather WORDS` in an environment of its own; whoever starts it ends it."""
    process, out, err = _started(words, environ)
    return Warm(process, os.fdopen(out, "rb", buffering=0), os.fdopen(err, "rb", buffering=0))


async def start_warm_task(
    *words: str, environ: Mapping[str, str], stdin: int | None = None, cwd: str | None = None
) -> WarmTask:
    """As `start_warm`, for a test in trio. It reads the open file `stdin`, which stays its caller's; without one, nothing."""
    started = partial(_started, words, environ, stdin=stdin, cwd=cwd)
    return WarmTask(*await trio.to_thread.run_sync(started))  # the first waits for all the imports


def _started(
    words: Sequence[str], environ: Mapping[str, str], *, stdin: int | None = None, cwd: str | None = None
) -> tuple[BaseProcess, int, int]:
    """The process, and the ends of its two outputs that are ours to read."""
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        files = _Files(nothing if stdin is None else stdin, out_end, err_end)
        process = _server().Process(target=_command, args=(list(words), dict(environ), cwd, files), daemon=True)
        process.start()
    finally:
        for end in (nothing, out_end, err_end):
            os.close(end)
    return process, out, err


@cache
def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    return context


class _Files:
    """Open files that the new process inherits as its first three."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = numbers

    def __getstate__(self) -> tuple[Any, ...]:
        return tuple(map(DupFd, self._numbers))

    def __setstate__(self, told: tuple[Any, ...]) -> None:
        self._numbers = tuple(each.detach() for each in told)

    def become_ours(self) -> None:
        for number, file in enumerate(self._numbers):
            os.dup2(file, number)
            os.close(file)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, closefd=False) for n, mode in enumerate("rww"))


def _command(words: list[str], environ: dict[str, str], cwd: str | None, files: _Files) -> None:
    """What the new process does."""
    files.become_ours()
    os.environ.clear()
    os.environ.update(environ)
    if cwd is not None:
        os.chdir(cwd)
    main(words)
