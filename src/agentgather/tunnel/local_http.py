"""One connection to the room's own server, asked one thing after another: HTTP/1.1 by h11, carried by trio."""

from __future__ import annotations

import select
from collections.abc import AsyncIterable, Iterable

import h11
import trio

RECEIVE_BYTES = 65_536
HEAD_BYTES_MAX = 65_536  # of an answer

Headers = Iterable[tuple[bytes, bytes]]
Body = bytes | AsyncIterable[bytes] | None


class Broke(Exception):
    """The server closed the connection, or spoke something else than HTTP."""


class LocalConnection:
    """Ask, take the answer's pieces to the end, `finish`, and ask again."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
        self._readable = select.poll()
        self._readable.register(stream.socket.fileno(), select.POLLIN)
        self._is_closed = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing came since the last answer; all that could is the server's goodbye."""
        return not self._readable.poll(0)

    async def ask(self, method: str, target: bytes, headers: Headers, body: Body) -> h11.Response:
        """Send a request and await the head of its answer. Raises Broke."""
        try:
            head = self._parser.send(h11.Request(method=method, target=target, headers=list(headers)))
            try:
                await self._send_all(head or b"", body)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass  # it may have answered before it closed
            while not isinstance(event := await self._event(), h11.Response):
                if not isinstance(event, h11.InformationalResponse):
                    raise Broke("it closed without an answer")
        except h11.LocalProtocolError:
            raise Broke("that is no request") from None
        return event

    async def piece(self) -> bytes:
        """The next of the answer's body; empty at its end. Raises Broke."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return b""
            else:
                raise Broke("it closed in the middle of an answer")

    def finish(self) -> bool:
        """Make ready for the next request. False when nothing more can be asked here; it is closed then."""
        if self._is_closed:
            return False
        try:
            self._parser.start_next_cycle()
        except h11.LocalProtocolError:
            self.close()
            return False
        return True

    def close(self) -> None:
        """At once: a server that still works on an answer learns that nobody waits for it."""
        self._is_closed = True
        self._stream.socket.close()

    async def _send_all(self, head: bytes, body: Body) -> None:
        if body is None or isinstance(body, bytes):
            content = head
            if body:
                content += self._parser.send(h11.Data(data=body)) or b""
            await self._stream.send_all(content + (self._parser.send(h11.EndOfMessage()) or b""))
            return
        await self._stream.send_all(head)
        async for piece in body:
            await self._stream.send_all(self._parser.send(h11.Data(data=piece)) or b"")
        await self._stream.send_all(self._parser.send(h11.EndOfMessage()) or b"")

    async def _event(self) -> h11.Event:
        try:
            while True:
                event = self._parser.next_event()
                if isinstance(event, h11.Event):
                    return event
                if event is h11.PAUSED:
                    raise Broke("it speaks another protocol now")
                self._parser.receive_data(await self._stream.receive_some(RECEIVE_BYTES))
        except (h11.RemoteProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
            raise Broke("the connection to the room's server broke") from None
