"""One host that came over a link: its streams, the one task that writes to it, and the signs of life it gives."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

import trio

from agentgather.serving.wire import ClientGone
from agentgather.wire import faults
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Answer, Bye, Credit, Data, Drain, End, Frame, Pong, Reset
from agentgather.wire.link import BrokerEnd
from agentgather_broker.answering import pass_on
from agentgather_broker.host_requests import AnswerSink, HostLost, Request
from agentgather_broker.refusals import CLOSED_MESSAGE, Refused
from agentgather_broker.shape import RelayLimits
from agentgather_broker.visit import Visit

log = logging.getLogger(__name__)

BURST_FRAMES = 8  # that wait to be sent, a request each, before the next request waits a turn
TURNS_MAX = 4  # then it goes on whatever waits: a link that takes nothing holds it up elsewhere
GOODBYE_SECONDS = 2.0  # for a last word to a host that may not be there any more

Send = Callable[[bytes], Awaitable[None]]
Receive = Callable[[], Awaitable[bytes]]
"""The next message, or a part of one; empty once the connection is over."""


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
        self._visits: dict[int, Visit] = {}
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
        visit = self._visits[stream] = Visit(
            stream, self._end, say=self._say, flush=self._flush, check_lost=self._check_lost
        )
        reset_for = faults.VISITOR_GONE
        try:
            await visit.send_body(request.body)
            await self._say()
            await pass_on(visit, request, sink, limits=self._limits)
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

    def _check_lost(self, stream: int) -> None:
        """Raises HostLost, or what everybody on this link is refused with, once it is lost."""
        if self.is_lost:
            if self._refusal is not None:
                raise self._refusal
            raise HostLost(was_handed=self._end.was_handed(stream))

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

    def _of(self, stream: int) -> list[Visit]:
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
