"""The ASGI app that the tests of the serving layer serve: it does everything that an app may do, and may not."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from agentgather.serving.answer import Whole

Scope, Receive, Send = dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]
OK = b'{"ok":true}\n'


class Everything:
    """A bare ASGI app: what it does is in the path. `/departures` and `/open` are about `/held`."""

    def __init__(self) -> None:
        self._once_count = 0
        self._left_count = 0
        self._left = trio.Event()
        self._gate = trio.Event()

    def at_once(self, scope: Scope) -> Whole | None:
        """What needs no waiting. `/once` is answered in no other way, and `/once?bug` breaks at once."""
        path, query = scope["path"], scope["query_string"]
        if path == "/once":
            self._once_count += 1
            if query == b"bug":
                raise RuntimeError("a bug at once")
            if query == b"close":
                return _whole(OK, (b"connection", b"close"))
            return _whole(b"%d" % self._once_count if query == b"count" else OK)
        if path == "/scope":
            return _whole(_seen(scope))
        if path == "/large":
            return _whole(b"x" * int(query))
        return _whole(OK) if path == "/" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _websocket(scope, receive, send)
            return
        views = {
            "/echo": self._echo,
            "/measure": self._measure,
            "/scope": self._scope,
            "/held": self._held,
            "/departures": self._departures,
            "/open": self._open,
            "/stream": self._stream,
            "/large": self._large,
            "/endless": self._endless,
            "/watched": self._watched,
            "/bug": self._bug,
        }
        await views.get(scope["path"], self._plain)(scope, receive, send)

    async def _plain(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, OK)

    async def _echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, await body_of(receive))

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"%d" % len(await body_of(receive)))

    async def _scope(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, _seen(scope))

    async def _held(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers once the gate is opened; a client who leaves before is counted."""
        try:
            await self._gate.wait()
        except trio.Cancelled:
            self._depart()
            raise
        await answer(send, OK)

    def _depart(self) -> None:
        self._left_count += 1
        self._left.set()
        self._left = trio.Event()

    async def _departures(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers once as many clients have left `/held` or `/endless` as the query says."""
        while self._left_count < int(scope["query_string"]):
            await self._left.wait()
        await answer(send, b"%d" % self._left_count)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate.set()
        await answer(send, OK)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends its second piece only once the gate is open."""
        await send(head(200, []))
        await send(piece(b"data: 1\n\n", more=True))
        await self._gate.wait()
        await send(piece(b"data: 2\n\n", more=False))

    async def _large(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"x" * int(scope["query_string"]))

    async def _endless(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until its reader is gone, which counts as a departure."""
        await send(head(200, []))
        try:
            while True:
                await send(piece(b"x" * 65_536, more=True))
        finally:
            self._depart()

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watches for the end from beside the answer, and once more after it, as frameworks do."""
        await body_of(receive)

        async def watch() -> None:
            assert await receive() == {"type": "http.disconnect"}

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            await trio.lowlevel.checkpoint()
            await answer(send, OK)
        await watch()

    async def _bug(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["query_string"].decode()
        if kind == "late":
            await send(head(200, []))
            await send(piece(b"half of it", more=True))
        elif kind == "group":
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_raise, ValueError("one"))
                nursery.start_soon(_raise, KeyError("two"))
        elif kind == "exit":
            raise SystemExit(3)
        elif kind == "leak":
            raise await _foreign_cancelled()
        elif kind == "silent":
            return
        elif kind == "half-said":
            await send(head(200, []))
            return
        elif kind == "too-short":
            await send(head(200, [(b"content-length", b"100")]))
            await send(piece(b"short", more=False))
        elif kind == "too-long":
            await send(head(200, [(b"content-length", b"2")]))
            await send(piece(b"much longer", more=False))
        elif kind == "bad-header":
            await send(head(200, [(b"x-bad", b"line\r\nset-cookie: mine")]))
        elif kind == "two-voices":
            await send(head(200, []))
            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(send, piece(b"x" * 4_000_000, more=True))
        raise RuntimeError("a bug")


def _seen(scope: Scope) -> bytes:
    return json.dumps(
        [scope["method"], scope["path"], scope["raw_path"].decode(), scope["query_string"].decode()]
    ).encode()


def _whole(body: bytes, *headers: tuple[bytes, bytes]) -> Whole:
    return Whole(200, [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *headers], body)


async def _raise(error: Exception) -> None:
    raise error


async def _foreign_cancelled() -> BaseException:
    """A Cancelled that belongs to no scope any more, as careless libraries let out."""
    with trio.CancelScope() as scope:
        scope.cancel()
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled as cancelled:
            return cancelled
    raise AssertionError("not cancelled")


async def _websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Says back what it hears; some words make it misbehave."""
    assert (await receive())["type"] == "websocket.connect"
    if scope["path"] == "/bug":
        raise RuntimeError("a bug before the handshake")
    if scope["path"] == "/closed":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    if scope["path"] == "/deaf":
        await trio.sleep_forever()
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] == "bug":
            raise RuntimeError("a bug in the middle")
        if message["text"] == "bye":
            await send({"type": "websocket.close", "code": 4000})
            return
        await send({"type": "websocket.send", "text": message["text"], "bytes": message["bytes"]})


def head(status: int, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def answer(send: Send, body: bytes, *, status: int = 200) -> None:
    await send(head(status, [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]))
    await send(piece(body, more=False))


async def body_of(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message["body"])
        if not message["more_body"]:
            return b"".join(pieces)
