"""Streams side by side: a slow one delays no other, resets may cross, and what a peer makes us hold has a bound."""

from __future__ import annotations

import pytest

from agentgather.wire.codec import (
    CREDIT_MAX,
    DATA_BYTES_MAX,
    LINK_CREDIT_BYTES,
    STREAM_CREDIT_BYTES,
    STREAM_ID_MAX,
    STREAMS_MAX,
    encode,
)
from agentgather.wire.faults import TOO_LARGE, VISITOR_GONE, Misused, PeerBroke
from agentgather.wire.fields import HEADERS_MAX
from agentgather.wire.frames import Answer, Credit, Data, End, Open, Ping, Pong, Reset
from agentgather.wire.link import BrokerEnd, HostEnd
from agentgather.wire.link_end import MESSAGE_BYTES, REPLIES_MAX
from tests.wire.links import End as LinkEnd
from tests.wire.links import books, everything, live, said, settle


def exchange(*, has_body: bool = False) -> tuple[BrokerEnd, HostEnd, int]:
    """A live link with one stream, whose answer has begun."""
    broker, host = live()
    stream = broker.open("POST" if has_body else "GET", b"/messages", (), has_body=has_body)
    settle(broker, host)
    host.answer(stream, 200, ())
    settle(broker, host)
    return broker, host, stream


def pour(end: LinkEnd, stream: int, count: int) -> int:
    """Send up to `count` bytes, as far as there is credit; how many went."""
    sent = 0
    while sent < count and (room := min(end.sendable(stream), count - sent)):
        end.send_data(stream, b"x" * room)
        sent += room
    return sent


def test_an_exchange_has_a_request_and_an_answer_in_both_directions() -> None:
    broker, host = live()
    stream = broker.open("POST", b"/messages?x=1", ((b"accept", b"*/*"),), has_body=True)
    broker.send_data(stream, b"question")
    broker.end(stream)
    assert settle(broker, host)[1] == [
        Open(1, "POST", b"/messages?x=1", ((b"accept", b"*/*"),), True),
        Data(1, b"question"),
        End(1),
    ]
    host.answer(stream, 201, ((b"content-type", b"text/plain"),))
    host.send_data(stream, b"an")
    host.send_data(stream, b"swer")
    host.end(stream)
    assert settle(broker, host)[0] == [
        Answer(1, 201, ((b"content-type", b"text/plain"),)),
        Data(1, b"an"),
        Data(1, b"swer"),
        End(1),
    ]
    assert broker.open_streams == host.open_streams == frozenset()


def test_a_host_may_answer_before_it_has_the_whole_request() -> None:
    broker, host, stream = exchange(has_body=True)
    host.end(stream)
    broker.send_data(stream, b"late")
    broker.end(stream)
    told_broker, told_host = settle(broker, host)
    assert told_broker == [End(stream)]
    assert told_host == []
    assert broker.open_streams == host.open_streams == frozenset()


@pytest.mark.parametrize("side", ["up", "down"])
def test_streams_that_nobody_reads_from_delay_no_other(side: str) -> None:
    broker, host = live()
    streams = [broker.open("POST", b"/", (), has_body=True) for _ in range(12)]
    settle(broker, host)
    for stream in streams:
        host.answer(stream, 200, ())
    settle(broker, host)
    sender, reader = (broker, host) if side == "up" else (host, broker)
    *stuck, lively = streams
    for stream in stuck:
        came = 0
        while sent := pour(sender, stream, DATA_BYTES_MAX):
            settle(broker, host)
            came += sent
        assert came == STREAM_CREDIT_BYTES
    assert len(stuck) * STREAM_CREDIT_BYTES > LINK_CREDIT_BYTES
    for _ in range(100):
        assert pour(sender, lively, DATA_BYTES_MAX) == DATA_BYTES_MAX
        settle(broker, host)
        reader.consumed(lively, DATA_BYTES_MAX)
        settle(broker, host)
    assert [sender.sendable(stream) for stream in stuck] == [0] * len(stuck)


