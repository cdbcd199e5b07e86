"""The real processes on both sides of a network: started, killed, frozen and brought back, each by its own pid."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from tests.cli.terminal import environment

START_SECONDS = 30.0  # for a process to say that it serves
END_SECONDS = 45.0  # for one to end that was told to: the broker's drain, and the answers after it


class NotStarted(Exception):
    """A process ended before it served; what it said."""


@dataclass(eq=False)
class Worker:
    """One command with its home; `start` and `end` as often as wanted. What it says is kept in `said` and `logged`."""

    name: str
    home: Path
    words: Sequence[str]
    environ: Mapping[str, str]
    nursery: trio.Nursery = field(repr=False)
    before: Sequence[str] = ()  # such as the words that enter a namespace
    said: list[str] = field(default_factory=list, repr=False)
    logged: list[str] = field(default_factory=list, repr=False)
    process: trio.Process | None = field(default=None, repr=False)
    _news: trio.Event = field(default_factory=trio.Event, repr=False)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def start(self) -> dict[str, Any]:
        """Run it; what its first line said, which is JSON. Raises NotStarted when it ended instead."""
        assert not self.is_running, self.name
        said, logged = len(self.said), len(self.logged)
        process = self.process = await trio.lowlevel.open_process(
            [*self.before, sys.executable, "-m", "agentgather", *self.words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(self.home, self.environ),
        )
        assert process.stdout is not None
        assert process.stderr is not None
        spoken = trio.Event()
        self.nursery.start_soon(self._listen, process.stdout, self.said, spoken)
        self.nursery.start_soon(self._listen, process.stderr, self.logged, trio.Event())
        with trio.fail_after(START_SECONDS):
            await spoken.wait()
        if len(self.said) == said:
            await process.wait()
            raise NotStarted("\n".join(self.logged[logged:]))
        return dict(json.loads(self.said[said]))

    def kill(self) -> None:
        """kill -9; frozen or not."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to leave in order."""
        self._signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process is not None
        with trio.fail_after(END_SECONDS):
            return await self.process.wait()

    async def logs(self, words: str, *, since: int = 0, within_seconds: float = START_SECONDS) -> str:
        """The first line of its log with `words` in it, beyond the first `since` lines, once it is there."""
        with trio.fail_after(within_seconds):
            while True:
                for line in self.logged[since:]:
                    if words in line:
                        return line
                await self._news.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.is_running:
            os.kill(self.pid, number)

    async def _listen(self, stream: trio.abc.ReceiveStream, lines: list[str], spoken: trio.Event) -> None:
        """Take what it says, line by line; `spoken` at the first of them, or at the end."""
        rest = b""
        async with stream:
            async for piece in stream:
                *whole, rest = (rest + piece).split(b"\n")
                lines += [line.decode(errors="replace") for line in whole]
                self._news.set()
                self._news = trio.Event()
                if whole:
                    spoken.set()
        spoken.set()


@dataclass
class Staff:
    """Everybody who was hired. Nobody outlives it."""

    nursery: trio.Nursery = field(repr=False)
    workers: list[Worker] = field(default_factory=list)

    def hire(
        self,
        name: str,
        home: Path,
        *words: str,
        environ: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
    ) -> Worker:
        worker = Worker(name, home, words, environ or {}, self.nursery, before)
        self.workers.append(worker)
        return worker

    def bugs(self) -> str:
        """What anybody logged as an error, with its trace: whatever networks do, that is none."""
        found = []
        for worker in self.workers:
            at = [number for number, line in enumerate(worker.logged) if " ERROR " in line]
            found += [f"{worker.name}: " + "\n".join(worker.logged[number : number + 40]) for number in at[:3]]
        return "\n".join(found)

    def told(self) -> str:
        """The end of everybody's log, for whoever looks into a failure."""
        return "\n".join(f"--- {one.name}\n" + "\n".join(one.logged[-30:]) for one in self.workers)


@asynccontextmanager
async def staffed() -> AsyncIterator[Staff]:
    """A staff, until the context ends; what its members logged is printed when it ends badly."""
    async with trio.open_nursery() as nursery:
        staff = Staff(nursery)
        try:
            yield staff
            assert not staff.bugs(), staff.bugs()
        except BaseException:
            print(staff.told())
            raise
        finally:
            with trio.CancelScope(shield=True):
                for worker in staff.workers:
                    worker.kill()
                for worker in staff.workers:
                    if worker.process is not None:
                        await worker.process.wait()
            nursery.cancel_scope.cancel()
