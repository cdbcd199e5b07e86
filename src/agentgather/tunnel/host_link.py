"""One live link: frames in and out, a task for each visitor's request, and signs of life both ways."""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import trio

from agentgather.tunnel.dial import DialFailed, LinkSocket
from agentgather.tunnel.local_http import Body
from agentgather.tunnel.origin import Origin, OriginGone
from agentgather.wire import faults
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Bye, Credit, Data, Drain, End, Frame, Headers, Open, Reset
from agentgather.wire.link import HostEnd

log = logging.getLogger(__name__)

PIECE_BYTES_MIN = 1_024  # of a body, before another piece of it is held beside it
HEARTBEAT_SECONDS_MAX = 60.0  # a broker that asks for fewer signs of life is asked for them all the same
WAITING_BYTES_MAX = 2_097_152  # of answers that the broker does not take; more than its credit lets wait while it does
BURST_FRAMES = 24  # that wait to be sent, three an answer, before the next answer waits a turn
TURNS_MAX = 4  # then it goes on whatever waits: a link that takes nothing holds it up elsewhere
PROBE_SECONDS = 3.0  # for a sign of life after the network changed
LEAVE_SECONDS = 3.0  # to finish what visitors are being answered
GOODBYE_SECONDS = 1.0  # for a last word to a broker that may not be there any more

UNREACHABLE_BODY = (
    b'{"ok":false,"error":"host_unavailable","message":"the host is connected and its room is not; it may be restarting. '
    b'Try again in a few seconds","retry_after":2}\n'
)
UNREACHABLE_HEADERS = (
    (b"content-type", b"application/json; charset=utf-8"),
    (b"content-length", b"%d" % len(UNREACHABLE_BODY)),
    (b"cache-control", b"no-store"),
    (b"retry-after", b"2"),
)


@dataclass(slots=True, eq=False)
class _Visit:
    """One stream: what came of the request's body, and who may go on."""

    stream: int
    body: deque[bytes] = field(default_factory=deque)
    is_body_whole: bool = False
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    stirred: trio.Event = field(default_factory=trio.Event)

    def add(self, content: bytes) -> None:
        """Small pieces are put together while nobody takes them: single bytes would cost many times their credit."""
        if self.body and len(self.body[-1]) < PIECE_BYTES_MIN:
            self.body[-1] += content
        else:
            self.body.append(content)

    async def wait(self) -> None:
        await self.stirred.wait()
        self.stirred = trio.Event()


class _BodyToCome:
    """The rest of a request's body, piece by piece; that the next is asked for means that the one before was taken."""

    def __init__(self, visit: _Visit, took: Callable[[_Visit, int], None]) -> None:
        self._visit = visit
        self._took = took
        self._count = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._count:
            self._took(self._visit, self._count)
        while not self._visit.body:
            if self._visit.is_body_whole:
                raise StopAsyncIteration
            await self._visit.wait()
        piece = self._visit.body.popleft()
        self._count = len(piece)
        return piece


