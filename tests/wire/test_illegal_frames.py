"""Every frame in every state of either end. What is not in the table below breaks a rule, changes nothing and ends the link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agentgather.wire.codec import (
    DATA_BYTES_MAX,
    LINK_CREDIT_BYTES,
    STREAM_CREDIT_BYTES,
    STREAMS_MAX,
    encode,
)
from agentgather.wire.faults import LEAVING, PROTOCOL_BROKEN, VISITOR_GONE, Misused, PeerBroke
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Credit,
    Data,
    Drain,
    Frame,
    Open,
    Ping,
    Pong,
    Proof,
    Refused,
    Reset,
)
from agentgather.wire.frames import End as BodyEnd
from agentgather.wire.link import BrokerEnd, HostEnd
from tests.wire.links import HELLO, NONCE, REGISTERED, SIGNATURE, End, books, raw, said

GONE, HERE, NEVER = 1, 2, 9  # a stream that is over, the one a state is about, one that was never opened
FULL = b"x" * DATA_BYTES_MAX

FRAMES: dict[str, Frame] = {
    "Hello": HELLO,
    "Challenge": Challenge(NONCE),
    "Proof": Proof(SIGNATURE),
    "Registered": REGISTERED,
    "Refused": Refused("no", "never"),
    "Ping": Ping(b"12345678"),
    "Pong": Pong(b"12345678"),
    "Drain": Drain(),
    "Bye": Bye(LEAVING, "bye"),
    "Credit 0": Credit(0, 5),
}
for _name, _stream in {"gone": GONE, "here": HERE, "never": NEVER}.items():
    FRAMES |= {
        f"Open {_name}": Open(_stream, "GET", b"/", (), False),
        f"Answer {_name}": Answer(_stream, 200, ()),
        f"Data {_name}": Data(_stream, b"x"),
        f"Empty {_name}": Data(_stream, b""),
        f"End {_name}": BodyEnd(_stream),
        f"Reset {_name}": Reset(_stream, "gone"),
        f"Credit {_name}": Credit(_stream, 5),
    }

TOLD, SILENT = "told", "silent"  # legal: handed out, or acted on and skipped


@dataclass(frozen=True)
class Situation:
    """An end in a state, and what may come there."""

    reach: Callable[[], End]
    may_come: dict[str, str]  # frame -> told or silent


def broker(*steps: Callable[[BrokerEnd], object]) -> Callable[[], BrokerEnd]:
    """A live broker's end whose first stream is over; then `steps`."""

    def reach() -> BrokerEnd:
        end = BrokerEnd()
        end.receive(encode(HELLO))
        end.challenge(NONCE)
        end.receive(encode(Proof(SIGNATURE)))
        end.register(REGISTERED)
        assert end.open("GET", b"/", (), has_body=False) == GONE
        end.receive(encode(Answer(GONE, 200, ())) + encode(BodyEnd(GONE)))
        for step in steps:
            step(end)
        return end

    return reach


def host(*steps: Callable[[HostEnd], object]) -> Callable[[], HostEnd]:
    """A live host's end whose first stream is over; then `steps`."""

    def reach() -> HostEnd:
        end = HostEnd()
        end.hello(HELLO)
        end.receive(encode(Challenge(NONCE)))
        end.prove(SIGNATURE)
        end.receive(encode(REGISTERED) + encode(Open(GONE, "POST", b"/", (), True)))
        end.answer(GONE, 200, ())
        end.end(GONE)
        for step in steps:
            step(end)
        return end

    return reach


def receiving(*frames: Frame) -> Callable[[End], object]:
    return lambda end: [end.receive(encode(frame)) for frame in frames]


def early(make: type[End], *steps: Callable[[End], object]) -> Callable[[], End]:
    def reach() -> End:
        end = make()
        for step in steps:
            step(end)
        return end

    return reach


BYE = {"Bye": TOLD}
LIVE = {"Bye": TOLD, "Ping": SILENT, "Pong": TOLD, "Drain": TOLD, "Credit 0": TOLD}
# A host skips what a broker may have sent before it knew that a stream is over; a broker is told first.
LATE = dict.fromkeys(("Data gone", "End gone", "Reset gone", "Credit gone"), SILENT)
LIVE_HOST = LIVE | LATE | {"Open here": TOLD, "Open never": TOLD}
NOW_LATE = dict.fromkeys(("Data here", "End here", "Reset here", "Credit here"), SILENT)


def open_here(has_body: bool = False) -> Callable[[BrokerEnd], object]:
    def step(end: BrokerEnd) -> None:
        assert end.open("POST", b"/", (), has_body=has_body) == HERE

    return step


def opened_here(has_body: bool = False) -> Callable[[End], object]:
    return receiving(Open(HERE, "POST", b"/", (), has_body))


def without(may: dict[str, str], *names: str) -> dict[str, str]:
    return {name: how for name, how in may.items() if name not in names}


