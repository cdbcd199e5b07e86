"""Two ends joined over a wire that is cut at random: order, credit, resets that cross, and how a link ends."""

from __future__ import annotations

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agentgather.wire.codec import DATA_BYTES_MAX, LINK_CREDIT_BYTES, STREAM_CREDIT_BYTES, Decoder
from agentgather.wire.faults import VISITOR_GONE
from agentgather.wire.frames import Answer, Credit, Data, Drain, End, Frame, Open, Pong, Reset
from agentgather.wire.link import BrokerEnd, HostEnd
from tests.wire.links import live

PATTERN = bytes(range(251)) * 200  # of a length that no power of two divides
SIDES = st.sampled_from(["broker", "host"])
WHICH = st.integers(0, 11)
SHARES = st.sampled_from([0.001, 0.1, 0.5, 1.0, 1.0])


def text(stream: int, at: int, count: int) -> bytes:
    """What stands in the body of `stream` from `at` on: neighbours and repetitions all look different."""
    start = (stream * 37 + at) % 251
    return PATTERN[start : start + count]


class Side:
    """One end as the model sees it."""

    def __init__(self, end: BrokerEnd | HostEnd) -> None:
        self.end = end
        self.other: Side
        self.wire = bytearray()  # towards the other side
        self.shadow = Decoder()  # reads along what goes over that wire
        self.known: dict[int, bool] = {}  # streams opened or told of -> whether a request's body follows
        self.over: set[int] = set()  # streams that are over as far as this side was told or told itself
        self.answered: set[int] = set()
        self.finished: set[int] = set()  # own bodies that are whole
        self.is_whole: set[int] = set()  # their bodies that are
        self.sent: dict[int, int] = {}
        self.came: dict[int, int] = {}
        self.consumed: dict[int, int] = {}
        self.arrived = 0  # bytes of all bodies that the end was fed, told of or not
        self.poured = 0  # bytes of all bodies put into the end
        self.pings: deque[bytes] = deque()
        self.is_drained = False

    @property
    def open(self) -> list[int]:
        return sorted(self.known.keys() - self.over)

    def waiting(self, stream: int) -> int:
        return self.came.get(stream, 0) - self.consumed.get(stream, 0)