class HostLink:
    """A link that was registered. `bye` is what the broker said at its end, None when it just broke."""

    def __init__(
        self,
        end: HostEnd,
        socket: LinkSocket,
        origin: Origin,
        *,
        heartbeat_seconds: float,
        on_drain: Callable[[], None],
        began_with: Sequence[Frame] = (),
    ) -> None:
        self._end = end
        self._socket = socket
        self._origin = origin
        self._heartbeat_seconds = min(heartbeat_seconds, HEARTBEAT_SECONDS_MAX)
        self._on_drain = on_drain
        self._began_with = began_with  # what came right behind the handshake: visitors who waited for us
        self._visits: dict[int, _Visit] = {}
        self._pending = trio.Event()
        self._sending = trio.CancelScope()
        self._working = trio.CancelScope(shield=True)
        self._emptied = trio.Event()
        self._silence = trio.CancelScope()
        self.bye: Bye | None = None
        self.reason = "the connection to the broker broke"

    async def keep(self, *, goodbye: str) -> None:
        """Answer visitors until the link ends. Cancelled, it takes nothing new, finishes what it can, and says goodbye.

        `goodbye` is the reason of that Bye.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._work, nursery.cancel_scope)
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await self._leave(goodbye)

    async def _work(self, around: trio.CancelScope) -> None:
        """Carry frames both ways until the link is over; a cancellation from outside has to wait for `_leave`."""
        with self._working:
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep_writing)
                    nursery.start_soon(self._keep_alive)
                    try:
                        await self._keep_reading(nursery)
                    finally:
                        self._stop(nursery.cancel_scope)
            except* DialFailed:
                pass
        around.cancel()

    async def _leave(self, goodbye: str) -> None:
        if self._end.is_live and not self._socket.is_over:
            self._end.drain()
            self._flush()
            with trio.move_on_after(LEAVE_SECONDS):
                while self._visits:
                    self._emptied = trio.Event()
                    await self._emptied.wait()
        self._end.bye(goodbye, "the host is leaving")
        self._stop(self._working)
        with trio.move_on_after(GOODBYE_SECONDS):
            await self._say_last_words()

    def _stop(self, scope: trio.CancelScope) -> None:
        """Cancel `scope`; a message that is being sent gets a little time to go out whole."""
        self._sending.deadline = trio.current_time() + GOODBYE_SECONDS
        scope.cancel()

    def probe(self) -> None:
        """The network has changed: find out soon whether the link still holds."""
        if self._end.is_live:
            self._silence.deadline = min(self._silence.deadline, trio.current_time() + PROBE_SECONDS)
            self._end.ping(secrets.token_bytes(8))
            self._flush()

    async def _keep_reading(self, nursery: trio.Nursery) -> None:
        for frame in self._began_with:
            self._dispatch(frame, nursery)
        while self._end.is_live:
            with trio.move_on_after(2 * self._heartbeat_seconds) as self._silence:
                content = await self._socket.receive()
            if self._silence.cancelled_caught:
                self.reason = "the broker gave no sign of life"
                return
            if not content:
                return
            try:
                frames = self._end.receive(content)
            except PeerBroke as broken:
                self.reason = f"the broker broke a rule: {broken.reason}"
                return
            for frame in frames:
                self._dispatch(frame, nursery)
            if self._end.has_outgoing:
                self._flush()

    def _dispatch(self, frame: Frame, nursery: trio.Nursery) -> None:
        match frame:
            case Open():
                visit = self._visits[frame.stream] = _Visit(frame.stream)
                nursery.start_soon(self._answer, frame, visit)
            case Data() | End() | Reset():
                visit_or_none = self._visits.get(frame.stream)
                if visit_or_none is None:
                    return
                if isinstance(frame, Data):
                    visit_or_none.add(frame.content)
                elif isinstance(frame, End):
                    visit_or_none.is_body_whole = True
                else:
                    visit_or_none.scope.cancel()
                visit_or_none.stirred.set()
            case Credit(stream=0):
                for visit in self._visits.values():
                    visit.stirred.set()
            case Credit():
                if (of_one := self._visits.get(frame.stream)) is not None:
                    of_one.stirred.set()
            case Drain():
                self._on_drain()
            case Bye():
                self.bye = frame
                self.reason = frame.message

    async def _answer(self, opened: Open, visit: _Visit) -> None:
        """One request. The one supervision point of a stream: whatever goes wrong with it ends here."""
        try:
            with visit.scope:
                await self._take_turn()
                await self._replay(opened, visit)
        except Exception:
            log.exception("a request through the tunnel broke", extra={"event": "bug"})
        finally:
            del self._visits[visit.stream]
            if not self._visits:
                self._emptied.set()
            if self._is_open(visit):
                self._end.reset(visit.stream, faults.ROOM_UNREACHABLE)
                self._flush()

    async def _take_turn(self) -> None:
        """Let what others were answered go out first: of a burst, the broker passes on the first while we ask the last."""
        for _ in range(TURNS_MAX):
            if self._end.outgoing_count < BURST_FRAMES:
                return
            await trio.lowlevel.checkpoint()

    async def _replay(self, opened: Open, visit: _Visit) -> None:
        body: Body = None
        if opened.has_body:
            body = b"".join(visit.body) if visit.is_body_whole else _BodyToCome(visit, self._took)
        try:
            async with self._origin.ask(opened.method, opened.target, opened.headers, body) as answer:
                await self._begin(visit, answer.status, passed_headers(answer.headers))
                async for piece in answer.pieces():
                    await self._send(visit, piece)
                self._finish(visit)
        except OriginGone as gone:
            if gone.has_begun:
                return  # the stream is reset: what was sent is not whole
            await self._begin(visit, 502, UNREACHABLE_HEADERS)
            await self._send(visit, UNREACHABLE_BODY)
            self._finish(visit)

    def _took(self, visit: _Visit, count: int) -> None:
        """The room has `count` bytes of the request's body: there is room for more."""
        self._end.consumed(visit.stream, count)
        if self._end.has_outgoing:
            self._flush()

    async def _begin(self, visit: _Visit, status: int, headers: Headers) -> None:
        while self._is_crowded and self._is_open(visit):
            await visit.wait()
        if self._is_open(visit):  # the visitor may have left in the very moment in which the answer came
            self._end.answer(visit.stream, status, headers)
            self._flush()  # the first piece of a held stream may be long in coming

    async def _send(self, visit: _Visit, piece: bytes) -> None:
        """Send a piece of the answer, as credit allows and the broker takes what it gave credit for."""
        rest = memoryview(piece)
        while rest and self._is_open(visit):
            count = self._end.sendable(visit.stream)
            if count and not self._is_crowded:
                self._end.send_data(visit.stream, bytes(rest[:count]))
                rest = rest[count:]
                self._flush()
            else:
                await visit.wait()

    def _finish(self, visit: _Visit) -> None:
        if self._is_open(visit):
            self._end.end(visit.stream)
            self._flush()

    def _is_open(self, visit: _Visit) -> bool:
        return self._end.is_open(visit.stream)

    @property
    def _is_crowded(self) -> bool:
        return self._end.waiting_bytes > WAITING_BYTES_MAX

    def _flush(self) -> None:
        self._pending.set()

    async def _keep_writing(self) -> None:
        """The only one who sends. A message once taken is sent whole, or the link is over."""
        while True:
            self._pending = trio.Event()
            while self._end.has_outgoing:
                await trio.lowlevel.checkpoint_if_cancelled()
                with trio.CancelScope(shield=True) as self._sending:
                    await self._socket.send(self._taken())
                if self._socket.is_over:
                    return
            await self._pending.wait()

    def _taken(self) -> bytes:
        """The next message to be sent. Whoever waits for there being fewer goes on."""
        was_crowded = self._is_crowded
        message = self._end.outgoing()
        if was_crowded and not self._is_crowded:
            for visit in self._visits.values():
                visit.stirred.set()
        return message

    async def _keep_alive(self) -> None:
        while True:
            await trio.sleep(self._heartbeat_seconds)
            if self._end.is_live:  # or it ended in the very moment in which we woke
                self._end.ping(secrets.token_bytes(8))
                self._flush()

    async def _say_last_words(self) -> None:
        """What waits to be said is said, while there is somebody to hear it."""
        try:
            while not self._socket.is_over and (message := self._end.outgoing()):
                await self._socket.send(message)
        except DialFailed:
            pass


_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"set-cookie",
    }
)


def passed_headers(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """What of an answer's headers goes on: all that is about the answer, not about our connection to the room."""
    return tuple((name, value) for name, value in headers if name not in _HOP_BY_HOP)
