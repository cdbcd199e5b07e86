"""Brokers as their visitors and hosts meet them: the real one, and hosts that speak the wire by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agentgather.tunnel.dial import LinkSocket, broker_address, dial
from agentgather.wire.frames import Answer, Challenge, Data, Frame, Hello, Open, Refused, Registered
from agentgather.wire.link import HostEnd
from agentgather.wire.proof import transcript
from agentgather_broker.keep import Broker, keep_broker
from agentgather_broker.shape import BrokerSettings, RelayLimits, RouteLimits

PATIENCE_SECONDS = 10.0  # of a test with something that should have come by then


def quick_settings(**more: Any) -> BrokerSettings:
    """A broker on any free port that everybody may use, and whose timers do not hold tests up."""
    given: dict[str, Any] = {
        "port": 0,
        "registration": "open",
        "drain_seconds": 2,
        "relay": RelayLimits(heartbeat_seconds=5, park_seconds=1, link_attempts_per_minute=1_000),
        "routes": RouteLimits(requests_per_minute=100_000, strangers_per_minute=100_000),
    }
    return BrokerSettings(**(given | more))


@dataclass
class RunningBroker:
    """A broker that serves. `lines` is its access log."""

    broker: Broker
    lines: list[str]
    ended: trio.Event
    client: httpx.AsyncClient = field(repr=False)

    @property
    def url(self) -> str:
        return self.broker.url

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.client.request(method, self.url + path, **options)

    async def stop(self) -> None:
        """Stop in order, and return once it is gone."""
        self.broker.stop()
        await self.ended.wait()


async def keep_running(
    settings: BrokerSettings, *, task_status: trio.TaskStatus[RunningBroker] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until the broker is stopped."""
    lines: list[str] = []
    ended = trio.Event()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as client, trio.open_nursery() as nursery:
        broker: Broker = await nursery.start(partial(_keep, settings, lines, ended))
        task_status.started(RunningBroker(broker, lines, ended, client))


async def _keep(
    settings: BrokerSettings, lines: list[str], ended: trio.Event, *, task_status: trio.TaskStatus[Broker]
) -> None:
    try:
        await keep_broker(settings, access_lines=lines.append, task_status=task_status)
    finally:
        ended.set()


@dataclass
class HandHost:
    """A host whose frames a test writes. `key` proves who it is."""

    socket: LinkSocket
    end: HostEnd
    registered: Registered | Refused
    key: Ed25519PrivateKey = field(repr=False)
    _seen: list[Frame] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        assert isinstance(self.registered, Registered), self.registered
        return self.registered.public_url

    async def flush(self) -> None:
        while message := self.end.outgoing():
            await self.socket.send(message)

    async def next(self, kind: type[Any] | None = None) -> Any:
        """The next frame, of `kind` where one is named and others are passed over; None at the link's end."""
        with trio.fail_after(PATIENCE_SECONDS):
            while True:
                while self._seen:
                    frame = self._seen.pop(0)
                    if kind is None or isinstance(frame, kind):
                        return frame
                content = await self.socket.receive()
                if not content:
                    return None
                self._seen += self.end.receive(content)
                await self.flush()

    async def is_dropped(self) -> bool:
        """Whether the broker ends this link; what it says until then is passed over."""
        with trio.move_on_after(PATIENCE_SECONDS):
            while await self.socket.receive():
                pass
            return True
        return False

    async def answer(self, stream: int, body: bytes, *, status: int = 200, content_type: bytes = b"text/plain") -> None:
        headers = ((b"content-type", content_type), (b"content-length", b"%d" % len(body)))
        self.end.answer(stream, status, headers)
        while body:
            count = self.end.sendable(stream)
            if not count:
                await self.flush()
                self._seen += self.end.receive(await self.socket.receive())
                continue
            self.end.send_data(stream, body[:count])
            body = body[count:]
        self.end.end(stream)
        await self.flush()

    async def say(self, content: bytes) -> None:
        """Send bytes that the state machine would not."""
        await self.socket.send(content)


@asynccontextmanager
async def hand_host(
    url: str, slug: str, *, key: Ed25519PrivateKey | None = None, origin: str | None = None
) -> AsyncIterator[HandHost]:
    """A host that has shaken hands with the broker at `url`; `registered` is what the broker said to it."""
    key = key or Ed25519PrivateKey.generate()
    async with dial(url) as socket:
        end = HostEnd()
        public = key.public_key().public_bytes_raw()
        end.hello(Hello(1, slug, public, "by hand"))
        host = HandHost(socket, end, Refused("nothing", "nothing was said yet"), key)
        await host.flush()
        said = await host.next()
        if isinstance(said, Challenge):
            end.prove(key.sign(transcript(origin or broker_address(url).origin, slug, said.nonce, public)))
            await host.flush()
            said = await host.next()
        host.registered = said
        yield host


@asynccontextmanager
async def honest_host(url: str, slug: str, *, key: Ed25519PrivateKey | None = None) -> AsyncIterator[HandHost]:
    """A host that answers every request at once with its target as the body."""
    async with hand_host(url, slug, key=key) as host, trio.open_nursery() as nursery:
        nursery.start_soon(echo, host)
        yield host
        nursery.cancel_scope.cancel()


async def echo(host: HandHost) -> None:
    """Answer each request with its target, until the link ends."""
    while (opened := await next_open(host)) is not None:
        await host.answer(opened.stream, opened.target)


async def next_open(host: HandHost) -> Open | None:
    """The next request for `host`, however long it takes; None at the link's end."""
    while True:
        while host._seen:
            frame = host._seen.pop(0)
            if isinstance(frame, Open):
                return frame
        content = await host.socket.receive()
        if not content:
            return None
        host._seen += host.end.receive(content)
        await host.flush()


Script = Callable[[HandHost, Open], Awaitable[None]]
__all__ = ["Answer", "Data", "HandHost", "RunningBroker", "hand_host", "honest_host", "keep_running", "quick_settings"]
