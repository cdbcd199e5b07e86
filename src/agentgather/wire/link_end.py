"""What both ends of a link have in common: the queue of what is to be sent, streams, credit, pings, and how a link ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from agentgather.wire.codec import (
    DATA_BYTES_MAX,
    LINK_CREDIT_BYTES,
    STREAMS_MAX,
    Decoder,
    encode,
)
from agentgather.wire.faults import PROTOCOL_BROKEN, Misused, PeerBroke
from agentgather.wire.flow import Allowance, Window
from agentgather.wire.frames import (
    Answer,
    Bye,
    Credit,
    Data,
    Drain,
    End,
    Frame,
    Open,
    Ping,
    Pong,
    Reset,
)

MESSAGE_BYTES = 65_536  # frames are given out together up to this, so that a busy link sends few messages
REPLIES_MAX = STREAMS_MAX + 64  # waiting to be sent: a Reset a stream, Pongs and the link's credit. More is not read


class State(Enum):
    """How far a link is. The last three name who spoke last in the handshake."""

    NEW = "new"
    GREETED = "greeted"  # Hello has passed
    CHALLENGED = "challenged"
    PROVEN = "proven"  # Proof has passed; the broker decides
    LIVE = "live"
    OVER = "over"  # after a Bye or a Refused, or a broken rule


@dataclass(slots=True)
class Stream:
    """An open stream, as one end sees it."""

    window: Window
    allowance: Allowance
    is_ours_open: bool  # whether we may still send a body
    is_theirs_open: bool  # whether they may
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class _Outgoing:
    content: bytes  # one frame
    opened: int = 0  # the stream that it opens
    is_reply: bool = False  # whether the peer makes us send it


class LinkEnd:
    """What both ends have in common once the link is live."""

    def __init__(self) -> None:
        self.state = State.NEW
        self._decoder = Decoder()
        self._queue: deque[_Outgoing] = deque()
        self._taken_open = 0
        self._replies_waiting = 0
        self._waiting_bytes = 0
        self._streams: dict[int, Stream] = {}
        self._window = Window(LINK_CREDIT_BYTES)
        self._allowance = Allowance(LINK_CREDIT_BYTES)
        self._is_draining = False  # they sent Drain
        self._has_drained = False  # we did
        self._broken: PeerBroke | None = None

    @property
    def is_live(self) -> bool:
        return self.state is State.LIVE

    @property
    def is_over(self) -> bool:
        """Whether nothing is said on this link any more."""
        return self.state is State.OVER

    @property
    def is_draining(self) -> bool:
        """Whether either side said that no new streams begin here."""
        return self._is_draining or self._has_drained

    @property
    def open_streams(self) -> frozenset[int]:
        return frozenset(self._streams)

    def is_open(self, stream: int) -> bool:
        """Whether `stream` is one of them, and the link is live."""
        return stream in self._streams and self.is_live

    @property
    def outgoing_count(self) -> int:
        """How many frames wait to be sent."""
        return len(self._queue)

    @property
    def has_outgoing(self) -> bool:
        return bool(self._queue)

    @property
    def waiting_bytes(self) -> int:
        """How much was not taken yet to be sent. Credit bounds bodies only, and whoever gives it may give too much."""
        return self._waiting_bytes

    def outgoing(self) -> bytes:
        """Take whole frames to be sent as one message; empty when there are none."""
        taken, size = [], 0
        while self._queue and size < MESSAGE_BYTES:
            one = self._queue.popleft()
            self._taken_open = one.opened or self._taken_open
            self._replies_waiting -= one.is_reply
            taken.append(one.content)
            size += len(one.content)
        self._waiting_bytes -= size
        return b"".join(taken)

    def receive(self, content: bytes) -> list[Frame]:
        """The frames in `content` that somebody has to act on, in order. Raises PeerBroke, now and ever after.

        Pings are answered here. Nothing comes any more once the link is over. What came in the same `content` before a
        broken rule has had its effect and is not handed out: whoever waits for it learns that the link is over.
        """
        if self._broken is not None:
            raise self._broken
        if self.is_over:
            return []
        try:
            return [frame for frame in self._decoder.receive(content) if not self.is_over and self._accept(frame)]
        except PeerBroke as broken:
            self._broken = broken
            self._send(Bye(PROTOCOL_BROKEN, broken.reason))
            self.state = State.OVER
            raise

    def sendable(self, stream: int) -> int:
        """How many bytes of a body may be sent on `stream` now; 0 also when it is over."""
        one = self._streams.get(stream)
        if one is None or not one.is_ours_open or not self.is_live:
            return 0
        return min(one.allowance.left, self._allowance.left, DATA_BYTES_MAX)

    def send_data(self, stream: int, content: bytes) -> None:
        """A piece of the body, no longer than `sendable`."""
        if not 0 < len(content) <= self.sendable(stream):
            raise Misused("data without credit, or none at all")
        self._streams[stream].allowance.spend(len(content))
        self._allowance.spend(len(content))
        self._send(Data(stream, content))

    def end(self, stream: int) -> None:
        """Our body is whole."""
        one = self._one(stream)
        if not one.is_ours_open:
            raise Misused("a body ends once")
        one.is_ours_open = False
        self._send(End(stream))

    def reset(self, stream: int, reason: str) -> None:
        """End the stream at once, in both directions."""
        self._one(stream)
        self._send(Reset(stream, reason))
        del self._streams[stream]

    def consumed(self, stream: int, count: int) -> None:
        """`count` bytes of `stream` went on to whoever they are for. Also fine when the stream is over by now."""
        one = self._streams.get(stream)
        if one is not None and one.is_theirs_open and (given := one.window.take(count)) and self.is_live:
            self._send(Credit(stream, given))

    def ping(self, token: bytes) -> None:
        self._live()
        self._send(Ping(token))

    def drain(self) -> None:
        """Say, once, that no new streams shall begin here."""
        self._live()
        if not self._has_drained:
            self._has_drained = True
            self._send(Drain())

    def bye(self, reason: str, message: str) -> None:
        """End the link on purpose. Nothing is sent after it."""
        if self.state is not State.OVER:
            self._send(Bye(reason, message))
            self.state = State.OVER

    def _accept(self, frame: Frame) -> bool:
        """Act on `frame`; whether it is to be handed out. Raises PeerBroke before anything has changed."""
        if isinstance(frame, Bye):
            self.state = State.OVER
            return True
        if not self.is_live:
            return self._shake_hands(frame)
        if self._replies_waiting >= REPLIES_MAX:
            raise PeerBroke("it goes on asking, and does not read what it is answered")
        match frame:
            case Data():
                return self._receive_data(frame)
            case Credit():
                return self._receive_credit(frame)
            case End():
                return self._receive_end(frame)
            case Reset():
                return self._receive_reset(frame)
            case Open():
                return self._receive_open(frame)
            case Answer():
                return self._receive_answer(frame)
            case Ping():
                self._reply(Pong(frame.token))
                return False
            case Pong():
                return True
            case Drain():
                if self._is_draining:
                    raise PeerBroke("a link is drained once")
                self._is_draining = True
                return True
            case _:
                raise PeerBroke("a handshake's frame came after the handshake")

    def _receive_data(self, frame: Data) -> bool:
        count = len(frame.content)
        if count == 0:
            raise PeerBroke("data without any")
        one = self._theirs(frame.stream)
        if one is not None and count > one.window.open:
            raise PeerBroke("more data came than there was credit for")  # before the link's credit is touched
        # The link's credit goes back as soon as data is here: streams are bounded each by its own, and one that is
        # slow must not hold up the others.
        self._window.receive(count)
        if given := self._window.take(count):
            self._reply(Credit(0, given))
        if one is not None:
            one.window.receive(count)
        return frame.stream in self._streams

    def _receive_credit(self, frame: Credit) -> bool:
        if frame.stream == 0:
            self._allowance.gain(frame.count)
            return True
        one = self._known(frame.stream)
        if one is not None:
            one.allowance.gain(frame.count)
        return frame.stream in self._streams

    def _receive_open(self, _: Open) -> bool:
        raise PeerBroke("only the broker opens streams")

    def _receive_answer(self, _: Answer) -> bool:
        raise PeerBroke("only the host answers")

    def _receive_end(self, frame: End) -> bool:
        raise NotImplementedError

    def _receive_reset(self, frame: Reset) -> bool:
        raise NotImplementedError

    def _shake_hands(self, frame: Frame) -> bool:
        raise NotImplementedError

    def _known(self, stream: int) -> Stream | None:
        """The stream they speak of; None when we ended it and kept nothing of it. Raises PeerBroke when it cannot be."""
        raise NotImplementedError

    def _theirs(self, stream: int) -> Stream | None:
        """As `_known`, for a frame of their body. Raises PeerBroke also when they may send none."""
        one = self._known(stream)
        if one is not None and not one.is_theirs_open:
            raise PeerBroke("a body came where none may, or after its end")
        return one

    def _one(self, stream: int) -> Stream:
        self._live()
        if stream not in self._streams:
            raise Misused("that stream is not open")
        return self._streams[stream]

    def _live(self) -> None:
        self._expect(State.LIVE)

    def _expect(self, *states: State) -> None:
        if self.state not in states:
            raise Misused(f"not while the link is {self.state.value}")

    def _send(self, frame: Frame) -> None:
        self._put(_Outgoing(encode(frame), opened=frame.stream if isinstance(frame, Open) else 0))

    def _reply(self, frame: Frame) -> None:
        """Send what the peer makes us send: that is bounded, or a peer who does not read could fill our memory."""
        self._put(_Outgoing(encode(frame), is_reply=True))
        self._replies_waiting += 1

    def _put(self, one: _Outgoing) -> None:
        self._queue.append(one)
        self._waiting_bytes += len(one.content)
