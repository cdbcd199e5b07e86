"""Which frame may follow which: the two ends of a link as state machines. Bytes in, frames out; no clock, no I/O.

Both ends are told what to send by methods and give it out in `outgoing`. A frame that may not come now raises PeerBroke,
changes nothing, and leaves one Bye to be sent; the end is dead then. A stream is over when the host's End or a Reset of either
side has passed. The host answers a Reset with a Reset, unless it ended the stream first: so the broker knows when nothing more of
a stream can come. What still comes until then obeys the same rules, but nobody is told.
"""

from __future__ import annotations

from agentgather.wire.codec import STREAM_CREDIT_BYTES, STREAM_ID_MAX, STREAMS_MAX
from agentgather.wire.faults import Misused, PeerBroke
from agentgather.wire.flow import Allowance, Window
from agentgather.wire.frames import (
    Answer,
    Challenge,
    Data,
    End,
    Frame,
    Headers,
    Hello,
    Open,
    Proof,
    Refused,
    Registered,
    Reset,
)
from agentgather.wire.link_end import LinkEnd, State, Stream

__all__ = ["BrokerEnd", "HostEnd", "State"]


class BrokerEnd(LinkEnd):
    """The broker's end: it greets back, opens streams, and is told the answers."""

    def __init__(self) -> None:
        super().__init__()
        self._last_stream = 0
        self._resetting: dict[int, Stream] = {}  # reset by us; the host has not said that it knows

    @property
    def can_open(self) -> bool:
        """Whether a stream may be opened now."""
        is_full = len(self._streams) + len(self._resetting) >= STREAMS_MAX or self._last_stream >= STREAM_ID_MAX
        return self.is_live and not self.is_draining and not is_full

    def challenge(self, nonce: bytes) -> None:
        self._expect(State.GREETED)
        self._send(Challenge(nonce))
        self.state = State.CHALLENGED

    def register(self, registered: Registered) -> None:
        """The route is the host's: the link is live."""
        self._expect(State.PROVEN)
        self._send(registered)
        self.state = State.LIVE

    def refuse(self, refused: Refused) -> None:
        self._expect(State.GREETED, State.PROVEN)
        self._send(refused)
        self.state = State.OVER

    def open(self, method: str, target: bytes, headers: Headers, *, has_body: bool) -> int:
        """Begin a stream with a visitor's request; its id."""
        if not self.can_open:
            raise Misused("no stream may be opened now")
        stream = self._last_stream + 1
        self._send(Open(stream, method, target, headers, has_body))
        self._last_stream = stream
        self._streams[stream] = Stream(Window(STREAM_CREDIT_BYTES), Allowance(STREAM_CREDIT_BYTES), has_body, True)
        return stream

    def was_handed(self, stream: int) -> bool:
        """Whether the request that began `stream` was given out to be sent: the host may have seen it then."""
        return stream <= self._taken_open

    def reset(self, stream: int, reason: str) -> None:
        one = self._one(stream)
        super().reset(stream, reason)
        self._resetting[stream] = one

    def _shake_hands(self, frame: Frame) -> bool:
        if isinstance(frame, Hello) and self.state is State.NEW:
            self.state = State.GREETED
        elif isinstance(frame, Proof) and self.state is State.CHALLENGED:
            self.state = State.PROVEN
        else:
            raise PeerBroke("a frame came before its turn in the handshake")
        return True

    def _receive_answer(self, frame: Answer) -> bool:
        one = self._known(frame.stream)
        if one.is_answered:
            raise PeerBroke("a request is answered once")
        one.is_answered = True
        return frame.stream in self._streams

    def _receive_data(self, frame: Data) -> bool:
        self._check_answered(frame.stream)
        return super()._receive_data(frame)

    def _receive_end(self, frame: End) -> bool:
        self._check_answered(frame.stream)
        return self._forget(frame.stream)

    def _receive_reset(self, frame: Reset) -> bool:
        self._known(frame.stream)
        return self._forget(frame.stream)

    def _forget(self, stream: int) -> bool:
        """Nothing more can come of `stream`. Whether it was open until now."""
        self._resetting.pop(stream, None)
        return self._streams.pop(stream, None) is not None

    def _check_answered(self, stream: int) -> None:
        if not self._known(stream).is_answered:
            raise PeerBroke("the body of an answer came before its head")

    def _known(self, stream: int) -> Stream:
        one = self._streams.get(stream) or self._resetting.get(stream)
        if one is None:
            raise PeerBroke("a frame came on a stream that is not open")
        return one


class HostEnd(LinkEnd):
    """The host's end: it says who it is, and answers the streams that the broker opens."""

    def __init__(self) -> None:
        super().__init__()
        self._last_stream = 0

    def hello(self, hello: Hello) -> None:
        self._expect(State.NEW)
        self._send(hello)
        self.state = State.GREETED

    def prove(self, signature: bytes) -> None:
        """Answer the Challenge."""
        self._expect(State.CHALLENGED)
        self._send(Proof(signature))
        self.state = State.PROVEN

    def answer(self, stream: int, status: int, headers: Headers) -> None:
        """The head of the answer; its body and its end follow."""
        one = self._one(stream)
        if one.is_answered:
            raise Misused("a request is answered once")
        self._send(Answer(stream, status, headers))
        one.is_answered = one.is_ours_open = True

    def end(self, stream: int) -> None:
        super().end(stream)
        del self._streams[stream]

    def _shake_hands(self, frame: Frame) -> bool:
        if isinstance(frame, Challenge) and self.state is State.GREETED:
            self.state = State.CHALLENGED
        elif isinstance(frame, Registered) and self.state is State.PROVEN:
            self.state = State.LIVE
        elif isinstance(frame, Refused) and self.state in (State.GREETED, State.PROVEN):
            self.state = State.OVER
        else:
            raise PeerBroke("a frame came before its turn in the handshake")
        return True

    def _receive_open(self, frame: Open) -> bool:
        if frame.stream <= self._last_stream:
            raise PeerBroke("a stream is opened once, and after those before it")
        if self._is_draining:
            raise PeerBroke("a stream was opened on a link that its broker drained")
        if len(self._streams) >= STREAMS_MAX:
            raise PeerBroke("more streams were opened than a link may have")
        self._last_stream = frame.stream
        self._streams[frame.stream] = Stream(
            Window(STREAM_CREDIT_BYTES), Allowance(STREAM_CREDIT_BYTES), False, frame.has_body
        )
        return True

    def _receive_end(self, frame: End) -> bool:
        one = self._theirs(frame.stream)
        if one is not None:
            one.is_theirs_open = False
        return one is not None

    def _receive_reset(self, frame: Reset) -> bool:
        if self._known(frame.stream) is None:
            return False
        self._reply(Reset(frame.stream, frame.reason))
        del self._streams[frame.stream]
        return True

    def _known(self, stream: int) -> Stream | None:
        if stream > self._last_stream:
            raise PeerBroke("a frame came on a stream that was never opened")
        return self._streams.get(stream)
