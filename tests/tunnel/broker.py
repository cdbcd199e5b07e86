"""A broker whose every frame the test decides on: a real WebSocket server, the broker's end of the wire, no rules of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeVar

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of
from agentgather.tunnel.dial import SUBPROTOCOL
from agentgather.wire.control import NONCE_BYTES
from agentgather.wire.frames import Answer, Data, End, Frame, Hello, Proof, Registered
from agentgather.wire.link import BrokerEnd
from agentgather.wire.proof import transcript

PATIENCE_SECONDS = 10.0
SLUG = "lab"
NONCE = bytes(range(NONCE_BYTES))

Wanted = TypeVar("Wanted", bound=Frame)


@dataclass
class Link:
    """One host's link, spoken by hand."""

    broker: ScriptedBroker
    _receive: Any
    _send: Any
    end: BrokerEnd = field(default_factory=BrokerEnd)
    over: trio.Event = field(default_factory=trio.Event)
    _arrived: deque[Frame] = field(default_factory=deque)

    async def flush(self) -> None:
        while message := self.end.outgoing():
            await self._send({"type": "websocket.send", "bytes": message})

    async def say(self, content: bytes) -> None:
        """Bytes that the protocol may not allow."""
        await self._send({"type": "websocket.send", "bytes": content})

    async def hear(self, *wanted: type[Wanted]) -> Wanted:
        """The next frame of a kind; others are passed over. Raises AssertionError when the link ends before."""
        with trio.fail_after(PATIENCE_SECONDS):
            while True:
                while self._arrived:
                    if isinstance(frame := self._arrived.popleft(), wanted):
                        return frame
                await self.listen(1)

    async def listen(self, count: int) -> None:
        """Take so many messages. Raises AssertionError when the link ends before."""
        with trio.fail_after(PATIENCE_SECONDS):
            for _ in range(count):
                message = await self._receive()
                assert message["type"] == "websocket.receive", "the link ended"
                self._arrived.extend(self.end.receive(message["bytes"]))
                await self.flush()

    async def hear_the_end(self) -> None:
        """Return once the host has closed the link."""
        with trio.fail_after(PATIENCE_SECONDS):
            while (message := await self._receive())["type"] == "websocket.receive":
                self._arrived.extend(self.end.receive(message["bytes"]))

    async def greet(self) -> Hello:
        """The handshake up to a proof that holds."""
        hello = await self.hear(Hello)
        self.end.challenge(NONCE)
        await self.flush()
        proof = await self.hear(Proof)
        signed = transcript(self.broker.url, hello.slug, NONCE, hello.key)
        Ed25519PublicKey.from_public_bytes(hello.key).verify(proof.signature, signed)
        return hello

    async def register(self, **changed: Any) -> Hello:
        """The whole handshake; the host is live."""
        hello = await self.greet()
        self.end.register(self.broker.registered(hello.slug, **changed))
        await self.flush()
        return hello

    async def answer(self, stream: int) -> tuple[int, bytes]:
        """A whole answer, credit given for it."""
        head = await self.hear(Answer)
        assert head.stream == stream
        body = b""
        while isinstance(frame := await self.hear(Data, End), Data):
            assert frame.stream == stream
            body += frame.content
            self.end.consumed(stream, len(frame.content))
            await self.flush()
        return head.status, body

    async def ask(self, method: str, target: bytes, *, body: bytes = b"", headers: Sequence[Any] = ()) -> int:
        """Open a stream with a body that fits its credit."""
        stream = self.end.open(method, target, tuple(headers), has_body=bool(body))
        while body:
            count = self.end.sendable(stream)
            assert count, "the body does not fit"
            self.end.send_data(stream, body[:count])
            body = body[count:]
            if not body:
                self.end.end(stream)
        await self.flush()
        return stream

    def close(self) -> None:
        """End the connection."""
        self.over.set()


class ScriptedBroker:
    """Links come in at `next_link`, one after another. A status in `turn_away` is what a dial is answered, in turn."""

    def __init__(self) -> None:
        self.port = 0
        self.turn_away: deque[tuple[int, bytes]] = deque()
        self.dial_count = 0
        self._arrive, self._arrivals = trio.open_memory_channel[Link](inf)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def registered(self, slug: str, *, heartbeat_seconds: float = 15.0, **changed: Any) -> Registered:
        route = {
            "route_slug": slug,
            "route_id": "rte_AAAAAAAAAAAAAAAA",
            "host_connection_id": "conn_AAAAAAAAAAAAAAAA",
            "created_at": "2026-11-21T10:00:00.000Z",
            "last_seen_at": "2026-11-21T10:00:00.000Z",
            "expires_at": "2026-11-21T18:00:00.000Z",
            "status": "active",
        } | changed.pop("route", {})
        public_url = changed.pop("public_url", f"{self.url}/{slug}")
        return Registered(route, public_url, {"requests": 64}, heartbeat_seconds)

    @property
    def waiting_count(self) -> int:
        """How many links came that nobody has taken yet."""
        return self._arrivals.statistics().current_buffer_used

    async def next_link(self) -> Link:
        with trio.fail_after(PATIENCE_SECONDS):
            return await self._arrivals.receive()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.dial_count += 1
        assert scope["type"] == "websocket"
        assert scope["raw_path"] == b"/_host/link"
        assert scope["subprotocols"] == [SUBPROTOCOL]
        await receive()
        if self.turn_away:
            status, body = self.turn_away.popleft()
            headers = [(b"content-length", b"%d" % len(body))]
            await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": body})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        link = Link(self, receive, send)
        await self._arrive.send(link)
        await link.over.wait()


@asynccontextmanager
async def scripted_broker(*, port: int = 0) -> AsyncIterator[ScriptedBroker]:
    broker = ScriptedBroker()
    listeners = bind("127.0.0.1", port, backlog=64)
    broker.port = port_of(listeners)
    async with trio.open_nursery() as nursery:
        await nursery.start(Server(broker, limits=ServingLimits(), websockets=True).keep, listeners)
        yield broker
        nursery.cancel_scope.cancel()
