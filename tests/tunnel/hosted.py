"""A room whose daemon publishes it at a broker that the test speaks by hand: `agentgather room serve` as a process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trio

from tests.cli.terminal import tell
from tests.journeys.proxied_rooms import Program, program
from tests.ports import free_port
from tests.tunnel.broker import SLUG, Link, ScriptedBroker

PATIENCE_SECONDS = 10.0
HURRY_SECONDS = 0.02  # between two reminders that a host should dial now


@dataclass
class HostedRoom:
    """`url` is where its daemon answers on this machine; `broker_port` where it looks for its broker."""

    daemon: Program
    url: str
    broker_port: int
    token: str = field(repr=False)

    @property
    def pid(self) -> int:
        return self.daemon.process.pid

    async def dials(self, broker: ScriptedBroker) -> Link:
        """Its next link; it is told, as after a change of the network, not to wait until it would dial by itself."""
        with trio.fail_after(PATIENCE_SECONDS):
            while broker.waiting_count == 0:
                os.kill(self.pid, signal.SIGHUP)
                await trio.sleep(HURRY_SECONDS)
        return await broker.next_link()

    async def answers_here(self) -> None:
        """Whoever is on this machine is answered, and at once."""
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            answer = await client.get(f"{self.url}/status", headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200, answer.text

    async def answers_through(self, broker: ScriptedBroker) -> None:
        """A broker that keeps to the rules has a visitor answered."""
        link = await self.dials(broker)
        await link.register()
        stream = await link.ask("GET", b"/healthz")
        status, body = await link.answer(stream)
        assert (status, json.loads(body)["ok"]) == (200, True)
        link.close()

    def forget_peak(self) -> None:
        """From now on `peak_bytes` speaks of what comes (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @property
    def peak_bytes(self) -> int:
        """The most memory it had."""
        return self._memory("VmHWM")

    @property
    def memory_bytes(self) -> int:
        return self._memory("VmRSS")

    @property
    def file_count(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @property
    def log(self) -> str:
        return self.daemon.err.read_text()

    def _memory(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise KeyError(name)


@contextmanager
def hosted_room(folder: Path, *, environ: Mapping[str, str] | None = None) -> Iterator[HostedRoom]:
    """A room with its daemon, until the context ends. Nobody is at its broker's port yet."""
    home, port = folder / "home", free_port()
    token = _started(home)
    broker = ("--broker", f"http://127.0.0.1:{port}", "--subdomain", SLUG)
    words = ("room", "serve", SLUG, "--port", "0", *broker, "--json")
    with program(folder / "daemon", home, *words, environ=environ) as daemon:
        url = json.loads(daemon.wait_for('"url"'))["url"]
        yield HostedRoom(daemon, url, port, token)


@contextmanager
def tunnelled_room(folder: Path, *, environ: Mapping[str, str] | None = None) -> Iterator[HostedRoom]:
    """As `hosted_room`, with a tunnel that is a process of its own: it is what `daemon` and `environ` are about."""
    home, port = folder / "home", free_port()
    token = _started(home)
    words = ("tunnel", "run", SLUG, "--broker", f"http://127.0.0.1:{port}", "--subdomain", SLUG, "--json")
    with program(folder / "daemon", home, "room", "serve", SLUG, "--port", "0", "--json") as daemon:
        url = json.loads(daemon.wait_for('"url"'))["url"]
        with program(folder / "tunnel", home, *words, environ=environ) as tunnel:
            tunnel.wait_for("no link to the broker", where=tunnel.err)
            yield HostedRoom(tunnel, url, port, token)


def _started(home: Path) -> str:
    """A room in `home`; its host's token."""
    assert tell(home, "room", "start", SLUG).code == 0
    return str(json.loads((home / "current-room.json").read_text())["token"])
