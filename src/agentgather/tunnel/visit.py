"""One stream of a link, on the host's side: the request's body as it comes, and the answer as credit allows."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import trio

from agentgather.wire.frames import Headers
from agentgather.wire.link import HostEnd

PIECE_BYTES_MIN = 1_024  # of a body, before another piece of it is held beside it
WAITING_BYTES_MAX = 2_097_152  # of answers that the broker does not take; more than its credit lets wait while it does

_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection te trailer transfer-encoding upgrade set-cookie".split()
)


class Visit:
    """What came of the request's body, who may go on, and an AnswerSink. `say` has what waits to be said sent."""

    def __init__(self, stream: int, end: HostEnd, *, say: Callable[[], Awaitable[None]]) -> None:
        self.stream = stream
        self.body: deque[bytes] = deque()
        self.is_body_whole = False
        self.scope = trio.CancelScope()
        self._end = end
        self._say = say
        self._stirred = trio.Event()

    @property
    def is_open(self) -> bool:
        """Whether anybody waits for the answer, or for more of it."""
        return self._end.is_open(self.stream)

    def add(self, content: bytes) -> None:
        """Small pieces are put together while nobody takes them: single bytes would cost many times their credit."""
        if self.body and len(self.body[-1]) < PIECE_BYTES_MIN:
            self.body[-1] += content
        else:
            self.body.append(content)

    def stir(self) -> None:
        """Something came, or there may be room for more of the answer."""
        self._stirred.set()

    async def wait(self) -> None:
        await self._stirred.wait()
        self._stirred = trio.Event()

    async def begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """As AnswerSink says."""
        while is_crowded(self._end) and self.is_open:
            await self.wait()
        if self.is_open:  # the visitor may have left in the very moment in which the answer came
            self._end.answer(self.stream, status, passed_headers(headers))

    async def write(self, piece: bytes, *, is_last: bool) -> None:
        """As AnswerSink says: as credit allows, and the broker takes what it gave credit for."""
        rest = memoryview(piece)
        while rest and self.is_open:
            count = self._end.sendable(self.stream)
            if count and not is_crowded(self._end):
                self._end.send_data(self.stream, bytes(rest[:count]))
                rest = rest[count:]
            else:
                await self._say()
                await self.wait()
        if is_last and self.is_open:
            self._end.end(self.stream)
        await self._say()

    async def took(self, count: int) -> None:
        """The room has `count` bytes of the request's body: there is room for more."""
        self._end.consumed(self.stream, count)
        if self._end.has_outgoing:
            await self._say()


class BodyToCome:
    """The rest of a request's body, piece by piece; that the next is asked for means that the one before was taken."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._count = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        visit = self._visit
        if self._count:
            await visit.took(self._count)
            self._count = 0
        while not visit.body:
            if visit.is_body_whole:
                raise StopAsyncIteration
            await visit.wait()
        piece = visit.body.popleft()
        self._count = len(piece)
        return piece


def is_crowded(end: HostEnd) -> bool:
    """Whether so much waits to be sent that nothing is added to it."""
    return end.waiting_bytes > WAITING_BYTES_MAX


def passed_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """What of an answer's headers goes on: all that is about the answer, not about our connection to the room."""
    return tuple([(name, value) for name, value in headers if name not in _HOP_BY_HOP])