class LinkedEnds(RuleBasedStateMachine):
    """The streams of one live link in every interleaving; every byte is accounted for."""

    @initialize()
    def begin(self) -> None:
        broker, host = live()
        self.broker_end, self.host_end = broker, host
        self.broker, self.host = Side(broker), Side(host)
        self.broker.other, self.host.other = self.host, self.broker
        self.tokens = 0

    def side(self, name: str) -> Side:
        return self.broker if name == "broker" else self.host

    def choose(self, side: Side, which: int) -> int | None:
        return side.open[which % len(side.open)] if side.open else None

    # what the two ends do

    @rule(has_body=st.booleans())
    def open(self, has_body: bool) -> None:
        if self.broker_end.can_open:
            stream = self.broker_end.open("POST" if has_body else "GET", b"/messages", (), has_body=has_body)
            assert stream > max(self.broker.known, default=0)
            self.broker.known[stream] = has_body
            if not has_body:
                self.broker.finished.add(stream)

    @rule(which=WHICH)
    def answer(self, which: int) -> None:
        stream = self.choose(self.host, which)
        if stream is not None and stream not in self.host.answered:
            self.host_end.answer(stream, 200, ())
            self.host.answered.add(stream)

    @rule(name=SIDES, which=WHICH, share=SHARES)
    def send(self, name: str, which: int, share: float) -> None:
        side = self.side(name)
        stream = self.choose(side, which)
        if stream is not None:
            self.put(side, stream, max(1, int(side.end.sendable(stream) * share)))

    @rule(name=SIDES, which=WHICH)
    def send_all_there_is_credit_for(self, name: str, which: int) -> None:
        side = self.side(name)
        stream = self.choose(side, which)
        while stream is not None and side.end.sendable(stream):
            self.put(side, stream, side.end.sendable(stream))

    def put(self, side: Side, stream: int, count: int) -> None:
        if side.end.sendable(stream) < count:
            return
        at = side.sent.get(stream, 0)
        side.end.send_data(stream, text(stream, at, count))
        side.sent[stream] = at + count
        side.poured += count

    @rule(name=SIDES, which=WHICH)
    def end(self, name: str, which: int) -> None:
        side = self.side(name)
        stream = self.choose(side, which)
        if stream is None or stream in side.finished or (side is self.host and stream not in self.host.answered):
            return
        side.end.end(stream)
        side.finished.add(stream)
        if side is self.host:
            side.over.add(stream)

    @rule(name=SIDES, which=WHICH)
    def reset(self, name: str, which: int) -> None:
        side = self.side(name)
        stream = self.choose(side, which)
        if stream is not None:
            side.end.reset(stream, VISITOR_GONE)
            side.over.add(stream)

    @rule(name=SIDES, which=WHICH, share=SHARES)
    def consume(self, name: str, which: int, share: float) -> None:
        side = self.side(name)
        streams = sorted(side.came)  # also those that are over by now
        if streams:
            stream = streams[which % len(streams)]
            self.take(side, stream, int(side.waiting(stream) * share))

    def take(self, side: Side, stream: int, count: int) -> None:
        side.end.consumed(stream, count)
        side.consumed[stream] = side.consumed.get(stream, 0) + count

    @rule(name=SIDES)
    def ping(self, name: str) -> None:
        token = self.tokens.to_bytes(8, "big")
        self.tokens += 1
        self.side(name).end.ping(token)
        self.side(name).pings.append(token)

    @rule(name=SIDES)
    def drain(self, name: str) -> None:
        if self.tokens > 5:  # not too early: nothing is opened any more
            self.side(name).end.drain()
            assert not self.broker_end.can_open or self.side(name) is self.host

    # the wire between them

    @rule(name=SIDES, share=SHARES, odd=st.integers(0, 20))
    def carry(self, name: str, share: float, odd: int) -> None:
        side = self.side(name)
        side.wire += side.end.outgoing()
        self.feed(side, min(len(side.wire), int(len(side.wire) * share) + odd))

    def feed(self, side: Side, count: int) -> None:
        piece = bytes(side.wire[:count])
        del side.wire[:count]
        side.other.arrived += sum(len(one.content) for one in side.shadow.receive(piece) if isinstance(one, Data))
        for frame in side.other.end.receive(piece):
            self.tell(side.other, frame)

    def tell(self, side: Side, frame: Frame) -> None:
        """What `side` was told must be what can have happened."""
        if isinstance(frame, Open):
            assert side is self.host
            assert frame.stream not in side.known
            assert self.broker.known[frame.stream] == frame.has_body
            side.known[frame.stream] = frame.has_body
            if not frame.has_body:
                side.is_whole.add(frame.stream)
            return
        if isinstance(frame, Pong):
            assert frame.token == side.pings.popleft()
            return
        if isinstance(frame, Drain):
            assert not side.is_drained
            side.is_drained = True
            return
        assert isinstance(frame, Credit | Answer | Data | End | Reset)
        if isinstance(frame, Credit) and frame.stream == 0:
            return
        assert frame.stream in side.open, "told of a stream that is over"
        if isinstance(frame, Answer):
            assert side is self.broker
            assert frame.stream not in side.answered
            side.answered.add(frame.stream)
        elif isinstance(frame, Data):
            assert frame.stream not in side.is_whole
            at = side.came.get(frame.stream, 0)
            assert frame.content == text(frame.stream, at, len(frame.content))
            side.came[frame.stream] = at + len(frame.content)
        elif isinstance(frame, End):
            assert frame.stream not in side.is_whole
            assert side.came.get(frame.stream, 0) == side.other.sent.get(frame.stream, 0)
            side.is_whole.add(frame.stream)
            if side is self.broker:
                side.over.add(frame.stream)
        elif isinstance(frame, Reset):
            side.over.add(frame.stream)

    # what is so at every moment

    @invariant()
    def both_know_what_is_open(self) -> None:
        for side in (self.broker, self.host):
            assert side.end.open_streams == set(side.open)
            assert [stream for stream in side.known if side.end.is_open(stream)] == side.open

    @invariant()
    def credit_is_never_exceeded(self) -> None:
        for side in (self.broker, self.host):
            for stream, sent in side.sent.items():
                assert sent - side.other.consumed.get(stream, 0) <= STREAM_CREDIT_BYTES
                assert 0 <= side.end.sendable(stream) <= DATA_BYTES_MAX
            assert 0 <= side.poured - side.other.arrived <= LINK_CREDIT_BYTES

    @rule()
    def settle(self) -> None:
        """Once nothing is on its way, both ends agree, and every byte of credit is somewhere."""
        while any(side.end.has_outgoing or side.wire for side in (self.broker, self.host)):
            for side in (self.broker, self.host):
                side.wire += side.end.outgoing()
                self.feed(side, len(side.wire))
        assert self.broker.open == self.host.open
        assert not self.broker_end._resetting
        for side in (self.broker, self.host):
            assert not side.pings
            assert side.end._allowance.left == side.other.end._window.open
            assert side.other.end._window.open + side.other.end._window.owed == LINK_CREDIT_BYTES
            for stream in side.open:
                assert side.other.came.get(stream, 0) == side.sent.get(stream, 0)
                if stream in side.finished:
                    continue
                window = side.other.end._streams[stream].window
                assert side.end._streams[stream].allowance.left == window.open
                assert window.open + window.owed + side.other.waiting(stream) == STREAM_CREDIT_BYTES

    def teardown(self) -> None:
        """When everything was consumed, all may send again; when everything is answered, nothing is left."""
        if not hasattr(self, "broker"):
            return
        self.settle()
        for side in (self.broker, self.host):
            for stream in side.came:
                self.take(side, stream, side.waiting(stream))
        self.settle()
        for side in (self.broker, self.host):
            assert side.end._allowance.left > LINK_CREDIT_BYTES // 2
            for stream in side.open:
                if stream not in side.finished and not (side is self.host and stream not in side.answered):
                    assert side.end.sendable(stream) == DATA_BYTES_MAX
                    assert side.end._streams[stream].allowance.left > STREAM_CREDIT_BYTES // 2
        for which in range(len(self.host.open)):
            self.answer(which)
        while self.host.open:
            self.end("host", 0)
        self.settle()
        assert not self.broker_end.open_streams
        assert not self.host_end.open_streams
        assert self.broker_end.can_open == (not self.broker_end.is_draining)


TestLinkedEnds = LinkedEnds.TestCase
TestLinkedEnds.settings = settings(max_examples=60, stateful_step_count=60)
