"""Real daemons without the half second of imports: forked from a process that has imported everything.

For tests of what a daemon does, not of how its command starts. What such a process is told, prints, is killed by and leaves
behind is the command's own; only its argv is not.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from subprocess import TimeoutExpired
from typing import IO, Any

from agentgather.cli.main import run

IMPORTED = ("agentgather.keep", "agentgather.publishing", "agentgather.cli.room_serve", "agentgather.cli.broker_serve")


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


def start_warm(*words: str, environ: Mapping[str, str]) -> Warm:
    """Run `agentgather WORDS` in an environment of its own; whoever starts it ends it."""
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    try:
        process = _server().Process(target=_command, args=(words, dict(environ), _Outputs(out_end, err_end)))
        process.start()
    finally:
        os.close(out_end)
        os.close(err_end)
    return Warm(process, os.fdopen(out, "rb", buffering=0), os.fdopen(err, "rb", buffering=0))


@cache
def _server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    return context


class _Outputs:
    """Two open files that the new process inherits."""

    def __init__(self, out: int, err: int) -> None:
        self._out, self._err = out, err

    def __getstate__(self) -> tuple[Any, Any]:
        return DupFd(self._out), DupFd(self._err)

    def __setstate__(self, told: tuple[Any, Any]) -> None:
        self._out, self._err = (each.detach() for each in told)

    def become_ours(self) -> None:
        for number, file in ((1, self._out), (2, self._err)):
            os.dup2(file, number)
            os.close(file)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", closefd=False) for n in (1, 2))


def _command(words: tuple[str, ...], environ: dict[str, str], outputs: _Outputs) -> None:
    """What the new process does."""
    outputs.become_ours()
    os.environ.clear()
    os.environ.update(environ)
    sys.exit(run(words))
