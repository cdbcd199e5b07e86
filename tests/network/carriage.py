"""One connection through a proxy that breaks: two sockets, and what the weather does between them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable

import trio

PIECE_BYTES_MAX = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 s: close() sends a RST

Socket = trio.socket.SocketType


class Weather:
    """What holds for every connection of a proxy."""

    def __init__(self) -> None:
        self.is_black_hole = False  # for connections that come now
        self.delay_seconds = 0.0
        self._flows = trio.Event()
        self._flows.set()

    def stall(self) -> None:
        if self._flows.is_set():
            self._flows = trio.Event()

    def clear(self) -> None:
        self.is_black_hole = False
        self._flows.set()

    async def fair(self) -> None:
        """Return once something may move, which is at once unless all is stalled."""
        while not self._flows.is_set():
            await self._flows.wait()


class Carriage:
    """`is_forgotten`: both ends speak into a black hole, and neither is ever told."""

    def __init__(self, near: Socket, weather: Weather) -> None:
        self._near = near
        self._weather = weather
        self._scope = trio.CancelScope()
        self._is_whole = False
        self.is_forgotten = weather.is_black_hole

    def reset(self) -> None:
        self._scope.cancel()

    async def keep(self, dial: Callable[[], Awaitable[Socket]]) -> None:
        """Carry until both ends have finished, one has reset, or `reset` is called; the ends then hear the same."""
        ends = [self._near]
        try:
            with self._scope:
                await self._weather.fair()
                if self.is_forgotten:
                    await self._swallow(self._near)
                else:
                    self._is_whole = await self._joined(ends, dial)
        finally:
            for end in ends:
                if not self._is_whole:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                end.close()

    async def _joined(self, ends: list[Socket], dial: Callable[[], Awaitable[Socket]]) -> bool:
        """Carry between the near end and the one that is dialled. False when an end was not there or reset."""
        is_whole = True
        try:
            ends.append(await dial())
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pump, *ends)
                nursery.start_soon(self._pump, *reversed(ends))
        except* OSError:
            is_whole = False
        await self._weather.fair()  # until then, nobody hears of it
        return is_whole

    async def _pump(self, source: Socket, sink: Socket) -> None:
        while True:
            await self._weather.fair()
            if self.is_forgotten:
                return await self._swallow(source)
            piece = await self._received(source)
            if self._weather.delay_seconds:
                await trio.sleep(self._weather.delay_seconds)
            await self._weather.fair()
            if self.is_forgotten:
                return await self._swallow(source)
            if not piece:
                return sink.shutdown(socket.SHUT_WR)
            try:
                await self._send(sink, piece)
            except OSError:
                if not self.is_forgotten:
                    raise

    async def _received(self, source: Socket) -> bytes:
        """The next piece; empty at the end. Raises OSError for a reset, unless nobody is to hear of it."""
        try:
            return await source.recv(PIECE_BYTES_MAX)
        except OSError:
            await self._weather.fair()
            if not self.is_forgotten:
                raise
            return b""

    @staticmethod
    async def _send(sink: Socket, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            view = view[await sink.send(view) :]

    @staticmethod
    async def _swallow(source: Socket) -> None:
        try:
            while await source.recv(PIECE_BYTES_MAX):
                pass
        except OSError:
            pass
