"""One host that came over a link: its streams, the one task that writes to it, and the signs of life it gives."""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import trio

from agentgather.serving.wire import ClientGone
from agentgather.wire import faults
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Answer, Bye, Credit, Data, Drain, End, Frame, Pong, Reset
from agentgather.wire.link import BrokerEnd
from agentgather_broker.host_requests import AnswerSink, HostLost, Request
from agentgather_broker.pace import Pace
from agentgather_broker.refusals import CLOSED_MESSAGE, Refused
from agentgather_broker.shape import RelayLimits

log = logging.getLogger(__name__)

EVENT_STREAM = b"text/event-stream"
PIECE_BYTES_MIN = 1_024  # of a body, before another piece of it is held beside it
BURST_FRAMES = 8  # that wait to be sent, a request each, before the next request waits a turn
TURNS_MAX = 4  # then it goes on whatever waits: a link that takes nothing holds it up elsewhere
# What a link that breaks in the middle of it costs nobody: a wait is asked again on the next one, if no head was sent yet.
WHOLE_BYTES_MAX = 65_536
GOODBYE_SECONDS = 2.0  # for a last word to a host that may not be there any more

Send = Callable[[bytes], Awaitable[None]]
Receive = Callable[[], Awaitable[bytes]]
"""The next message, or a part of one; empty once the connection is over."""


@dataclass(slots=True, eq=False)
class _Visit:
    """One stream: what has come for it and was not looked at yet."""

    stream: int
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


