"""The daemon that is killed, and the broker that stays: where they are, how they start, and what they say."""

from __future__ import annotations

import json
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import trio
from tests.network.visitors import Visitor
from tests.rooms import ROOM, create

from agentgather.store.home import Home
from proofs.figures import Figures
from proofs.kills.commands import Commands, Running
from proofs.proof import Disproved

PATIENCE_SECONDS = 60.0  # with what takes a moment on a machine that has nothing else to do
LOOK_SECONDS = 0.01  # between questions of whoever wants the first answer of a daemon
CLOSE_LOOK_SECONDS = 0.002  # the same, where that is measured
SETTINGS = {
    "AGENTGATHER_PRESENCE_FLUSH_SECONDS": "0.1",  # checkpoints are written all the time
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_LOOP_POSTS_MAX": "1000000",
    "AGENTGATHER_LOG_LEVEL": "warning",
}
BROKER_SETTINGS = {
    "AGENTGATHER_BROKER_REQUESTS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_LINK_ATTEMPTS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_ROUTES_MAX": "8",
}


@dataclass
class House:
    """A room, its daemon, and the seconds that starting and stopping took lately. Made by `open_house`."""

    commands: Commands
    home: Path
    token: str = field(repr=False)
    broker_url: str
    port: int
    figures: Figures
    start_seconds: float = 0.2
    stop_seconds: float = 0.1
    _daemon: Running | None = None
    _began: float = 0.0
    _starts: list[float] = field(default_factory=list)
    _is_exec: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def public_url(self) -> str:
        return f"{self.broker_url}/{ROOM}"

    @property
    def room_folder(self) -> Path:
        return Home(self.home).room_directory(ROOM)

    @property
    def daemon(self) -> Running:
        assert self._daemon is not None
        return self._daemon

    async def start(self, *, is_exec: bool) -> None:
        """Begin to start the daemon."""
        self._began, self._is_exec = trio.current_time(), is_exec
        words = ("room", "serve", ROOM, "--port", str(self.port), "--broker", self.broker_url, "--json")
        log = self.home.parent / "daemon.log"
        log.unlink(missing_ok=True)
        self._daemon = await self.commands.start(*words, home=self.home, log=log, environ=SETTINGS, is_exec=is_exec)

    async def serves(self) -> None:
        """Return once the daemon answers; started again while a command had the room open. Raises Disproved."""
        visitor = Visitor(self.url, "ops", self.token)
        with trio.fail_after(PATIENCE_SECONDS):
            while not await self._first_answer(visitor):
                await self.excuse()
                await self.start(is_exec=self._is_exec)
        visitor.leave()
        took = trio.current_time() - self._began
        if self._is_exec:
            self.figures.sample("from exec to the first answer, ms", took * 1000)
        else:
            self._starts = [*self._starts[-8:], took]
            self.start_seconds = median(self._starts)

    async def excuse(self) -> None:
        """Hear why the daemon ended by itself. Raises Disproved unless it was told to, or a command had the room open."""
        code = await self.daemon.ended()
        if code == 0:
            self.figures.count("daemons that left in order before they could be killed")
            return
        if '"room_locked"' not in self.daemon.said():
            raise Disproved(f"the daemon ended with {code}: {self.daemon.said()[-2000:]}")
        self.figures.count("starts that found a command in the room")

    async def killed(self) -> bool:
        """kill -9. Whether that is what ended it; if not, it had left by itself. Raises Disproved for a bug."""
        self.daemon.kill()
        code = await self.daemon.ended()
        said = self.daemon.said()
        if " ERROR " in said or "Traceback" in said:
            raise Disproved(f"the daemon said: {said[-3000:]}")
        return code == -signal.SIGKILL

    async def _first_answer(self, visitor: Visitor) -> bool:
        """Whether there was one before the daemon ended."""
        is_answered = False
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                await self.daemon.ended()
                nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            pause_seconds = CLOSE_LOOK_SECONDS if self._is_exec else LOOK_SECONDS
            await visitor.first_answer(path="/healthz", pause_seconds=pause_seconds)
            is_answered = True
            nursery.cancel_scope.cancel()
        return is_answered


@asynccontextmanager
async def open_house(commands: Commands, folder: Path, figures: Figures) -> AsyncIterator[House]:
    """A new room below `folder`, not served yet, and a broker that serves."""
    home = folder / "host"
    home.mkdir()
    seat = create(home)
    Home(home).keep_seat(seat)
    with socket.socket() as held:  # bound and not listening: nobody but a daemon, which may share it, gets the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        async with _broker(commands, folder / "broker.log") as broker_url:
            yield House(commands, home, seat.token, broker_url, held.getsockname()[1], figures)


@asynccontextmanager
async def _broker(commands: Commands, log: Path) -> AsyncIterator[str]:
    """The URL of a broker that serves until the context ends. Raises Disproved when it said that something is wrong."""
    words = ("broker", "serve", "--port", "0", "--json")
    with tempfile.TemporaryDirectory() as home:  # the path of its socket cannot be as long as those of tests are
        broker = await commands.start(*words, home=Path(home), log=log, environ=BROKER_SETTINGS, is_exec=True)
        with trio.fail_after(PATIENCE_SECONDS):
            while '"url"' not in broker.said():
                await trio.sleep(LOOK_SECONDS)
        yield json.loads(broker.said().splitlines()[-1])["url"]
        if " ERROR " in broker.said():
            raise Disproved(f"the broker said: {broker.said()[-3000:]}")
        broker.send(signal.SIGTERM)
        with trio.fail_after(PATIENCE_SECONDS):
            await broker.ended()