def test_no_more_is_sent_than_the_link_lets_out_however_many_streams_there_are() -> None:
    broker, host = live()
    streams = [broker.open("POST", b"/", (), has_body=True) for _ in range(6)]
    assert sum(pour(broker, stream, STREAM_CREDIT_BYTES) for stream in streams) == LINK_CREDIT_BYTES
    assert [broker.sendable(stream) for stream in streams] == [0] * 6
    settle(broker, host)
    assert broker.sendable(streams[5]) == DATA_BYTES_MAX


def test_what_is_consumed_is_given_back_by_halves_of_a_window() -> None:
    broker, host, stream = exchange()
    assert pour(host, stream, STREAM_CREDIT_BYTES) == STREAM_CREDIT_BYTES
    settle(broker, host)
    broker.consumed(stream, STREAM_CREDIT_BYTES // 2 - 1)
    assert said(broker) == []
    broker.consumed(stream, 1)
    assert said(broker) == [Credit(stream, STREAM_CREDIT_BYTES // 2)]
    broker.consumed(stream, STREAM_CREDIT_BYTES // 2)
    assert said(broker) == [Credit(stream, STREAM_CREDIT_BYTES // 2)]


def test_one_that_consumes_more_than_came_is_misused() -> None:
    broker, host, stream = exchange()
    pour(host, stream, 100)
    settle(broker, host)
    before = books(broker)
    for count in (101, -1):
        with pytest.raises(Misused):
            broker.consumed(stream, count)
    assert books(broker) == before
    broker.consumed(stream, 100)
    with pytest.raises(Misused):
        broker.consumed(stream, 1)


def test_consuming_what_is_left_of_a_stream_that_is_over_is_fine() -> None:
    broker, host, stream = exchange()
    pour(host, stream, 200_000)
    host.end(stream)
    settle(broker, host)
    broker.consumed(stream, 200_000)
    assert said(broker) == []
    broker.consumed(77, 5)


def test_the_host_owes_no_credit_for_a_body_that_is_whole() -> None:
    broker, host, stream = exchange(has_body=True)
    pour(broker, stream, 200_000)
    broker.end(stream)
    settle(broker, host)
    host.consumed(stream, 200_000)
    assert said(host) == []


def test_a_peer_that_sends_one_byte_more_than_it_may_is_broken_off() -> None:
    broker, host, stream = exchange()
    while pour(host, stream, DATA_BYTES_MAX):
        settle(broker, host)
    with pytest.raises(PeerBroke, match="credit"):
        broker.receive(encode(Data(stream, b"x")))


def test_a_peer_that_sends_past_the_links_credit_is_broken_off() -> None:
    broker, host = live()
    streams = [broker.open("POST", b"/", (), has_body=True) for _ in range(5)]
    settle(broker, host)
    host._window.open = DATA_BYTES_MAX - 1  # as if so much were on the way and not yet given back
    with pytest.raises(PeerBroke, match="credit"):
        host.receive(encode(Data(streams[4], b"x" * DATA_BYTES_MAX)))


def test_the_credit_of_a_reset_stream_holds_until_the_host_knows() -> None:
    broker, _, stream = exchange()
    broker.reset(stream, VISITOR_GONE)
    for _ in range(STREAM_CREDIT_BYTES // DATA_BYTES_MAX):
        assert broker.receive(encode(Data(stream, b"x" * DATA_BYTES_MAX))) == []
    with pytest.raises(PeerBroke, match="credit"):
        broker.receive(encode(Data(stream, b"x")))


def test_the_links_credit_comes_back_for_what_is_skipped() -> None:
    broker, host = live()
    for _ in range(LINK_CREDIT_BYTES * 3 // STREAM_CREDIT_BYTES):
        stream = broker.open("POST", b"/", (), has_body=True)
        settle(broker, host)
        host.reset(stream, TOO_LARGE)
        assert pour(broker, stream, STREAM_CREDIT_BYTES) == STREAM_CREDIT_BYTES
        told_broker, told_host = settle(broker, host)
        assert told_host == []
        assert [frame for frame in told_broker if isinstance(frame, Reset)] == [Reset(stream, TOO_LARGE)]


def test_credit_of_nothing_or_beyond_all_measure_breaks_the_rules() -> None:
    for stream in (0, 1):
        for count in (0, CREDIT_MAX):
            _, host, _ = exchange(has_body=True)
            before = books(host)
            with pytest.raises(PeerBroke, match="credit"):
                host.receive(encode(Credit(stream, count)))
            assert books(host) == before
        _, host, _ = exchange()
        start = LINK_CREDIT_BYTES if stream == 0 else STREAM_CREDIT_BYTES
        assert host.receive(encode(Credit(stream, CREDIT_MAX - start))) == [Credit(stream, CREDIT_MAX - start)]
        with pytest.raises(PeerBroke, match="credit"):
            host.receive(encode(Credit(stream, 1)))


def test_a_reset_ends_a_stream_at_once_in_both_directions() -> None:
    broker, host, stream = exchange(has_body=True)
    host.reset(stream, TOO_LARGE)
    assert host.open_streams == frozenset()
    assert settle(broker, host) == ([Reset(stream, TOO_LARGE)], [])
    assert broker.open_streams == frozenset()
    assert broker.sendable(stream) == host.sendable(stream) == 0


def test_a_visitor_who_leaves_is_known_to_the_host_and_the_echo_to_nobody() -> None:
    broker, host, stream = exchange()
    broker.reset(stream, VISITOR_GONE)
    assert broker.open_streams == frozenset()
    assert settle(broker, host) == ([], [Reset(stream, VISITOR_GONE)])
    assert host.open_streams == frozenset()


@pytest.mark.parametrize("host_does", ["end", "reset", "data", "answer"])
def test_whatever_crosses_a_reset_both_agree_afterwards(host_does: str) -> None:
    broker, host = live()
    stream = broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    if host_does == "reset":
        host.reset(stream, TOO_LARGE)
    else:
        host.answer(stream, 200, ())
        if host_does != "answer":
            host.send_data(stream, b"x" * 1000)
        if host_does == "end":
            host.end(stream)
    broker.reset(stream, VISITOR_GONE)
    told_broker, told_host = settle(broker, host)
    assert told_broker == []
    assert told_host == ([] if host_does in ("end", "reset") else [Reset(stream, VISITOR_GONE)])
    assert broker.open_streams == host.open_streams == frozenset()
    with pytest.raises(PeerBroke, match="not open"):
        broker.receive(encode(Reset(stream, TOO_LARGE)))


def test_streams_that_the_host_has_not_let_go_count_as_open() -> None:
    broker, host = live()
    for _ in range(STREAMS_MAX):
        broker.reset(broker.open("GET", b"/", (), has_body=False), VISITOR_GONE)
    assert broker.open_streams == frozenset()
    assert not broker.can_open
    with pytest.raises(Misused):
        broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    assert broker.can_open


def test_a_link_has_so_many_streams_and_not_one_more() -> None:
    broker, host = live()
    for _ in range(STREAMS_MAX):
        assert broker.can_open
        broker.open("GET", b"/", (), has_body=False)
    assert not broker.can_open
    settle(broker, host)
    assert len(host.open_streams) == STREAMS_MAX
    with pytest.raises(PeerBroke, match="more streams"):
        host.receive(encode(Open(STREAMS_MAX + 1, "GET", b"/", (), False)))
    assert len(host.open_streams) == STREAMS_MAX


def test_the_last_stream_of_all_is_the_last() -> None:
    broker, host = live()
    broker._last_stream = STREAM_ID_MAX - 1
    assert broker.open("GET", b"/", (), has_body=False) == STREAM_ID_MAX
    assert not broker.can_open
    assert settle(broker, host)[1] == [Open(STREAM_ID_MAX, "GET", b"/", (), False)]


def test_a_request_that_no_host_would_take_changes_nothing() -> None:
    broker, host = live()
    before = books(broker), books(host)
    with pytest.raises(ValueError, match="Open"):
        broker.open("GET", b"no-slash", (), has_body=False)
    with pytest.raises(ValueError, match="Open"):
        broker.open("GET", b"/", ((b"a", b"b"),) * (HEADERS_MAX + 1), has_body=False)
    assert (books(broker), books(host)) == before
    other = broker.open("GET", b"/", (), has_body=False)
    settle(broker, host)
    before = books(broker), books(host)
    with pytest.raises(ValueError, match="Answer"):
        host.answer(other, 101, ())
    with pytest.raises(ValueError, match="Reset"):
        host.reset(other, "No Reason")
    with pytest.raises(ValueError, match="Reset"):
        broker.reset(other, "No Reason")
    assert (books(broker), books(host)) == before
    assert settle(broker, host) == ([], [])


def test_whether_a_request_was_handed_over_is_known() -> None:
    broker, _ = live()
    first = broker.open("GET", b"/", (), has_body=False)
    assert not broker.was_handed(first)
    everything(broker)
    second = broker.open("GET", b"/", (), has_body=False)
    assert broker.was_handed(first)
    assert not broker.was_handed(second)
    third = broker.open("GET", b"/" + b"x" * (MESSAGE_BYTES - 200), (), has_body=False)
    fourth = broker.open("GET", b"/", (), has_body=False)
    fifth = broker.open("GET", b"/", (), has_body=False)
    broker.outgoing()
    handed = [broker.was_handed(stream) for stream in (first, second, third, fourth, fifth)]
    assert handed[:3] == [True, True, True]
    assert handed == sorted(handed, reverse=True)
    everything(broker)
    assert broker.was_handed(fifth)
    broker.ping(b"12345678")
    everything(broker)
    assert broker.was_handed(fifth)


def test_a_message_holds_whole_frames_and_not_many_more_than_it_should() -> None:
    broker, host, stream = exchange()
    pour(host, stream, STREAM_CREDIT_BYTES)
    pieces = []
    while piece := host.outgoing():
        pieces.append(piece)
        assert len(piece) < MESSAGE_BYTES + 9 + DATA_BYTES_MAX
        assert broker.receive(piece)  # whole frames
        assert not broker._decoder._rest
    assert len(pieces) <= STREAM_CREDIT_BYTES // MESSAGE_BYTES + 1
    assert not host.has_outgoing


def test_one_that_pings_and_does_not_read_is_broken_off() -> None:
    for end in live():
        for n in range(REPLIES_MAX):
            assert end.receive(encode(Ping(n.to_bytes(8, "big")))) == []
        with pytest.raises(PeerBroke, match="does not read"):
            end.receive(encode(Ping(b"one more")))


def test_one_that_opens_and_resets_and_does_not_read_is_broken_off() -> None:
    _, host = live()

    def flood() -> None:
        for stream in range(1, 10 * STREAMS_MAX):
            host.receive(encode(Open(stream, "GET", b"/", (), False)) + encode(Reset(stream, VISITOR_GONE)))

    with pytest.raises(PeerBroke, match="does not read"):
        flood()
    assert len(host._queue) <= REPLIES_MAX + 1


def test_one_that_floods_and_does_not_read_is_broken_off() -> None:
    broker, _, stream = exchange()
    broker._replies_waiting = REPLIES_MAX  # a flood to here would be half a gigabyte
    with pytest.raises(PeerBroke, match="does not read"):
        broker.receive(encode(Data(stream, b"x")))


def test_one_that_pings_and_reads_is_answered_for_ever_however_busy_the_link() -> None:
    broker, host, stream = exchange()
    pongs = 0
    for n in range(REPLIES_MAX + 100):
        pour(host, stream, STREAM_CREDIT_BYTES)
        host.receive(encode(Ping(n.to_bytes(8, "big"))))
        told = broker.receive(host.outgoing())
        assert host.has_outgoing
        pongs += sum(isinstance(frame, Pong) for frame in told)
        broker.consumed(stream, sum(len(frame.content) for frame in told if isinstance(frame, Data)))
        host.receive(everything(broker))
    assert pongs > REPLIES_MAX
