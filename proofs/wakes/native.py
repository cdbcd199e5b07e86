"""The stand-ins of the ways that speak to an agent's own program, as the trials play with them."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import trio
from mcp.client import Client

from agentgather.wake.adapter import Adapter, Look, Submission, Wake
from agentgather.wake.claude_channel import METHOD, ClientGone, open_channel
from agentgather.wake.codex import open_codex
from agentgather.wake.opencode import open_opencode
from agentgather.wake.pointer import LINE_CHARACTERS_MAX
from agentgather.wake.program import open_program
from agentgather.wake.target import target_of
from agentgather.wake.webhook import open_webhook
from mcp import types
from proofs.wakes.codex_server import THREAD
from proofs.wakes.http_server import PASSWORD, SECRET, SESSION
from proofs.wakes.served import Served, serve
from proofs.wakes.stand_in import Circumstance, Heard, StandIn

SECONDS_MAX = 0.4  # of a turn that a trial begins


@dataclass
class Server:
    """A stand-in in a process of its own. `deafness` is what it is told, to lose the next wake surely."""

    adapter: Adapter
    served: Served
    deafness: str
    plays: tuple[Circumstance, ...]

    def line(self, text: str) -> str:
        return text[:LINE_CHARACTERS_MAX]

    async def play(self, circumstance: Circumstance, choices: random.Random) -> float:
        seconds = choices.uniform(0.05, SECONDS_MAX)
        match circumstance:
            case Circumstance.WORKING:
                await self.served.tell(work=seconds)
            case Circumstance.BEGINNING:
                await self.served.tell(begin=seconds)
            case Circumstance.DEAF:
                await self.served.tell(**{self.deafness: 1})
        return seconds

    async def relieve(self) -> None:
        await trio.lowlevel.checkpoint()  # it ends by itself

    async def heard(self) -> Heard:
        while (told := await self.served.tell())["is_working"]:
            await trio.sleep(0.01)
        if Circumstance.WORKING not in self.plays:
            return Heard(list(told["lines"]))
        return Heard(list(told["lines"]), told["cancelled"], told.get("cancelled_unshown"))


@dataclass
class Fetching:
    """An adapter that cannot see an effect, with the fetching of the agent in its place: here, what it took in."""

    inner: Adapter
    has_heard: Callable[[Wake], Any]

    @property
    def name(self) -> str:
        return self.inner.name

    async def look(self) -> Look:
        return await self.inner.look()

    async def submit(self, wake: Wake) -> Submission:
        return await self.inner.submit(wake)

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:
        while not await self.has_heard(wake):
            await trio.sleep(0.005)
        return True


BUSY = (Circumstance.CALM, Circumstance.WORKING, Circumstance.BEGINNING, Circumstance.DEAF)


@asynccontextmanager
async def codex(folder: Path) -> AsyncIterator[StandIn]:
    async with serve("codex_server.py") as served:
        url = f"ws://127.0.0.1:{served.port}"
        async with open_codex(url, THREAD, token=lambda: None) as adapter:
            yield Server(adapter, served, "overload", BUSY)


@asynccontextmanager
async def opencode(folder: Path) -> AsyncIterator[StandIn]:
    async with serve("http_server.py") as served:
        url = f"http://127.0.0.1:{served.port}"
        async with open_opencode(url, SESSION, password=lambda: ("opencode", PASSWORD)) as adapter:
            yield Server(adapter, served, "deaf", BUSY)


@asynccontextmanager
async def webhook(folder: Path) -> AsyncIterator[StandIn]:
    async with serve("http_server.py") as served:
        target = target_of(f"http://127.0.0.1:{served.port}/hook", allow=["127.0.0.1"])

        async def has_heard(wake: Wake) -> bool:
            return wake.line in (await served.tell())["lines"]

        async with open_webhook(target, SECRET) as adapter:
            yield Server(Fetching(adapter, has_heard), served, "deaf", (Circumstance.CALM, Circumstance.DEAF))


@dataclass
class Listener:
    """A stand-in that is heard of in a list or a file: calm alone, for nothing in it stands in a wake's way."""

    adapter: Adapter
    of: Callable[[Listener], list[str]]
    plays: tuple[Circumstance, ...] = (Circumstance.CALM,)
    lines: dict[int, str] = field(default_factory=dict)  # by the number of the wake

    def line(self, text: str) -> str:
        line = text[:LINE_CHARACTERS_MAX]
        number = re.match(r"w([0-9]+) ", line + " ")
        assert number is not None
        self.lines[int(number[1])] = line
        return line

    async def play(self, circumstance: Circumstance, choices: random.Random) -> float:
        await trio.lowlevel.checkpoint()
        return 0.0

    async def relieve(self) -> None:
        await trio.lowlevel.checkpoint()

    async def heard(self) -> Heard:
        await trio.lowlevel.checkpoint()
        return Heard(self.of(self))


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[StandIn]:
    script, notes = folder / "agent.sh", folder / "notes"
    script.write_text('printf "%s\\n" "$AGENTGATHER_SINCE_ID" >> "$1"\n')

    def heard(listener: Listener) -> list[str]:
        numbers = map(int, notes.read_text().split()) if notes.exists() else ()
        return [listener.lines[number] for number in numbers]

    async with open_program(f"sh {script} {notes}") as adapter:
        yield Listener(adapter, heard)


@asynccontextmanager
async def channel(folder: Path) -> AsyncIterator[StandIn]:
    """The client of the official SDK at the other end, over streams in memory."""
    to_server, at_server = anyio.create_memory_object_stream[Any](10)
    to_client, at_client = anyio.create_memory_object_stream[Any](10)
    to_client_too, sieve = anyio.create_memory_object_stream[Any](10)
    contents: list[str] = []

    async def listen() -> None:
        async for item in sieve:
            if getattr(item.message, "method", "") == METHOD:
                contents.append(item.message.params["content"])
            else:
                await to_client.send(item)

    async def has_heard(wake: Wake) -> bool:
        await trio.lowlevel.checkpoint()
        return wake.line in contents

    streams = to_server, at_server, to_client, at_client, to_client_too, sieve
    with suppress(ClientGone), ExitStack() as closing:  # the client hangs up at the end
        for stream in streams:
            closing.enter_context(stream)
        async with open_channel(_between(at_server, to_client_too)) as adapter, trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            who = types.Implementation(name="trial", version="1")
            async with Client(_between(at_client, to_server), client_info=who, mode="legacy"):
                while await adapter.look() is not Look.QUIET:
                    await trio.sleep(0.001)
                yield Listener(Fetching(adapter, has_heard), lambda _: contents)
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def _between(incoming: Any, outgoing: Any) -> AsyncIterator[tuple[Any, Any]]:
    yield incoming, outgoing


NATIVE: dict[str, Callable[[Path], AbstractAsyncContextManager[StandIn]]] = {
    "program": program,
    "webhook": webhook,
    "Codex": codex,
    "OpenCode": opencode,
    "Claude Code channel": channel,
}
