"""A stand-in that is a server in a process of its own: how a trial starts it, commands it and asks what it heard."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any

import trio

SECONDS = 60.0


@dataclass
class Served:
    """The process. Each command is a line on its input, and each answer one on its output."""

    process: trio.Process
    port: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    async def tell(self, **command: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        await self.process.stdin.send_all(json.dumps(command).encode() + b"\n")
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        with trio.fail_after(SECONDS):
            while b"\n" not in self._rest:
                part = await self.process.stdout.receive_some()
                assert part, "the stand-in has ended"
                self._rest += part
        line, _, rest = bytes(self._rest).partition(b"\n")
        self._rest = bytearray(rest)
        return dict(json.loads(line))


@asynccontextmanager
async def serve(script: str, *words: str) -> AsyncIterator[Served]:
    """Run `script` of this folder until the context ends. It says first at which port it listens."""
    path = Path(__file__).with_name(script)
    process = await trio.lowlevel.open_process(
        [sys.executable, str(path), *words], stdin=PIPE, stdout=PIPE, stderr=subprocess.DEVNULL
    )
    try:
        served = Served(process)
        served.port = (await served.answer())["port"]
        yield served
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                await pipe.aclose()
