"""Crowds that do harm to a server: slow, greedy, or gone before they are answered. Each is a storm, until it is cancelled."""

from __future__ import annotations

import gzip
import json
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import trio

CROWD = 200
IDLE = 5_000
READERS = 40  # who take nothing: a route is asked 64 things at once, and whoever comes beyond that is told so
ARRIVALS_PER_SECOND = 1_000  # of a crowd at first: who is slow is no burst of work, which is another matter
SPARE_FILES = 200  # of this process, beside its crowd
SETTLE_SECONDS = 15.0
AWAY = "away"  # a slug whose host was here

Storm = Callable[["Weather"], Awaitable[None]]


class Sky(Protocol):
    """What a storm is made at: a room below `prefix` of a port, and the token of its host."""

    port: int
    prefix: str
    token: str
    connections_max: int

    @property
    def file_count(self) -> int:
        """How many files the process that listens there has open."""


@dataclass
class Weather:
    """Connections of a crowd. `begun` once the storm is as bad as it gets; it goes on until it is cancelled.

    `size` is how many those are who are slow; each lets `drip_seconds` pass between two bytes.
    """

    room: Sky
    nursery: trio.Nursery
    size: int = CROWD
    drip_seconds: float = 0.25
    idlers: int | None = None  # as many as there may be
    begun: trio.Event = field(default_factory=trio.Event)
    sockets: list[trio.socket.SocketType] = field(default_factory=list)

    async def call(self, *, receive_bytes: int | None = None) -> trio.socket.SocketType:
        made = trio.socket.socket()
        if receive_bytes is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.sockets.append(made)
        await made.connect(("127.0.0.1", self.room.port))
        return made

    async def crowd(
        self, each: Callable[[trio.socket.SocketType, int], Awaitable[None]], count: int | None = None
    ) -> None:
        """`count` connections (else `size`), and `each` with each of them, until cancelled. Who is thrown out comes again."""

        count = count or self.size
        here: set[int] = set()

        async def one(number: int) -> None:
            await trio.sleep(number / ARRIVALS_PER_SECOND)
            while True:
                with suppress(OSError):
                    called = await self.call()
                    here.add(number)
                    if len(here) == count:
                        self.begun.set()
                    await each(called, number)
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            for number in range(count):
                nursery.start_soon(one, number)

    def leave(self) -> None:
        for one in self.sockets:
            one.close()


