"""Real commands as processes of their own, cheaply: forked from one that has imported everything, or executed anew."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio
from tests.cli.terminal import environment

ROOT = Path(__file__).parents[2]


@dataclass(eq=False)
class Running:
    """A command that was started. What it says, on either channel, is in the file `log`."""

    pid: int
    log: Path
    _commands: Commands = field(repr=False)
    _descriptor: int  # names this process for as long as we hold it, whoever gets its pid later
    code: int | None = None
    _turn: trio.Lock = field(default_factory=trio.Lock, repr=False)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.code is None:
            try:
                signal.pidfd_send_signal(self._descriptor, number)
            except ProcessLookupError:
                pass

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)

    async def ended(self) -> int:
        """Wait for its end; its exit code, or the negative number of the signal that ended it."""
        async with self._turn:
            if self.code is None:
                await trio.lowlevel.wait_readable(self._descriptor)
                with trio.CancelScope(shield=True):
                    self.code = await self._commands.ask({"reap": self.pid})
                os.close(self._descriptor)
        return self.code

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Commands:
    """Starts commands. Made by `commands`."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._turn = trio.Lock()
        self._rest = b""

    async def start(
        self, *words: str, home: Path, log: Path, environ: Mapping[str, str] | None = None, is_exec: bool = False
    ) -> Running:
        """Run `agentgather WORDS` in `home`; `is_exec`: by exec, with all that a start costs."""
        log.touch()
        told = {"words": words, "environ": environment(home, environ), "log": str(log), "is_exec": is_exec}
        with trio.CancelScope(shield=True):
            pid = await self.ask(told)
            return Running(pid, log, self, os.pidfd_open(pid))

    async def ask(self, told: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._turn:
            await self._process.stdin.send_all(json.dumps(told).encode() + b"\n")
            while b"\n" not in self._rest:
                piece = await self._process.stdout.receive_some()
                assert piece, "the process that forks the commands has ended"
                self._rest += piece
            line, _, self._rest = self._rest.partition(b"\n")
        return int(line)


@asynccontextmanager
async def commands() -> AsyncIterator[Commands]:
    """What starts commands; none of them outlives the context."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "proofs.kills.warm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        yield Commands(process)
    finally:
        with trio.CancelScope(shield=True):
            assert process.stdin is not None
            await process.stdin.aclose()  # which ends it, and what it started
            await process.wait()
