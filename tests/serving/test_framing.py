"""What an answer looks like on the wire, and which answers nobody could read."""

from __future__ import annotations

from typing import Any

import h11
import pytest

from agentgather.serving.framing import Framing

LENGTH_5 = (b"content-length", b"5")


def framing(*headers: tuple[bytes, bytes], status: int = 200, **about: Any) -> Framing:
    return Framing(status, headers, **({"is_head": False, "is_http_1_0": False, "is_last": False} | about))


def as_read(written: bytes, *, method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
    """What h11 reads as a client, its end included."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method=method, target="/", headers=[("host", "h")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(written)
    reader.receive_data(b"")
    head, body = reader.next_event(), b""
    assert isinstance(head, h11.Response)
    while isinstance(event := reader.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    return head.status_code, dict(head.headers), body


def test_a_body_of_a_known_length() -> None:
    answer = framing((b"x-name", b"a value"), LENGTH_5)
    written = answer.head + answer.piece(b"he") + answer.piece(b"") + answer.piece(b"llo") + answer.end()
    assert written == b"HTTP/1.1 200 \r\nx-name: a value\r\ncontent-length: 5\r\n\r\nhello"
    assert as_read(written) == (200, {b"x-name": b"a value", b"content-length": b"5"}, b"hello")
    assert not answer.is_last


def test_a_body_of_no_known_length_is_chunked() -> None:
    answer = framing((b"Transfer-Encoding", b"gzip"))
    written = answer.head + answer.piece(b"hello ") + answer.piece(b"") + answer.piece(b"x" * 20) + answer.end()
    assert as_read(written) == (200, {b"transfer-encoding": b"chunked"}, b"hello " + b"x" * 20)
    assert not answer.is_last


def test_a_client_of_http_1_0_reads_to_the_end_of_the_connection() -> None:
    answer = framing(is_http_1_0=True)
    written = answer.head + answer.piece(b"hello") + answer.end()
    assert as_read(written) == (200, {b"connection": b"close"}, b"hello")
    assert answer.is_last
    assert not framing(LENGTH_5, is_http_1_0=True).is_last


@pytest.mark.parametrize("about", [{"status": 204}, {"status": 304}, {"is_head": True}])
def test_some_answers_have_no_body(about: dict[str, Any]) -> None:
    answer = framing(LENGTH_5, **about)
    assert answer.piece(b"hello") + answer.end() == b""
    method = "HEAD" if "is_head" in about else "GET"
    assert as_read(answer.head, method=method)[1:] == ({b"content-length": b"5"}, b"")
    assert b"chunked" not in framing(**about).head


@pytest.mark.parametrize("said", [b"close", b"Close", b"x-hop, close"])
def test_an_app_may_say_that_its_answer_is_the_last(said: bytes) -> None:
    answer = framing((b"Connection", said), LENGTH_5)
    assert answer.is_last
    assert answer.head.count(b"onnection") == 1
    assert b"\r\nconnection: close\r\n" in answer.head


def test_what_an_app_says_of_keeping_a_connection_is_not_passed_on() -> None:
    assert b"connection" not in framing((b"connection", b"keep-alive"), LENGTH_5).head


@pytest.mark.parametrize("size", [4, 6])
def test_a_body_is_as_long_as_its_head_says(size: int) -> None:
    answer = framing(LENGTH_5)
    with pytest.raises(ValueError, match="the body is"):
        _ = answer.piece(b"x" * size) + answer.end()


@pytest.mark.parametrize(
    "header",
    [
        (b"x", b"one\r\ntwo: three"),
        (b"x", b"one\ntwo"),
        (b"x", b"one\rtwo"),
        (b"x", b"nul\0"),
        (b"x", b"\x7f"),
        (b"x: y\r\nz", b""),
        (b"x y", b""),
        (b"", b""),
        (b"x:", b""),
        (b"x\n", b""),
        (b"x\r\n\r\n<script>", b""),
        (b"content-length", b"-5"),
        (b"content-length", b"5, 6"),
        (b"content-length", b"5" * 16),
        (b"content-length", b""),
        (b"content-length", "\u0665".encode()),
    ],
)
def test_a_header_that_would_be_read_as_something_else_is_refused(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="the answer"):
        framing((b"before", b"1"), header, (b"behind", b"2"))


def test_two_lengths_are_one_when_they_are_equal() -> None:
    assert framing(LENGTH_5, LENGTH_5).head.count(b"content-length") == 1
    with pytest.raises(ValueError, match="several"):
        framing(LENGTH_5, (b"Content-Length", b"6"))


@pytest.mark.parametrize("status", [0, 100, 199, 1000])
def test_an_answer_has_a_status_of_an_answer(status: int) -> None:
    with pytest.raises(ValueError, match="status"):
        framing(status=status)


def test_values_may_hold_tabs_and_bytes_beyond_ascii() -> None:
    assert as_read(framing((b"x", "\u00e9\tb".encode()), LENGTH_5).head + b"hello")[1][b"x"] == "\u00e9\tb".encode()
