"""The stand-in program (agent.py) in a pane of a real tmux: how a trial speaks to it, and what it says happened."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio
from tests.wake.tmux_server import SECONDS, Server

from agentgather.wake.binding import Binding, bind

AGENT = Path(__file__).with_name("agent.py")
PYTHON = "python3 -S -E"  # it needs the standard library alone, and starts quicker so


@dataclass
class Program:
    """One running stand-in. `pane` shows it; `control` is where it listens."""

    server: Server
    pane: str
    log: Path
    control: Path

    def tell(self, **what: Any) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(json.dumps(what).encode(), str(self.control))

    def happened(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def submitted(self) -> list[str]:
        return [str(each["submitted"]) for each in self.happened() if "submitted" in each]

    async def now(self) -> dict[str, Any]:
        """Its draft, and whether it is working."""
        question = secrets.token_hex(4)
        self.tell(ask=question)
        return await self.until(lambda each: each.get("asked") == question)

    async def until(self, wanted: Any, *, after: int = 0) -> dict[str, Any]:
        """The first thing that happened, from the one with this number on, that is wanted."""
        with trio.fail_after(SECONDS):
            while True:
                for each in self.happened()[after:]:
                    if wanted(each):
                        return each
                await trio.sleep(0.01)

    def type(self, text: str) -> None:
        """What a person types."""
        self.server.run("send-keys", "-t", self.pane, "-l", text)

    def press(self, key: str) -> None:
        self.server.run("send-keys", "-t", self.pane, key)

    async def bind(self) -> Binding:
        return await bind(self.server.tmux, pane=self.pane, program="agent")


async def start_program(
    server: Server, folder: Path, *, is_cursor_hidden: bool = False, width: int = 80, height: int = 24
) -> Program:
    """A stand-in in a new pane, ready for its first prompt; `folder` has a short path, as sockets must."""
    name = secrets.token_hex(4)
    log, control = folder / f"{name}.log", folder / f"{name}.ctl"
    hidden = " hidden" if is_cursor_hidden else ""
    pane = server.new_pane(f"exec {PYTHON} {AGENT} {log} {control}{hidden}", width=width, height=height)
    program = Program(server, pane, log, control)
    await program.until(lambda each: "ready" in each)
    return program