def asked(target: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


async def send_all(one: trio.socket.SocketType, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[await one.send(rest) :]


async def drip(one: trio.socket.SocketType, content: bytes, *, seconds: float) -> None:
    """Byte by byte; then nothing more."""
    for byte in content:
        await one.send(bytes((byte,)))
        await trio.sleep(seconds)
    await until_thrown_out(one)


async def until_thrown_out(one: trio.socket.SocketType) -> None:
    while await one.recv(65_536):
        pass


async def slow_headers(weather: Weather) -> None:
    async def each(one: trio.socket.SocketType, number: int) -> None:
        await drip(
            one,
            asked(f"{weather.room.prefix}/status", "Accept: text/plain", f"User-Agent: {number}"),
            seconds=weather.drip_seconds,
        )

    await weather.crowd(each)


async def slow_bodies(weather: Weather) -> None:
    """More than a room answers at once, each with a token, that nobody has looked at yet."""
    head = asked(f"{weather.room.prefix}/join", "Content-Length: 60000", "Authorization: Bearer x", method="POST")

    async def each(one: trio.socket.SocketType, number: int) -> None:
        await send_all(one, head)
        await drip(one, b"x" * 60_000, seconds=weather.drip_seconds)

    await weather.crowd(each)


async def slow_readers(weather: Weather) -> None:
    """Large answers, asked for again and again, of which nobody takes anything."""

    async def each(one: trio.socket.SocketType, number: int) -> None:
        await send_all(one, asked(f"{weather.room.prefix}/openapi.json") * 20)
        await trio.sleep_forever()

    await weather.crowd(each, count=READERS)


async def slow_listeners(weather: Weather) -> None:
    """Streams of events, as many as a room may have, of which nobody takes anything while much is said."""
    token = f"Authorization: Bearer {weather.room.token}"

    async def each(one: trio.socket.SocketType, number: int) -> None:
        if number < 30:
            await send_all(one, asked(f"{weather.room.prefix}/events?since_id=0", token))
            await trio.sleep_forever()
        body = json.dumps({"text": "x" * 15_000})
        await send_all(
            one,
            asked(f"{weather.room.prefix}/messages", token, f"Content-Length: {len(body)}", method="POST")
            + body.encode(),
        )
        await one.recv(65_536)
        await trio.sleep(0.05)

    await weather.crowd(each, count=31)


async def idlers(weather: Weather) -> None:
    """Thousands of connections that say nothing, half of them after one request. Not coming again: they are too many."""
    count = idlers_that_fit() if weather.idlers is None else weather.idlers
    made = [trio.socket.socket() for _ in range(count)]
    weather.sockets += made
    at_once = trio.CapacityLimiter(200)

    async def come(number: int) -> None:
        async with at_once:
            with suppress(OSError):  # at a room, the first make way for the last
                await made[number].connect(("127.0.0.1", weather.room.port))
                if number % 2:
                    await send_all(made[number], asked("/healthz"))
                    await made[number].recv(4_096)

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(come, number)
    assert weather.room.file_count >= min(count, weather.room.connections_max)
    weather.begun.set()
    await trio.sleep_forever()


def idlers_that_fit() -> int:
    """How many connections this process and the broker may have open; raises our own soft limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + SPARE_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), hard))
    return allowed - SPARE_FILES


async def header_floods(weather: Weather) -> None:
    path = f"{weather.room.prefix}/status".encode()
    floods = [
        b"GET "
        + path
        + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        + b"".join(b"X-%d: y\r\n" % n for n in range(10_000))
        + b"\r\n",
        b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"c" * 65_536 + b"\r\n\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 101 + b"\r\n",
    ]

    async def each(one: trio.socket.SocketType, number: int) -> None:
        with suppress(OSError):
            await send_all(one, floods[number % len(floods)])
        said = await one.recv(65_536)
        assert said[9:12] in (b"431", b"414", b""), said[:100]
        one.close()
        await trio.sleep(0.2)

    await weather.crowd(each, count=20)


async def chunks_of_one_byte(weather: Weather) -> None:
    """CVE-2025-69229 of aiohttp: a body of many tiny chunks costs its server the square of their number."""
    head = asked(f"{weather.room.prefix}/join", "Transfer-Encoding: chunked", "Authorization: Bearer x", method="POST")
    body = b"1\r\nx\r\n" * 60_000 + b"0\r\n\r\n"

    async def each(one: trio.socket.SocketType, number: int) -> None:
        with suppress(OSError):
            await send_all(one, head + body)
        await until_thrown_out(one)
        one.close()
        await trio.sleep(0.3)

    await weather.crowd(each, count=3)


async def heavy_bodies(weather: Weather) -> None:
    """What is small, and would cost whoever reads it more than it should: depth, digits, names, promises of more to unpack."""
    token = f"Authorization: Bearer {weather.room.token}"
    packed = gzip.compress(b" " * 10_000_000)
    bodies = [
        (b'{"text":' + b"[" * 30_000 + b"]" * 30_000 + b"}", ""),
        (b'{"a":' * 12_000 + b"1" + b"}" * 12_000, ""),
        (b'{"text":' + b"9" * 63_000 + b"}", ""),
        (b'{"through_id":1' + b"0" * 4_000 + b"}", ""),
        (b"{" + b",".join(b'"%d":0' % number for number in range(7_000)) + b"}", ""),
        (b'{"text":"' + b"\\ud800" * 10_000 + b'"}', ""),
        (packed, "Content-Encoding: gzip"),
    ]

    async def each(one: trio.socket.SocketType, number: int) -> None:
        body, header = bodies[number % len(bodies)]
        path = ("messages", "read", "profile")[number % 3]
        headers = [token, f"Content-Length: {len(body)}", *([header] if header else [])]
        await send_all(one, asked(f"{weather.room.prefix}/{path}", *headers, method="POST") + body)
        said = await one.recv(65_536)
        assert said[9:12] in (b"400", b"413", b""), said[:100]
        one.close()
        await trio.sleep(0.1)

    await weather.crowd(each, count=7)


async def pipelines(weather: Weather) -> None:
    """Thousands of requests in one breath, whose answers nobody waits for before the next are said."""

    async def each(one: trio.socket.SocketType, number: int) -> None:
        await send_all(one, asked("/healthz" if number % 2 else f"{weather.room.prefix}/healthz") * 1_000)
        for _ in range(30):
            await one.recv(65_536)
        one.close()
        await trio.sleep(0.5)

    await weather.crowd(each, count=4)


async def people_who_leave(weather: Weather) -> None:
    """At every stage of a request, in either way: in its head, its body, while it is parked, held or answered."""
    token = f"Authorization: Bearer {weather.room.token}"
    body = b'{"display_name":"x"}'
    whole = [
        asked(f"{weather.room.prefix}/status", token),
        asked(f"{weather.room.prefix}/join", token, f"Content-Length: {len(body)}", method="POST") + body,
        asked(f"{weather.room.prefix}/join", token, "Transfer-Encoding: chunked", method="POST")
        + b"5\r\nxxxxx\r\n0\r\n\r\n",
        asked(f"{weather.room.prefix}/wait?participant=ops&hold=25&since_id=999999", token),
        asked(f"{weather.room.prefix}/events", token),
        asked(f"{weather.room.prefix}/openapi.json"),
        asked(f"/{AWAY}/status", token),
        asked(f"/{AWAY}/join", token, f"Content-Length: {len(body)}", method="POST") + body,
        asked("/_host/link", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
        asked("/_host/register", "Content-Length: 50", method="POST"),
    ]

    async def each(one: trio.socket.SocketType, number: int) -> None:
        for request in whole:
            for cut in (*range(1, len(request), 1 + len(request) // 5), len(request)):
                with trio.socket.socket() as other:
                    await other.connect(("127.0.0.1", weather.room.port))
                    await send_all(other, request[: cut + number])
                    if number % 3 == 0:
                        with trio.move_on_after(0.02):
                            await other.recv(10)
                    if number % 2:
                        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a RST
                await trio.sleep(0.002)

    await weather.crowd(each, count=6)


STORMS: tuple[Storm, ...] = (
    slow_headers,
    slow_bodies,
    slow_readers,
    slow_listeners,
    idlers,
    header_floods,
    chunks_of_one_byte,
    heavy_bodies,
    pipelines,
    people_who_leave,
)


@asynccontextmanager
async def storming(storm: Storm, room: Sky, **weather: Any) -> AsyncIterator[None]:
    """`storm`, once it is as bad as it gets, until the context ends."""
    async with trio.open_nursery() as nursery:
        made = Weather(room, nursery, **weather)
        try:
            nursery.start_soon(storm, made)
            with trio.fail_after(SETTLE_SECONDS):
                await made.begun.wait()
            yield
            nursery.cancel_scope.cancel()
        finally:
            made.leave()
