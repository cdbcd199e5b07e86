"""The bytes of one connection: read ahead by a task of its own, written with a deadline, parsed by h11.

The reader notices at once when a client leaves, also while a request of it is being answered and others wait behind it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import cast

import h11
import trio

from agentgather.serving.limits import ServingLimits

READ_BYTES = 65_536
READ_AHEAD_BYTES_MAX = 131_072  # unparsed bytes we hold of one client; beyond it TCP makes it wait
WRITE_BYTES = 65_536  # each piece of an answer has the whole of `send_seconds`


class ClientGone(Exception):
    """The client left, or takes nothing any more. Nobody is there to be told."""


class Wire:
    """`on_gone` is called, synchronously, when the client closes its side or the connection breaks."""

    def __init__(self, stream: trio.SocketStream, *, limits: ServingLimits) -> None:
        self._stream = stream
        self._limits = limits
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.header_bytes_max)
        self._ahead = bytearray()
        self._arrived = trio.Event()
        self._taken = trio.Event()
        self.is_gone = False
        self.on_gone: Callable[[], None] | None = None

    @property
    def parser(self) -> h11.Connection:
        return self._parser

    @property
    def has_begun(self) -> bool:
        """Whether some bytes of a next request are here."""
        return bool(self._ahead) or bool(self._parser.trailing_data[0])

    @property
    def has_unread(self) -> bool:
        """Whether the client sent, or is still sending, what nobody will read."""
        return self.has_begun or self._parser.their_state in (h11.SEND_BODY, h11.ERROR)

    async def keep_reading(self) -> None:
        """Read until the client is gone."""
        while True:
            while len(self._ahead) > READ_AHEAD_BYTES_MAX:
                self._taken = trio.Event()
                await self._taken.wait()
            try:
                piece = await self._stream.receive_some(READ_BYTES)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                piece = b""
            if not piece:
                break
            self._ahead += piece
            self._arrived.set()
        self.is_gone = True
        self._arrived.set()
        if self.on_gone is not None:
            self.on_gone()

    async def wait_for_bytes(self) -> None:
        """Return once a next request has begun, or the client is gone."""
        if not self.has_begun and not self.is_gone:
            self._arrived = trio.Event()
            await self._arrived.wait()

    def event_at_hand(self) -> h11.Event | None:
        """The next thing the client sent, if it is here. Raises h11.RemoteProtocolError."""
        event = self._parser.next_event()
        return None if event is h11.NEED_DATA else cast(h11.Event, event)

    async def next_event(self) -> h11.Event:
        """The next thing the client sent: a head, a piece of a body, its end; ConnectionClosed once it is gone.

        Raises h11.RemoteProtocolError.
        """
        while True:
            event = self.event_at_hand()
            if event is not None:
                return event
            if not self._ahead:
                if self.is_gone:
                    self._parser.receive_data(b"")
                    continue
                self._arrived = trio.Event()
                await self._arrived.wait()
            if self._ahead:
                self._parser.receive_data(bytes(self._ahead))
                self._ahead = bytearray()
                self._taken.set()

    async def send(self, *events: h11.Event) -> None:
        """Send `events` in as few writes as possible. Raises ClientGone, or h11.LocalProtocolError for a wrong one."""
        content = b"".join([self._parser.send(event) or b"" for event in events])
        try:
            rest = memoryview(content)[self._write_at_once(content) :]
            while rest:
                with trio.move_on_after(self._limits.send_seconds) as patience:
                    await self._stream.send_all(rest[:WRITE_BYTES])
                if patience.cancelled_caught:
                    raise ClientGone
                rest = rest[WRITE_BYTES:]
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
            raise ClientGone from None

    def _write_at_once(self, content: bytes) -> int:
        """Give the kernel what it takes without waiting, as it does with nearly every answer; how many bytes it took."""
        try:
            return os.write(self._stream.socket.fileno(), content)
        except BlockingIOError:
            return 0
        except OSError:
            raise ClientGone from None

    async def say_goodbye(self) -> None:
        """Close our side and let what we sent arrive: a close with unread bytes would destroy it on its way."""
        try:
            await self._stream.send_eof()
            while not self.is_gone:
                self._ahead.clear()
                self._taken.set()
                self._arrived = trio.Event()
                await self._arrived.wait()
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
            pass
