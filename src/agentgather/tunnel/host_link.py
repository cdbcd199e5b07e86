"""One live link: frames in and out, a task for each visitor's request, and signs of life both ways."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence

import trio

from agentgather.tunnel.dial import DialFailed, LinkSocket
from agentgather.tunnel.local_http import Body
from agentgather.tunnel.origin import Origin, OriginGone
from agentgather.tunnel.visit import BodyToCome, Visit, is_crowded
from agentgather.wire import faults
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Bye, Credit, Data, Drain, End, Frame, Open, Reset
from agentgather.wire.link import HostEnd

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS_MAX = 60.0  # a broker that asks for fewer signs of life is asked for them all the same
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
        self._visits: dict[int, Visit] = {}
        self._pending = trio.Event()
        self._is_sending = False
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
                visit = self._visits[frame.stream] = Visit(frame.stream, self._end, say=self._say)
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
                visit_or_none.stir()
            case Credit(stream=0):
                for visit in self._visits.values():
                    visit.stir()
            case Credit():
                if (of_one := self._visits.get(frame.stream)) is not None:
                    of_one.stir()
            case Drain():
                self._on_drain()
            case Bye():
                self.bye = frame
                self.reason = frame.message

    async def _answer(self, opened: Open, visit: Visit) -> None:
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
            if visit.is_open:
                self._end.reset(visit.stream, faults.ROOM_UNREACHABLE)
                self._flush()

    async def _take_turn(self) -> None:
        """Let what others were answered go out first: of a burst, the broker passes on the first while we ask the last."""
        for _ in range(TURNS_MAX):
            if self._end.outgoing_count < BURST_FRAMES:
                return
            await trio.lowlevel.checkpoint()

    async def _replay(self, opened: Open, visit: Visit) -> None:
        body: Body = None
        if opened.has_body:
            body = b"".join(visit.body) if visit.is_body_whole else BodyToCome(visit)
        try:
            await self._origin.relay(opened.method, opened.target, opened.headers, body, visit)
        except OriginGone as gone:
            if not gone.has_begun:  # else the stream is reset: what was sent is not whole
                await visit.begin(502, UNREACHABLE_HEADERS)
                await visit.write(UNREACHABLE_BODY, is_last=True)

    def _flush(self) -> None:
        self._pending.set()

    async def _say(self) -> None:
        """Have what waits to be said sent: here, where nobody else is answered who would share a message with it.

        It spares whoever waits for the answer a turn of the scheduler; many answers are better sent together.
        """
        if len(self._visits) > 1 or self._is_sending:
            self._flush()
            return
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            if self._end.has_outgoing:
                await self._send_one()
        except DialFailed:
            pass  # the writer finds out too, and it is the one to say so
        if self._end.has_outgoing or self._socket.is_over:
            self._flush()

    async def _keep_writing(self) -> None:
        """Sends, for all who do not do so themselves."""
        while True:
            self._pending = trio.Event()
            while self._end.has_outgoing and not self._is_sending:
                await trio.lowlevel.checkpoint_if_cancelled()
                await self._send_one()
            if self._socket.is_over:
                raise DialFailed("the connection to the broker is over")
            await self._pending.wait()

    async def _send_one(self) -> None:
        """Send a message; only one at a time is. Once taken it is sent whole, or the link is over. Raises DialFailed."""
        self._is_sending = True
        try:
            with trio.CancelScope(shield=True) as self._sending:
                await self._socket.send(self._taken())
        finally:
            self._is_sending = False

    def _taken(self) -> bytes:
        """The next message to be sent. Whoever waits for there being fewer goes on."""
        was_crowded = is_crowded(self._end)
        message = self._end.outgoing()
        if was_crowded and not is_crowded(self._end):
            for visit in self._visits.values():
                visit.stir()
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
