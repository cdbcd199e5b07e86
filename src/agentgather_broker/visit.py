"""One stream of a link, on the broker's side: the request's body as credit allows, and what the host says to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import trio

from agentgather.wire.frames import Data, Frame
from agentgather.wire.link import BrokerEnd

PIECE_BYTES_MIN = 1_024  # of a body, before another piece of it is held beside it


@dataclass(slots=True, eq=False)
class Visit:
    """What has come on the stream and was not looked at yet, and who waits for more. The last three are the link's."""

    stream: int
    end: BrokerEnd
    say: Callable[[], Awaitable[None]]  # have what waits to be said sent
    flush: Callable[[], None]  # the same, by somebody else
    check_lost: Callable[[int], None]  # raises, of this stream, once the link is lost
    frames: deque[Frame] = field(default_factory=deque)
    stirred: trio.Event = field(default_factory=trio.Event)  # something came, or may be sent, or the link was lost

    def add(self, frame: Frame) -> None:
        """Small pieces are put together while nobody takes them: single bytes would cost many times their credit."""
        last = self.frames[-1] if self.frames else None
        if isinstance(frame, Data) and isinstance(last, Data) and len(last.content) < PIECE_BYTES_MIN:
            self.frames[-1] = Data(frame.stream, last.content + frame.content)
        else:
            self.frames.append(frame)
        self.stir()

    def stir(self) -> None:
        self.stirred.set()

    async def wait(self) -> None:
        await self.stirred.wait()
        self.stirred = trio.Event()

    async def send_body(self, body: bytes) -> None:
        """The request's body, as credit allows, while the host wants it. Raises as `next` does."""
        if not body:
            return
        while body and self.end.is_open(self.stream):
            count = self.end.sendable(self.stream)
            if count:
                self.end.send_data(self.stream, body[:count])
                body = body[count:]
            else:
                await self.say()
                await self.wait()
                self.check_lost(self.stream)
        if self.end.is_open(self.stream):
            self.end.end(self.stream)

    async def next(self) -> Frame:
        """What came next on the stream. Raises HostLost, or what everybody on this link is refused with."""
        while not self.frames:
            self.check_lost(self.stream)
            await self.wait()
        return self.frames.popleft()

    def taken(self, piece: Data) -> None:
        """The visitor has `piece`: there is room for more."""
        self.end.consumed(self.stream, len(piece.content))
        if self.end.has_outgoing:
            self.flush()