ANSWERED = receiving(Answer(HERE, 200, ()))
HELLO_SENT = early(HostEnd, lambda end: end.hello(HELLO))
UNANSWERED_HERE = {"Answer here": TOLD, "Reset here": TOLD, "Credit here": TOLD}
ANSWERED_HERE = {"Data here": TOLD, "End here": TOLD, "Reset here": TOLD, "Credit here": TOLD}

SITUATIONS: dict[str, Situation] = {
    "broker, new": Situation(BrokerEnd, BYE | {"Hello": TOLD}),
    "broker, greeted": Situation(early(BrokerEnd, receiving(HELLO)), BYE),
    "broker, challenged": Situation(
        early(BrokerEnd, receiving(HELLO), lambda end: end.challenge(NONCE)), BYE | {"Proof": TOLD}
    ),
    "broker, proven": Situation(
        early(BrokerEnd, receiving(HELLO), lambda end: end.challenge(NONCE), receiving(Proof(SIGNATURE))), BYE
    ),
    "broker, live": Situation(broker(), LIVE),
    "broker, a stream": Situation(broker(open_here()), LIVE | UNANSWERED_HERE),
    "broker, a stream with a body": Situation(broker(open_here(True)), LIVE | UNANSWERED_HERE),
    "broker, a stream answered": Situation(broker(open_here(), ANSWERED), LIVE | ANSWERED_HERE),
    "broker, a stream answered, own body whole": Situation(
        broker(open_here(True), ANSWERED, lambda end: end.end(HERE)), LIVE | ANSWERED_HERE
    ),
    "broker, a stream whose credit is used up": Situation(
        broker(open_here(), ANSWERED, receiving(*[Data(HERE, FULL)] * (STREAM_CREDIT_BYTES // DATA_BYTES_MAX))),
        without(LIVE | ANSWERED_HERE, "Data here"),
    ),
    "broker, a stream ended by the host": Situation(broker(open_here(), ANSWERED, receiving(BodyEnd(HERE))), LIVE),
    "broker, a stream reset by the host": Situation(broker(open_here(), receiving(Reset(HERE, "gone"))), LIVE),
    "broker, a stream reset": Situation(
        broker(open_here(), lambda end: end.reset(HERE, VISITOR_GONE)),
        LIVE | {"Answer here": SILENT, "Reset here": SILENT, "Credit here": SILENT},
    ),
    "broker, a stream reset after its answer": Situation(
        broker(open_here(), ANSWERED, lambda end: end.reset(HERE, VISITOR_GONE)),
        LIVE | {"Data here": SILENT, "End here": SILENT, "Reset here": SILENT, "Credit here": SILENT},
    ),
    "broker, a stream reset, then answered": Situation(
        broker(open_here(), lambda end: end.reset(HERE, VISITOR_GONE), ANSWERED),
        LIVE | {"Data here": SILENT, "End here": SILENT, "Reset here": SILENT, "Credit here": SILENT},
    ),
    "broker, a stream reset, which the host knows": Situation(
        broker(open_here(), lambda end: end.reset(HERE, VISITOR_GONE), receiving(Reset(HERE, "gone"))), LIVE
    ),
    "broker, draining": Situation(broker(open_here(), ANSWERED, lambda end: end.drain()), LIVE | ANSWERED_HERE),
    "broker, drained by the host": Situation(
        broker(open_here(), ANSWERED, receiving(Drain())), without(LIVE | ANSWERED_HERE, "Drain")
    ),
    "host, new": Situation(HostEnd, BYE),
    "host, greeting": Situation(HELLO_SENT, BYE | {"Challenge": TOLD, "Refused": TOLD}),
    "host, challenged": Situation(early(HostEnd, lambda end: end.hello(HELLO), receiving(Challenge(NONCE))), BYE),
    "host, proven": Situation(
        early(HostEnd, lambda end: end.hello(HELLO), receiving(Challenge(NONCE)), lambda end: end.prove(SIGNATURE)),
        BYE | {"Registered": TOLD, "Refused": TOLD},
    ),
    "host, live": Situation(host(), LIVE_HOST),
    "host, a stream": Situation(
        host(opened_here()),
        LIVE | LATE | {"Open never": TOLD, "Reset here": TOLD, "Credit here": TOLD},
    ),
    "host, a stream with a body": Situation(
        host(opened_here(True)),
        LIVE | LATE | ANSWERED_HERE | {"Open never": TOLD},
    ),
    "host, a stream whose body is whole": Situation(
        host(opened_here(True), receiving(Data(HERE, b"x"), BodyEnd(HERE))),
        LIVE | LATE | {"Open never": TOLD, "Reset here": TOLD, "Credit here": TOLD},
    ),
    "host, a stream whose credit is used up": Situation(
        host(opened_here(True), receiving(*[Data(HERE, FULL)] * (STREAM_CREDIT_BYTES // DATA_BYTES_MAX))),
        without(LIVE | LATE | ANSWERED_HERE | {"Open never": TOLD}, "Data here"),
    ),
    "host, a stream answered": Situation(
        host(opened_here(True), lambda end: end.answer(HERE, 200, ())),
        LIVE | LATE | ANSWERED_HERE | {"Open never": TOLD},
    ),
    "host, a stream it ended": Situation(
        host(opened_here(True), lambda end: end.answer(HERE, 200, ()), lambda end: end.end(HERE)),
        LIVE | LATE | NOW_LATE | {"Open never": TOLD},
    ),
    "host, a stream it reset": Situation(
        host(opened_here(True), lambda end: end.reset(HERE, LEAVING)),
        LIVE | LATE | NOW_LATE | {"Open never": TOLD},
    ),
    "host, a stream reset by the broker": Situation(
        host(opened_here(True), receiving(Reset(HERE, "gone"))),
        LIVE | LATE | NOW_LATE | {"Open never": TOLD},
    ),
    "host, draining": Situation(host(lambda end: end.drain()), LIVE_HOST),
    "host, drained by the broker": Situation(
        host(opened_here(True), receiving(Drain())), without(LIVE | LATE | ANSWERED_HERE, "Drain")
    ),
    "host, as many streams as there may be": Situation(
        host(receiving(*[Open(GONE + n, "GET", b"/", (), False) for n in range(7, STREAMS_MAX + 7)])),
        # by then the streams HERE and NEVER have been passed over
        LIVE | LATE | NOW_LATE | {"Reset never": TOLD, "Credit never": TOLD},
    ),
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_may_not_come_now_is_peer_broke_and_changes_nothing(situation: str, name: str) -> None:
    end, may_come = SITUATIONS[situation].reach(), SITUATIONS[situation].may_come
    said(end)
    before, streams, state = books(end), end.open_streams, end.state
    content = encode(FRAMES[name])
    how = may_come.get(name)
    if how is not None:
        assert end.receive(content) == ([FRAMES[name]] if how == TOLD else [])
        return
    assert end.receive(content[:-1]) == []
    assert end.state is state
    with pytest.raises(PeerBroke) as fault:
        end.receive(content[-1:])
    assert books(end) == before
    assert end.open_streams == streams
    dead(end, fault.value)


def dead(end: End, fault: PeerBroke) -> None:
    """One Bye is left to be sent; nothing else is said, heard or done any more."""
    assert end.is_over
    assert not end.is_live
    assert said(end) == [Bye(PROTOCOL_BROKEN, fault.reason)]
    for frame in FRAMES.values():
        with pytest.raises(PeerBroke) as again:
            end.receive(encode(frame))
        assert again.value is fault
    assert end.sendable(HERE) == 0
    assert not end.is_open(HERE)
    end.consumed(HERE, 0)
    end.bye(LEAVING, "bye")
    moves: list[Callable[[], object]] = [
        lambda: end.send_data(HERE, b"x"),
        lambda: end.end(HERE),
        lambda: end.reset(HERE, LEAVING),
        lambda: end.ping(b"12345678"),
        end.drain,
    ]
    if isinstance(end, BrokerEnd):
        assert not end.can_open
        moves += [lambda: end.open("GET", b"/", (), has_body=False), lambda: end.refuse(Refused("no", "never"))]
    else:
        moves += [lambda: end.answer(HERE, 200, ()), lambda: end.hello(HELLO)]
    for move in moves:
        with pytest.raises(Misused):
            move()
    assert said(end) == []


MALFORMED = {
    "a kind that is not known": raw(0x10, 0, b""),
    "a frame of a stream that names none": raw(0x08, 0, b"x"),
    "a frame that is too long": raw(0x08, HERE, b"", size=DATA_BYTES_MAX + 1),
    "JSON that is none": raw(0x0F, 0, b"{"),
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_is_malformed_is_peer_broke_in_every_state(situation: str, name: str) -> None:
    end = SITUATIONS[situation].reach()
    said(end)
    before = books(end)
    with pytest.raises(PeerBroke) as fault:
        end.receive(MALFORMED[name])
    assert books(end) == before
    dead(end, fault.value)


def test_after_the_end_everything_is_skipped() -> None:
    for reach in (broker(lambda end: end.bye(LEAVING, "bye")), host(receiving(Bye(LEAVING, "bye")))):
        for frame in FRAMES.values():
            end = reach()
            said(end)
            before = books(end)
            assert end.receive(encode(frame)) == []
            assert books(end) == before
            assert said(end) == []


def test_the_table_knows_what_there_is() -> None:
    assert {name for one in SITUATIONS.values() for name in one.may_come} <= FRAMES.keys()
    assert len(SITUATIONS) * len(FRAMES) > 1_000
    assert LINK_CREDIT_BYTES > STREAM_CREDIT_BYTES + DATA_BYTES_MAX  # so that it is the stream's credit that is tested
