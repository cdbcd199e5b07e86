"""How a link begins, drains and ends, and what this end must not be told to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentgather.wire.codec import STREAM_CREDIT_BYTES, encode
from agentgather.wire.faults import LEAVING, PROTOCOL_BROKEN, Misused, PeerBroke
from agentgather.wire.frames import (
    Bye,
    Challenge,
    Data,
    Drain,
    Frame,
    Hello,
    Open,
    Ping,
    Pong,
    Proof,
    Refused,
    Registered,
)
from agentgather.wire.link import BrokerEnd, HostEnd, State
from tests.wire.links import HELLO, NONCE, REGISTERED, SIGNATURE, End, books, everything, live, said, settle

NO = Refused("key_not_admitted", "not here", 60)


def test_a_handshake_is_four_frames_in_turn() -> None:
    broker, host = BrokerEnd(), HostEnd()
    assert not broker.is_live
    assert not host.is_live
    host.hello(HELLO)
    assert settle(broker, host) == ([HELLO], [])
    broker.challenge(NONCE)
    assert settle(broker, host) == ([], [Challenge(NONCE)])
    host.prove(SIGNATURE)
    assert settle(broker, host) == ([Proof(SIGNATURE)], [])
    assert not broker.is_live
    broker.register(REGISTERED)
    assert broker.is_live
    assert not host.is_live
    assert settle(broker, host) == ([], [REGISTERED])
    assert host.is_live
    assert broker.can_open


@pytest.mark.parametrize("proven", [False, True])
def test_a_host_is_refused_in_place_of_the_next_step(proven: bool) -> None:
    broker, host = BrokerEnd(), HostEnd()
    host.hello(HELLO)
    settle(broker, host)
    if proven:
        broker.challenge(NONCE)
        settle(broker, host)
        host.prove(SIGNATURE)
        settle(broker, host)
    broker.refuse(NO)
    assert broker.is_over
    assert settle(broker, host) == ([], [NO])
    assert host.is_over
    assert not host.is_live
    assert broker.receive(encode(HELLO)) == []
    assert host.receive(encode(REGISTERED)) == []


def test_a_bye_ends_a_link_and_nothing_follows() -> None:
    for first, second in (live(), live()[::-1]):
        first.bye(LEAVING, "a new version is being put in place")
        first.bye(LEAVING, "once more")
        with pytest.raises(Misused):
            first.ping(b"12345678")
        assert said(first) == [Bye(LEAVING, "a new version is being put in place")]
        assert second.receive(encode(Bye(LEAVING, "bye"))) == [Bye(LEAVING, "bye")]
        assert second.is_over
        assert not second.is_live
        assert second.receive(encode(Ping(b"12345678"))) == []
        second.bye(LEAVING, "me too")
        assert said(second) == []


def test_a_bye_may_come_before_anything_else() -> None:
    for end in (BrokerEnd(), HostEnd()):
        assert end.receive(encode(Bye(LEAVING, "bye"))) == [Bye(LEAVING, "bye")]
        assert end.is_over


def test_what_follows_a_bye_is_skipped_however_it_was_cut() -> None:
    for following in (encode(Ping(b"12345678")), encode(HELLO), encode(Bye("again", "bye"))):
        for cut in (False, True):
            _, host = live()
            farewell = Bye(LEAVING, "bye")
            pieces = [encode(farewell), following] if cut else [encode(farewell) + following]
            assert [frame for piece in pieces for frame in host.receive(piece)] == [farewell]
            assert said(host) == []


def test_what_is_on_its_way_when_we_end_a_link_is_skipped() -> None:
    broker, host = live()
    stream = broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    host.answer(stream, 200, ())
    host.send_data(stream, b"x")
    broker.bye(LEAVING, "bye")
    assert broker.receive(everything(host)) == []
    assert broker.sendable(stream) == 0
    broker.consumed(stream, 0)
    assert said(broker) == [Bye(LEAVING, "bye")]


def test_credit_that_is_owed_when_a_link_ends_is_owed_for_ever() -> None:
    for make_over in (lambda end: end.bye(LEAVING, "bye"), lambda end: end.receive(encode(Bye(LEAVING, "bye")))):
        broker, host = live()
        stream = broker.open("GET", b"/", (), has_body=False)
        settle(broker, host)
        host.answer(stream, 200, ())
        while count := host.sendable(stream):
            host.send_data(stream, b"x" * count)
            settle(broker, host)
        make_over(broker)
        everything(broker)
        broker.consumed(stream, STREAM_CREDIT_BYTES)
        assert said(broker) == []


def test_pings_are_answered_and_pongs_are_told() -> None:
    broker, host = live()
    broker.ping(b"abcdefgh")
    host.ping(b"12345678")
    assert settle(broker, host) == ([Pong(b"abcdefgh")], [Pong(b"12345678")])


def test_a_broker_that_drains_opens_no_more_and_finishes_what_runs() -> None:
    broker, host = live()
    running = broker.open("GET", b"/wait", (), has_body=False)
    settle(broker, host)
    broker.drain()
    broker.drain()
    assert broker.is_draining
    assert not broker.can_open
    with pytest.raises(Misused):
        broker.open("GET", b"/", (), has_body=False)
    assert settle(broker, host) == ([], [Drain()])
    assert host.is_draining
    with pytest.raises(PeerBroke, match="drained"):
        live_copy(broker, host).receive(encode(Open(running + 1, "GET", b"/", (), False)))
    host.answer(running, 200, ())
    host.end(running)
    assert len(settle(broker, host)[0]) == 2
    assert broker.open_streams == frozenset()


def live_copy(broker: BrokerEnd, host: HostEnd) -> HostEnd:
    """Another host end in the same place: a broken rule kills the one that it is tried on."""
    assert broker.open_streams == host.open_streams
    _, other = live()
    for stream in sorted(host.open_streams):
        other.receive(encode(Open(stream, "GET", b"/", (), False)))
    other.receive(encode(Drain()))
    return other


def test_a_host_that_drains_still_takes_what_was_opened_before_the_broker_knew() -> None:
    broker, host = live()
    host.drain()
    stream = broker.open("GET", b"/", (), has_body=False)
    told_broker, told_host = settle(broker, host)
    assert told_broker == [Drain()]
    assert told_host == [Open(stream, "GET", b"/", (), False)]
    assert broker.is_draining
    assert host.is_draining
    assert not broker.can_open
    host.answer(stream, 204, ())
    host.end(stream)
    settle(broker, host)
    assert broker.open_streams == frozenset()


def test_both_may_drain_at_once() -> None:
    broker, host = live()
    broker.drain()
    host.drain()
    assert settle(broker, host) == ([Drain()], [Drain()])
    for end in (broker, host):
        with pytest.raises(PeerBroke, match="once"):
            end.receive(encode(Drain()))


def test_a_broken_rule_is_answered_with_one_bye_and_remembered() -> None:
    broker, host = live()
    stream = broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    host.answer(stream, 200, ())
    with pytest.raises(PeerBroke) as first:
        host.receive(encode(HELLO))
    assert said(host)[-1] == Bye(PROTOCOL_BROKEN, first.value.reason)
    for content in (b"", encode(Ping(b"12345678")), encode(HELLO)):
        with pytest.raises(PeerBroke) as again:
            host.receive(content)
        assert again.value.reason == first.value.reason
    assert said(host) == []
    assert host.is_over
    host.bye(LEAVING, "bye")
    assert said(host) == []


def test_what_came_before_a_broken_rule_in_one_piece_has_its_effect_and_is_told_to_nobody() -> None:
    broker, host = live()
    stream = broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    with pytest.raises(PeerBroke):
        broker.receive(encode(Pong(b"12345678")) + encode(Data(stream, b"x")))
    assert broker.open_streams == {stream}


def test_what_is_not_whole_yet_is_only_judged_by_its_head() -> None:
    _, host = live()
    open_frame = encode(Open(1, "GET", b"/", (), False))
    assert host.receive(open_frame[:-1]) == []
    assert host.open_streams == frozenset()
    assert host.receive(open_frame[-1:]) == [Open(1, "GET", b"/", (), False)]


def ends() -> dict[str, Callable[[], End]]:
    """An end in each state of the handshake, of either side."""

    def broker(steps: int) -> BrokerEnd:
        end = BrokerEnd()
        for step in (
            lambda: end.receive(encode(HELLO)),
            lambda: end.challenge(NONCE),
            lambda: end.receive(encode(Proof(SIGNATURE))),
            lambda: end.register(REGISTERED),
            lambda: end.bye(LEAVING, "bye"),
        )[:steps]:
            step()
        return end

    def host(steps: int) -> HostEnd:
        end = HostEnd()
        for step in (
            lambda: end.hello(HELLO),
            lambda: end.receive(encode(Challenge(NONCE))),
            lambda: end.prove(SIGNATURE),
            lambda: end.receive(encode(REGISTERED)),
            lambda: end.bye(LEAVING, "bye"),
        )[:steps]:
            step()
        return end

    names = [state.value for state in State]
    assert names == ["new", "greeted", "challenged", "proven", "live", "over"]
    return {f"broker {name}": (lambda n=n: broker(n)) for n, name in enumerate(names)} | {
        f"host {name}": (lambda n=n: host(n)) for n, name in enumerate(names)
    }


MOVES: dict[str, tuple[Callable[[End], object], set[str]]] = {
    "hello": (lambda end: end.hello(HELLO), {"host new"}),
    "challenge": (lambda end: end.challenge(NONCE), {"broker greeted"}),
    "prove": (lambda end: end.prove(SIGNATURE), {"host challenged"}),
    "register": (lambda end: end.register(REGISTERED), {"broker proven"}),
    "refuse": (lambda end: end.refuse(NO), {"broker greeted", "broker proven"}),
    "open": (lambda end: end.open("GET", b"/", (), has_body=True), {"broker live"}),
    "ping": (lambda end: end.ping(b"12345678"), {"broker live", "host live"}),
    "drain": (lambda end: end.drain(), {"broker live", "host live"}),
    "send_data": (lambda end: end.send_data(1, b"x"), set()),
    "end": (lambda end: end.end(1), set()),
    "reset": (lambda end: end.reset(1, LEAVING), set()),
    "answer": (lambda end: end.answer(1, 200, ()), set()),
}


@pytest.mark.parametrize("state", ends())
@pytest.mark.parametrize("move", MOVES)
def test_this_end_does_what_may_be_done_now_and_nothing_else(state: str, move: str) -> None:
    end = ends()[state]()
    do, states = MOVES[move]
    side = state.split()[0]
    if not hasattr(end, move):
        assert not any(one.startswith(side) for one in states)
        return
    everything(end)
    before = books(end), end.state
    if state in states:
        do(end)
        assert len(said(end)) == 1
        return
    with pytest.raises(Misused):
        do(end)
    assert (books(end), end.state) == before
    assert said(end) == []


def test_a_stream_is_used_as_a_stream_goes() -> None:
    broker, host = live()
    stream = broker.open("POST", b"/", (), has_body=True)
    bodiless = broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    wrong: list[tuple[End, Callable[[], object]]] = [
        (broker, lambda: broker.send_data(stream, b"")),
        (broker, lambda: broker.send_data(stream, b"x" * (broker.sendable(stream) + 1))),
        (broker, lambda: broker.send_data(bodiless, b"x")),
        (broker, lambda: broker.end(bodiless)),
        (broker, lambda: broker.end(99)),
        (broker, lambda: broker.reset(99, LEAVING)),
        (host, lambda: host.send_data(stream, b"x")),
        (host, lambda: host.end(stream)),
        (host, lambda: host.answer(99, 200, ())),
        (host, lambda: host.reset(99, LEAVING)),
    ]
    for end, do in wrong:
        before = books(end)
        with pytest.raises(Misused):
            do()
        assert books(end) == before
        assert said(end) == []
    host.answer(stream, 200, ())
    broker.end(stream)
    for do in (
        lambda: host.answer(stream, 200, ()),
        lambda: broker.end(stream),
        lambda: broker.send_data(stream, b"x"),
    ):
        with pytest.raises(Misused):
            do()
    host.end(stream)
    for do in (lambda: host.end(stream), lambda: host.send_data(stream, b"x"), lambda: host.reset(stream, LEAVING)):
        with pytest.raises(Misused):
            do()
    settle(broker, host)
    with pytest.raises(Misused):
        broker.reset(stream, LEAVING)


HANDSHAKE: list[Frame] = [HELLO, Challenge(NONCE), Proof(SIGNATURE), REGISTERED, NO]


@pytest.mark.parametrize("frame", HANDSHAKE, ids=lambda frame: type(frame).__name__)
def test_a_handshake_is_not_shaken_twice(frame: Hello | Challenge | Proof | Registered | Refused) -> None:
    for end in live():
        before = books(end)
        with pytest.raises(PeerBroke):
            end.receive(encode(frame))
        assert books(end) == before
