"""Something at the other end of a socket that answers by a script, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio


@dataclass
class Scripted:
    """`answers` are sent one a connection, the last of them for ever; None drops the connection without a word."""

    answers: Sequence[bytes | None]
    url: str = ""
    asked: list[bytes] = field(default_factory=list)

    async def answer(self, stream: trio.SocketStream) -> None:
        place = min(len(self.asked), len(self.answers) - 1)
        request = b""
        while b"\r\n\r\n" not in request:
            part = await stream.receive_some()
            if not part:
                return
            request += part
        self.asked.append(request)
        if (words := self.answers[place]) is not None:
            await stream.send_all(words)
        await stream.aclose()


@asynccontextmanager
async def scripted(*answers: bytes | None) -> AsyncIterator[Scripted]:
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server = Scripted(answers, f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}")
        nursery.start_soon(trio.serve_listeners, server.answer, listeners)
        yield server
        nursery.cancel_scope.cancel()


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    """One whole HTTP/1.1 answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def dropping(target: str, *, first: int) -> AsyncIterator[str]:
    """A way to `target` on which the answers of the first `first` connections are lost; answers its URL."""
    host, _, port = target.removeprefix("http://").partition(":")
    count = 0

    async def carry(stream: trio.SocketStream) -> None:
        nonlocal count
        count += 1
        is_lost = count <= first
        async with await trio.open_tcp_stream(host, int(port)) as onward:

            async def back() -> None:
                async for part in onward:
                    if is_lost:
                        break
                    await stream.send_all(part)
                await stream.aclose()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(back)
                try:
                    async for part in stream:
                        await onward.send_all(part)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    pass
                nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, carry, listeners)
        yield f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()
