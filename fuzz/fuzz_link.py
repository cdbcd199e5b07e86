"""One end of a link, brought anywhere by legal steps, and a peer who sends anything at any moment.

An input is a script: a byte for the end and for how far its handshake goes, then steps, each a byte and its operands.
"""

from __future__ import annotations

from collections.abc import Callable

from agentgather.wire.codec import (
    HEADER_BYTES,
    LINK_CREDIT_BYTES,
    STREAM_CREDIT_BYTES,
    STREAMS_MAX,
    encode,
)
from agentgather.wire.faults import LEAVING, Misused, PeerBroke
from agentgather.wire.fields import CONTROL_BYTES_MAX
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Credit,
    Data,
    Drain,
    End,
    Frame,
    Hello,
    Open,
    Ping,
    Pong,
    Proof,
    Refused,
    Registered,
    Reset,
)
from agentgather.wire.link import BrokerEnd, HostEnd
from agentgather.wire.link_end import REPLIES_MAX

HELLO = Hello(1, "room", b"k" * 32, "x")
CHALLENGE = Challenge(b"n" * 32)
PROOF = Proof(b"s" * 64)
REGISTERED = Registered({"route_slug": "room"}, "https://rooms.example/room", {"waits": 32}, 15)
LINK_FRAMES: list[Frame] = [
    HELLO,
    CHALLENGE,
    PROOF,
    REGISTERED,
    Refused("no", "never"),
    Ping(b"12345678"),
    Pong(b"12345678"),
    Drain(),
    Bye("over", "done"),
]


