"""The bytes of one connection: read ahead by a task of its own, written with a deadline, parsed at one look or by h11.

The reader notices at once when a client leaves, also while a request of it is being answered and others wait behind it.
A client that closes its sending side has left: from here, shutdown() and close() look the same.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from typing import cast

import h11
import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.plain_head import END_OF_HEAD, Head, PlainHead, plain_head

READ_BYTES = 65_536
READ_AHEAD_BYTES_MAX = 65_536  # unparsed bytes we hold of a client; beyond, TCP makes it wait and hides its leaving
REQUEST_LINE_BYTES = 64  # of a request line, beside its target
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_END = h11.EndOfMessage()


class ClientGone(ConnectionError):
    """The client left, or takes nothing any more. Nobody is there to be told."""


class Wire:
    """`on_gone` is called, synchronously, when the client closes its side or the connection breaks; `on_bytes` when there is
    something new. It says whether it is through with all of that, so that nobody has to be woken.
    """

    def __init__(self, stream: trio.SocketStream, *, limits: ServingLimits) -> None:
        self._stream = stream
        self._send_seconds = limits.send_seconds
        self._feed_bytes_max = limits.header_bytes_max + limits.target_bytes_max + REQUEST_LINE_BYTES
        self._parser: h11.Connection | None = None  # of this request, if it is one for h11
        self._body_left = 0  # of a request that is not
        self._ahead = bytearray()
        self._arrived = trio.Event()
        self._taken = trio.Event()
        self._is_writing = False
        self._is_spoiled = False  # a write was cancelled in the middle
        self._head_bytes = 0
        self.is_gone = False
        self.is_last = False  # the next answer says that it is the last
        self._looked_at: tuple[PlainHead, int] | None = None  # the head at the beginning of what is here
        self.on_gone: Callable[[], None] | None = None
        self.on_bytes: Callable[[], bool] | None = None

    @property
    def has_begun(self) -> bool:
        """Whether some bytes of a next request are here."""
        return bool(self._ahead) or bool(self.unparsed())

    @property
    def is_reusable(self) -> bool:
        """Whether the request is over, was not said to be the last, and its client may ask again."""
        is_over = not self._body_left if self._parser is None else self._parser.their_state is h11.DONE
        return is_over and not self.is_gone

    @property
    def is_in_request(self) -> bool:
        """Whether the client is not through with its request, or said something that is none."""
        if self._parser is None:
            return self._body_left > 0
        return self._parser.their_state in (h11.SEND_BODY, h11.ERROR)

    @property
    def is_continue_expected(self) -> bool:
        """Whether the client waits for a word before it sends the body."""
        return self._parser is not None and self._parser.they_are_waiting_for_100_continue

    def ignore_upgrade(self) -> None:
        """Stay with HTTP/1.1: a client that asked for another protocol waits, as h11 sees it, for this to be said."""
        if self._parser is not None and self._parser.their_state is h11.MIGHT_SWITCH_PROTOCOL:  # type: ignore[attr-defined]
            self._parser.send(h11.Response(status_code=200, headers=[]))

    def begin_again(self) -> None:
        """The request was answered: a next one is parsed, from what came behind it on."""
        self._ahead[:0] = self.unparsed()
        self._parser = None

    def unparsed(self) -> bytes:
        """What h11 was given and has not used."""
        return b"" if self._parser is None else self._parser.trailing_data[0]

    async def keep_reading(self) -> None:
        """Read until the client is gone."""
        while True:
            while len(self._ahead) >= READ_AHEAD_BYTES_MAX:
                self._taken = trio.Event()
                await self._taken.wait()
            try:
                await trio.lowlevel.wait_readable(self._stream.socket)  # first: nearly never is there anything yet
                piece = os.read(self._stream.socket.fileno(), READ_BYTES)
            except BlockingIOError:
                continue
            except (OSError, trio.ClosedResourceError):
                piece = b""
            if not piece:
                break
            self._ahead += piece
            if self.on_bytes is None or not self.on_bytes():
                self._arrived.set()
        self.is_gone = True
        self._arrived.set()
        if self.on_gone is not None:
            self.on_gone()

    async def arrival(self) -> None:
        """Return once there is something new from the client, or nothing will ever be."""
        if not self._ahead and not self.is_gone:
            self._arrived = trio.Event()
            await self._arrived.wait()

    def event_at_hand(self) -> h11.Event | None:
        """The next thing the client sent, if it is here; ConnectionClosed at its end. Raises RemoteProtocolError."""
        return self._plain_event() if self._parser is None else self._parsed_event(self._parser)

    def _plain_event(self) -> h11.Event | None:
        """The next piece of a body whose length was said, or its end."""
        if not self._body_left:
            return _END
        if not self._ahead:
            if self.is_gone:
                raise h11.RemoteProtocolError("the client left in the middle of a body")
            return None
        piece = bytes(self._ahead[: self._body_left])
        del self._ahead[: len(piece)]
        self._taken.set()
        self._body_left -= len(piece)
        return h11.Data(data=piece)

    def _parsed_event(self, parser: h11.Connection) -> h11.Event | None:
        while True:
            try:
                event = parser.next_event()
            except h11.RemoteProtocolError as error:
                raise error.with_traceback(None)  # noqa: B904 - h11's own frames make a circle of it, that keeps all of us
            if event is not h11.NEED_DATA:
                return cast(h11.Event, event)
            if not self._ahead and not self.is_gone:
                return None
            # No more at a time than a head may have: h11 then refuses a larger one before it parses it.
            piece = bytes(self._ahead[: self._feed_bytes_max])
            del self._ahead[: len(piece)]
            self._taken.set()
            self._head_bytes += len(piece)
            parser.receive_data(piece)

    def plain_head(self) -> tuple[PlainHead, int] | None:
        """The head at the beginning of what is here, and its bytes, if it is whole and nothing for h11."""
        if self._looked_at is None:
            end = self._ahead.find(END_OF_HEAD, 0, self._feed_bytes_max)
            if end >= 0 and (head := plain_head(bytes(self._ahead[: end + len(END_OF_HEAD)]))) is not None:
                self._looked_at = head, end + len(END_OF_HEAD)
        return self._looked_at

    def take_plain_head(self) -> None:
        """The plain head is being answered."""
        assert self._looked_at is not None
        (head, head_bytes), self._looked_at = self._looked_at, None
        del self._ahead[:head_bytes]
        self._taken.set()
        self._body_left = head.body_bytes

    async def next_head(self) -> tuple[Head | None, int]:
        """The head of the next request, and how many bytes it took; None: the client left. Raises h11.RemoteProtocolError."""
        if (plain := self.plain_head()) is not None:
            self.take_plain_head()
            return plain
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=self._feed_bytes_max)
        self._head_bytes = 0
        while (event := self._parsed_event(self._parser)) is None:
            await self.arrival()
        return (event if isinstance(event, h11.Request) else None), self._head_bytes - len(self.unparsed())

    def has_request_line(self) -> bool:
        """Whether the unparsed bytes hold a whole line: what was too long for the parser, target or headers."""
        return b"\n" in self.unparsed()

    async def take(self) -> bytes:
        """What came after the request, unparsed, for another protocol; empty once the client is gone."""
        await self.arrival()
        piece = bytes(self._ahead)
        self._ahead.clear()
        self._taken.set()
        return piece

    def encode(self, *events: h11.Event) -> bytes:
        """`events` as bytes. Raises h11.LocalProtocolError for a wrong one."""
        assert self._parser is not None  # it is for what a plain request does not ask for
        return b"".join([self._parser.send(event) or b"" for event in events])

    def write_at_once(self, content: bytes) -> bytes:
        """Give the kernel what it takes of `content`; the rest of it is still to be written. Raises ClientGone."""
        return content[self._write_at_once(content) :]

    async def write(self, content: bytes) -> None:
        """Send `content`, without waiting where the kernel takes it at once, as it does with nearly every answer.

        Raises ClientGone also when the client takes nothing for `send_seconds`, and after a write that was cancelled.
        """
        if self._is_spoiled:
            raise ClientGone
        if self._is_writing:
            raise RuntimeError("another task is writing this answer")
        self._is_writing = True
        try:
            await self._write_all(content)
        except trio.Cancelled:
            self._is_spoiled = True  # nothing may follow half a piece
            self.cut()
            raise
        finally:
            self._is_writing = False

    async def _write_all(self, content: bytes) -> None:
        rest = memoryview(content)[self._write_at_once(content) :]
        while rest:
            try:
                with trio.move_on_after(self._send_seconds) as patience:
                    await trio.lowlevel.wait_writable(self._stream.socket)
            except trio.ClosedResourceError:
                raise ClientGone from None
            if patience.cancelled_caught:
                self.cut()
                raise ClientGone
            rest = rest[self._write_at_once(rest) :]

    def _write_at_once(self, content: bytes | memoryview) -> int:
        """Give the kernel what it takes; how many bytes it took."""
        try:
            return os.write(self._stream.socket.fileno(), content)
        except BlockingIOError:
            return 0
        except OSError:
            raise ClientGone from None

    def cut(self) -> None:
        """Let the close be a reset: what was sent is incomplete, and a plain end could be taken for its end."""
        self.is_last = True
        try:
            self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        except OSError:
            pass  # closed already

    async def say_goodbye(self) -> None:
        """Close our side and let what we sent arrive: a close with unread bytes would destroy it on its way."""
        try:
            await self._stream.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
            return
        while not self.is_gone:
            await self.take()