class LinkedHost:
    """A Host. `keep` runs it; `reason` says afterwards why the link ended."""

    def __init__(
        self,
        end: BrokerEnd,
        *,
        send: Send,
        receive: Receive,
        limits: RelayLimits,
        on_drain: Callable[[], None],
        on_life: Callable[[], None],
    ) -> None:
        self._end = end
        self._send = send
        self._receive = receive
        self._limits = limits
        self._on_drain = on_drain  # the host takes nothing new here
        self._on_life = on_life  # the host gave a sign of life
        self._visits: dict[int, _Visit] = {}
        self._pending = trio.Event()  # something may be there to be sent
        self._is_sending = False
        self._sending = trio.CancelScope()  # around what a visitor's task sends
        self._emptied = trio.Event()
        self._running = trio.CancelScope()
        self._refusal: Refused | None = None
        self.is_lost = False
        self.has_closed_route = False  # the host takes the room off the web
        self.reason = "lost"

    @property
    def stream_count(self) -> int:
        return len(self._visits)

    async def keep(self) -> None:
        """Carry frames both ways until the link ends, one way or the other; visitors who still wait are told."""
        try:
            with self._running:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep_writing)
                    nursery.start_soon(self._keep_alive)
                    await self._keep_reading()
                    nursery.cancel_scope.cancel()
        finally:
            self.is_lost = True
            self._sending.deadline = trio.current_time() + GOODBYE_SECONDS
            for visit in self._visits.values():
                visit.stir()
        await self._say_last_words()

    def leave(self, reason: str, message: str, *, refusal: Refused | None = None) -> None:
        """End the link on purpose. Its visitors are refused with `refusal`, or (None) wait for the host's next link."""
        self._refusal = refusal
        self.reason = reason
        self._end.bye(reason, message)
        self._running.cancel()

    def drain(self) -> None:
        """Take nothing new; the host comes back on another link while what runs here is finished."""
        if self._end.is_live:
            self._end.drain()
            self._flush()

    async def emptied(self) -> None:
        """Return once no visitor is being answered here."""
        while self._visits:
            self._emptied = trio.Event()
            await self._emptied.wait()

    async def relay(self, request: Request, sink: AnswerSink) -> None:
        """As Host says."""
        await self._take_turn()
        if self.is_lost or not self._end.can_open:
            raise HostLost(was_handed=False)
        try:
            stream = self._end.open(request.method, request.target, request.headers, has_body=bool(request.body))
        except ValueError:
            raise Refused("bad_target", "that request does not go through a tunnel; use a method of HTTP") from None
        visit = self._visits[stream] = _Visit(stream)
        reset_for = faults.VISITOR_GONE
        try:
            await self._send_body(visit, request.body)
            await self._say()
            await self._pass_on(visit, request, sink)
        except Refused as refused:
            reset_for = faults.TOO_LARGE if refused.code == "response_too_large" else faults.TOO_SLOW
            raise
        finally:
            del self._visits[stream]
            if self._end.is_open(stream):
                self._end.reset(stream, reset_for)
                self._flush()
            if not self._visits:
                self._emptied.set()

    async def _take_turn(self) -> None:
        """Let what others have said go out first: of a burst, the host has begun with the first while we read the last."""
        for _ in range(TURNS_MAX):
            if self._end.outgoing_count < BURST_FRAMES:
                return
            await trio.lowlevel.checkpoint()

    async def _send_body(self, visit: _Visit, body: bytes) -> None:
        if not body:
            return
        while body and self._is_open(visit):
            count = self._end.sendable(visit.stream)
            if count:
                self._end.send_data(visit.stream, body[:count])
                body = body[count:]
            else:
                await self._say()
                await visit.wait()
                self._check_lost(visit)
        if self._is_open(visit):
            self._end.end(visit.stream)

    async def _pass_on(self, visit: _Visit, request: Request, sink: AnswerSink) -> None:
        limits = self._limits
        patience_seconds = limits.held_response_seconds if request.is_held else limits.response_seconds
        with trio.move_on_after(patience_seconds) as patience:
            head = await self._next(visit)
        if patience.cancelled_caught:
            raise Refused("host_unavailable", "the room did not answer in time; try again", status=504)
        if not isinstance(head, Answer):
            raise Refused("host_unavailable", "the host could not reach its room; try again in a moment")
        if is_event_stream(head):
            pace = Pace(limits.stream_bytes_per_second)
            with trio.move_on_after(limits.stream_seconds_max):  # then it ends, and its reader asks for more
                await self._stream_on(visit, head, sink, pace=pace)
            return await sink.end()
        return await self._answer_on(visit, head, sink)

    async def _answer_on(self, visit: _Visit, head: Answer, sink: AnswerSink) -> None:
        """A plain answer: of bounded size; one that says that it is small goes on when all of it is here."""
        bytes_max = self._limits.response_bytes_max
        length = declared_length(head)
        if length > bytes_max:
            raise _too_large()
        if 0 < length <= WHOLE_BYTES_MAX:
            body = await self._whole(visit)
            await sink.begin(head.status, head.headers)
            await sink.write(body)
            return await sink.end()
        await sink.begin(head.status, head.headers)
        count = 0
        while isinstance(frame := await self._next(visit), Data):
            count += len(frame.content)
            if count > bytes_max:
                raise _too_large()
            await sink.write(frame.content)
            self._taken(visit, frame)
        if not isinstance(frame, End):
            raise HostLost(was_handed=True)
        return await sink.end()

    async def _whole(self, visit: _Visit) -> bytes:
        """The body of a small answer. Raises HostLost when it does not come whole: nobody has heard of it then."""
        pieces, count = [], 0
        while isinstance(frame := await self._next(visit), Data):
            count += len(frame.content)
            if count > WHOLE_BYTES_MAX:  # it said otherwise
                raise _too_large()
            pieces.append(frame.content)
            self._taken(visit, frame)
        if not isinstance(frame, End):
            raise HostLost(was_handed=True)
        return b"".join(pieces)

    async def _stream_on(self, visit: _Visit, head: Answer, sink: AnswerSink, *, pace: Pace) -> None:
        """An event stream: bounded by time and rate."""
        await sink.begin(head.status, head.headers)
        while isinstance(frame := await self._next(visit), Data):
            await sink.write(frame.content)
            await pace.keep(len(frame.content))
            self._taken(visit, frame)
        if not isinstance(frame, End):
            raise HostLost(was_handed=True)

    def _taken(self, visit: _Visit, frame: Data) -> None:
        self._end.consumed(visit.stream, len(frame.content))
        if self._end.has_outgoing:
            self._flush()

    async def _next(self, visit: _Visit) -> Frame:
        """What came next on the stream. Raises HostLost, or what everybody on this link is refused with."""
        while not visit.frames:
            self._check_lost(visit)
            await visit.wait()
        return visit.frames.popleft()

    def _check_lost(self, visit: _Visit) -> None:
        if self.is_lost:
            if self._refusal is not None:
                raise self._refusal
            raise HostLost(was_handed=self._end.was_handed(visit.stream))

    def _is_open(self, visit: _Visit) -> bool:
        return self._end.is_open(visit.stream)

    def _flush(self) -> None:
        self._pending.set()

    async def _say(self) -> None:
        """Have what waits to be said sent: here, where nobody else waits for this host who would share a message with it.

        It spares the host a turn of the scheduler; many requests are better sent together.
        """
        if len(self._visits) > 1 or self._is_sending or self.is_lost:
            self._flush()
            return
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            with trio.CancelScope(shield=True) as self._sending:  # who leaves must not leave anything half said
                await self._send_one()
        except ClientGone:
            self._running.cancel()
        if self._end.has_outgoing:
            self._flush()
        await trio.lowlevel.checkpoint_if_cancelled()  # whoever left meanwhile leaves now

    async def _keep_writing(self) -> None:
        """Sends, for all who do not do so themselves."""
        while True:
            self._pending = trio.Event()
            while self._end.has_outgoing and not self._is_sending:
                await self._send_one()
            await self._pending.wait()

    async def _send_one(self) -> None:
        """Send a message; only one at a time is. Raises ClientGone."""
        self._is_sending = True
        try:
            if message := self._end.outgoing():
                await self._send(message)
        finally:
            self._is_sending = False

    async def _keep_alive(self) -> None:
        while True:
            await trio.sleep(self._limits.heartbeat_seconds)
            self._end.ping(secrets.token_bytes(8))
            self._flush()

    async def _keep_reading(self) -> None:
        while True:
            with trio.move_on_after(2 * self._limits.heartbeat_seconds) as silence:
                content = await self._receive()
            if silence.cancelled_caught:
                self.reason = "silent"
                return
            if not content:
                return
            try:
                frames = self._end.receive(content)
            except PeerBroke as broken:
                self.reason = faults.PROTOCOL_BROKEN
                log.warning("a host broke a rule: %s", broken.reason, extra={"event": "peer_broke"})
                return
            for frame in frames:
                self._dispatch(frame)
            if not self._end.is_live:
                return
            if self._end.has_outgoing:
                self._flush()

    def _dispatch(self, frame: Frame) -> None:
        match frame:
            case Answer() | Data() | End() | Reset():
                if visit := self._visits.get(frame.stream):
                    visit.add(frame)
            case Credit():
                for visit in self._visits.values() if frame.stream == 0 else self._of(frame.stream):
                    visit.stir()
            case Pong():
                self._on_life()
            case Drain():
                self._on_drain()
            case Bye():
                self.reason = "left"
                if frame.reason == faults.ROUTE_CLOSED:
                    self.has_closed_route = True
                    self._refusal = Refused("route_closed", CLOSED_MESSAGE)

    def _of(self, stream: int) -> list[_Visit]:
        visit = self._visits.get(stream)
        return [] if visit is None else [visit]

    async def _say_last_words(self) -> None:
        """A Bye that waits to be said is said. Only when the writer was not stopped in the middle of a message."""
        with trio.move_on_after(GOODBYE_SECONDS, shield=True):
            try:
                while message := self._end.outgoing():
                    await self._send(message)
            except (OSError, RuntimeError):
                pass


def is_event_stream(head: Answer) -> bool:
    return any(name == b"content-type" and value.lower().startswith(EVENT_STREAM) for name, value in head.headers)


def declared_length(head: Answer) -> int:
    """What the answer says of its size; 0 when it says nothing that can be read."""
    for name, value in head.headers:
        if name == b"content-length" and value.isdigit() and len(value) < 16:
            return int(value)
    return 0


def _too_large() -> Refused:
    return Refused("response_too_large", "the answer is larger than this broker passes on; ask for less at a time")