class Script:
    """An input, read as it is needed. Past its end everything is nought."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._content)

    def byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1] if self._at <= len(self._content) else 0

    def piece(self) -> bytes:
        """As many bytes as the next one says."""
        count = self.byte()
        self._at += count
        return self._content[self._at - count : self._at]


class Player:
    """Plays a script at one end, and keeps its own account of what that end holds."""

    def __init__(self, script: Script) -> None:
        self._script = script
        first = script.byte()
        self.end: BrokerEnd | HostEnd = BrokerEnd() if first & 1 else HostEnd()
        self._waiting: dict[int, int] = {}  # bytes that came on a stream and are not consumed
        self._handshake((first >> 1) % 5)

    def play(self) -> None:
        """Ends with the script, or with the fault of the peer."""
        moves: list[Callable[[], None]] = [
            self._peer_speaks,
            self._peer_sends_data,
            self._peer_speaks_of_a_stream,
            self._peer_lies,
            self._peer_sends_bytes,
            *self._own_moves(),
        ]
        while not self._script.is_over:
            if not self._try_peer(moves[self._script.byte() % len(moves)]):
                return

    def act(self) -> None:
        """One move of this end, as the script has it."""
        moves = self._own_moves()
        moves[self._script.byte() % len(moves)]()
        self._check()

    def hear(self, content: bytes) -> bool:
        """What the peer says next, whatever it is; whether the link goes on."""
        return self._try_peer(lambda: self._receive(content))

    @property
    def is_between_frames(self) -> bool:
        """Whether what the peer says next begins a frame. Nothing does, once this end has said goodbye."""
        return not self.end.is_over and not self.end._decoder._rest

    def _own_moves(self) -> list[Callable[[], None]]:
        return [
            self._open_or_answer,
            self._send,
            self._end,
            self._reset,
            self._consume,
            self._take_outgoing,
            self._ping_or_drain,
            self._bye,
        ]

    def _try_peer(self, move: Callable[[], None]) -> bool:
        try:
            move()
        except PeerBroke as broken:
            self._is_dead(broken)
            return False
        self._check()
        return True

    def _handshake(self, steps: int) -> None:
        end = self.end
        if isinstance(end, BrokerEnd):
            broker = end
            moves: list[Callable[[], object]] = [
                lambda: broker.receive(encode(HELLO)),
                lambda: broker.challenge(CHALLENGE.nonce),
                lambda: broker.receive(encode(PROOF)),
                lambda: broker.register(REGISTERED),
            ]
        else:
            host = end
            moves = [
                lambda: host.hello(HELLO),
                lambda: host.receive(encode(CHALLENGE)),
                lambda: host.prove(PROOF.signature),
                lambda: host.receive(encode(REGISTERED)),
            ]
        for move in moves[:steps]:
            move()

    # the peer, who may be anybody

    def _receive(self, content: bytes) -> None:
        for frame in self.end.receive(content):
            if isinstance(frame, Data):
                self._waiting[frame.stream] = self._waiting.get(frame.stream, 0) + len(frame.content)
                assert self._waiting[frame.stream] <= STREAM_CREDIT_BYTES

    def _peer_speaks(self) -> None:
        self._receive(encode(LINK_FRAMES[self._script.byte() % len(LINK_FRAMES)]))

    def _peer_sends_data(self) -> None:
        self._receive(encode(Data(1 + self._script.byte() % 8, b"x" * (self._script.byte() * 128))))

    def _peer_speaks_of_a_stream(self) -> None:
        stream, kind = 1 + self._script.byte() % 8, self._script.byte() % 6
        frames: list[Frame] = [
            Open(stream, "GET", b"/", (), False),
            Open(stream, "POST", b"/", (), True),
            Answer(stream, 200, ()),
            End(stream),
            Reset(stream, "gone"),
            Credit(stream - 1, self._script.byte() << 23 | self._script.byte()),
        ]
        self._receive(encode(frames[kind]))

    def _peer_lies(self) -> None:
        """A frame of any kind and any content, as long as it says or not."""
        kind, stream, piece, more = self._script.byte(), self._script.byte(), self._script.piece(), self._script.byte()
        size = len(piece) + (more if more > 250 else 0)
        self._receive(bytes((kind, 0, 0, 0, stream)) + size.to_bytes(4, "big") + piece)

    def _peer_sends_bytes(self) -> None:
        self._receive(self._script.piece())

    # this end, which is used as its methods say, or is Misused and unchanged

    def _try(self, move: Callable[[], object]) -> None:
        before = self._books()
        try:
            move()
        except Misused:
            assert self._books() == before

    def _open_or_answer(self) -> None:
        end, operand = self.end, self._script.byte()
        if isinstance(end, BrokerEnd):
            broker = end
            self._try(lambda: broker.open("POST", b"/", (), has_body=operand & 1 == 1))
        else:
            host = end
            self._try(lambda: host.answer(1 + operand % 8, 200, ()))

    def _send(self) -> None:
        stream = 1 + self._script.byte() % 8
        count = self.end.sendable(stream)
        assert count == 0 or stream in self.end.open_streams
        if count:
            self.end.send_data(stream, b"x" * max(1, count * self._script.byte() // 255))

    def _end(self) -> None:
        stream = 1 + self._script.byte() % 8
        self._try(lambda: self.end.end(stream))

    def _reset(self) -> None:
        stream = 1 + self._script.byte() % 8
        self._try(lambda: self.end.reset(stream, LEAVING))

    def _consume(self) -> None:
        stream = 1 + self._script.byte() % 8
        count = self._waiting.get(stream, 0) * self._script.byte() // 255
        self.end.consumed(stream, count)
        self._waiting[stream] = self._waiting.get(stream, 0) - count

    def _take_outgoing(self) -> None:
        self.end.outgoing()

    def _ping_or_drain(self) -> None:
        if self._script.byte() & 1:
            self._try(self.end.drain)
        else:
            self._try(lambda: self.end.ping(b"87654321"))

    def _bye(self) -> None:
        self.end.bye(LEAVING, "bye")

    # what must be so whatever happens

    def _books(self) -> tuple[object, ...]:
        """All that the end knows; quick to take, as it is taken often."""
        end = self.end
        streams = [
            (number, one.window.open, one.window.owed, one.allowance.left, one.is_ours_open, one.is_theirs_open)
            for number, one in end._streams.items()
        ]
        link = (end._window.open, end._window.owed, end._allowance.left, end.is_draining, end._last_stream)
        held = (len(end._queue), end._replies_waiting, len(end._decoder._rest))
        return (end.state, streams, link, held, len(getattr(end, "_resetting", ())))

    def _check(self) -> None:
        end = self.end
        assert len(end._decoder._rest) < HEADER_BYTES + CONTROL_BYTES_MAX
        assert end._replies_waiting <= REPLIES_MAX
        assert sum(one.is_reply for one in end._queue) == end._replies_waiting
        assert len(end.open_streams) <= STREAMS_MAX
        assert end._window.open + end._window.owed == LINK_CREDIT_BYTES
        assert end._allowance.left >= 0
        for stream, one in end._streams.items():
            assert one.allowance.left >= 0
            if one.is_theirs_open:
                assert one.window.open + one.window.owed + self._waiting.get(stream, 0) == STREAM_CREDIT_BYTES
        if end.is_over:
            assert not end.is_live
            assert not any(end.sendable(stream) for stream in end.open_streams)

    def _is_dead(self, broken: PeerBroke) -> None:
        end = self.end
        assert end.is_over
        before = self._books()
        for content in (b"", encode(Ping(b"12345678")), b"\xff" * 20):
            fault = None
            try:
                end.receive(content)
            except PeerBroke as again:
                fault = again
            assert fault is broken
        assert self._books() == before
        sent = []
        while piece := end.outgoing():
            sent.append(piece)
        assert sent[-1].endswith(encode(Bye("protocol_broken", broken.reason)))


def explore(content: bytes) -> None:
    """Play the script in `content`."""
    Player(Script(content)).play()
