"""A head read in one look says what h11 reads in it: whatever anybody writes, there are never two understandings."""

from __future__ import annotations

from time import thread_time

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentgather.serving.plain_head import END_OF_HEAD, PlainHead, plain_head
from tests.vectors.http_probes import probes
from tests.vectors.smuggling_probes import smuggling_probes

PLAIN = (
    b"POST /messages?since_id=7&x=%20 HTTP/1.1\r\nHost: 127.0.0.1:8787\r\nAuthorization: Bearer agt_x\r\n"
    b"Connection: keep-alive\r\nAccept: */*\r\nX-Empty:\r\nX-Tab: \ta\tb \t\r\nX-Caf\xc3\xa9: no\r\nContent-Length: 12\r\n\r\n"
).replace(b"X-Caf\xc3\xa9: no", b"X-Cafe: caf\xc3\xa9")
# What heads are made of, and what has been used to make two servers disagree on one.
PARTS = [
    *(b"GET ", b"POST ", b"HEAD ", b"PUT ", b"get ", b"/", b"/x?y=z", b"*", b"http://h/", b"//", b" ", b"\t", b"abc"),
    *(b" HTTP/1.1", b" HTTP/1.0", b" HTTP/1.1 ", b" HTTP/2.0", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\n ", b"\r\n\t"),
    *(
        b"\0",
        b"\x01",
        b"\x0b",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"Host: h\r\n",
        b"Host:h\r\n",
        b"Host : h\r\n",
        b"hOST: h\r\n",
    ),
    *(
        b": v\r\n",
        b"X-Name: value\r\n",
        b"X_Name:\r\n",
        b"X\0: y\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 4\r\n",
    ),
    *(b"content-length: 3\r\n", b"Content-Length: 3, 3\r\n", b"Content-Length: +3\r\n", b"Content-Length: 03\r\n"),
    *(b"Content-Length:\r\n", b"Content-Length: 1_0\r\n", b"Content-Length: 0x3\r\n", b"Content-Length: \xd9\xa3\r\n"),
    *(b"Content-Length: 9999999999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding : chunked\r\n"),
    *(
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Connection: close\r\n",
        b"Connection: keep-alive\r\n",
        b"Upgrade: h2c\r\n",
    ),
    *(b"Connection: keep-alive, close\r\n", b"Connection: Content-Length\r\n", b"Expect: 100-continue\r\n"),
    b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
]


def read_by_h11(written: bytes) -> tuple[h11.Request, int, h11.Connection]:
    """What h11 makes of a whole head, the length of the body it waits for, and itself."""
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=100_000)
    parser.receive_data(written)
    request = parser.next_event()
    assert isinstance(request, h11.Request)
    lengths = [int(value) for name, value in request.headers if name == b"content-length"]
    return request, lengths[0] if lengths else 0, parser


def check(written: bytes) -> PlainHead | None:
    """The one look at `written`, held beside h11."""
    head = plain_head(written)
    if head is not None:
        request, body_bytes, parser = read_by_h11(written)
        assert (head.method, head.target, head.http_version) == (request.method, request.target, request.http_version)
        assert head.headers == list(request.headers)
        assert head.body_bytes == body_bytes
        assert parser.trailing_data[0] == b""
        if body_bytes > 10_000:  # nobody waits for it here
            return head
        parser.receive_data(b"x" * body_bytes + b"GET /the-next HTTP/1.1\r\nHost: h\r\n\r\n")
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            assert isinstance(event, h11.Data)
        assert parser.their_state is h11.DONE
        assert not parser.they_are_waiting_for_100_continue
        assert parser.trailing_data[0].startswith(b"GET /the-next")
    return head


def test_what_nearly_every_client_writes_is_read() -> None:
    head = check(PLAIN)
    assert head is not None
    assert (head.method, head.target, head.body_bytes) == (b"POST", b"/messages?since_id=7&x=%20", 12)
    assert head.headers[0] == (b"host", b"127.0.0.1:8787")
    assert (b"x-tab", b"a\tb") in head.headers
    for name, value in (
        (b"Host", b"h"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"close"),
        (b"Content-Length", b"12"),
    ):
        assert check(PLAIN[:-2] + name + b": " + value + b"\r\n\r\n") is None


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=3), max_size=12))
@example(
    [b"GET ", b"/", b" HTTP/1.1", b"\r\n", b"Host: h\r\n", b"Content-Length: 3\r\n", b"Content-Length: 3\r\n", b"\r\n"]
)
def test_whatever_is_put_together_is_understood_in_one_way(parts: list[bytes]) -> None:
    check(b"".join(parts))
    check(b"GET / HTTP/1.1\r\n" + b"".join(parts) + b"\r\n")


@settings(max_examples=500)
@given(st.integers(0, len(PLAIN) - 1), st.sampled_from(PARTS) | st.binary(max_size=2), st.integers(0, 12))
def test_whatever_is_changed_in_a_plain_head_is_understood_in_one_way(at: int, put: bytes, over: int) -> None:
    check(PLAIN[:at] + put + PLAIN[at + over :])


def test_every_byte_at_every_place_is_understood_in_one_way() -> None:
    written = b"GET /a HTTP/1.1\r\nHost: h\r\nX: b\r\n\r\n"
    assert check(written) is not None
    for at in range(len(written)):
        for byte in range(256):
            check(written[:at] + bytes((byte,)) + written[at:])
            check(written[:at] + bytes((byte,)) + written[at + 1 :])


def test_no_probe_is_understood_in_two_ways() -> None:
    written = [b"".join(step for step in probe.steps if isinstance(step, bytes)) for probe in probes()]
    written += [smuggling.content for smuggling in smuggling_probes()]
    heads = [part + END_OF_HEAD for content in written for part in content[:100_000].split(END_OF_HEAD, 3)[:3]]
    assert len(heads) > 100
    for head in heads:
        check(head)


@pytest.mark.parametrize(
    "lines",
    [
        b"X: " + b" " * 40_000 + b"\x01\r\n",
        b"X: " + b"\t " * 20_000 + b"\0\r\n",
        b"x" * 40_000 + b" :\r\n",
        b"X:\r\n" * 10_000 + b"\n",
    ],
)
def test_looking_takes_as_long_as_there_are_bytes_whoever_wrote_them(lines: bytes) -> None:
    """A reader that tries again from every byte would take each of these many seconds."""
    began = thread_time()
    assert plain_head(b"GET / HTTP/1.1\r\n" + lines + b"\r\n") is None
    assert thread_time() - began < 2
