"""No client, whatever it sends, ends the server or keeps another from its answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.serving.sockets import Served, read_to_end, serve, status_of
from tests.vectors.http_probes import Probe, probes, request

POST = "POST / HTTP/1.1"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve(header_seconds=0.5, body_seconds=0.5, idle_seconds=0.6, send_seconds=0.7) as one:
        yield one


@pytest.mark.parametrize("probe", list(probes()), ids=lambda probe: probe.name.replace(" ", "-"))
def test_a_probe_is_refused_in_words_and_harms_nobody(served: Served, probe: Probe) -> None:
    if probe.is_left:
        with served.dial() as one:
            for piece in probe.pieces:
                one.sendall(piece)
    else:
        said = served.ask(*probe.pieces)
        assert said, probe.name
        assert status_of(said) in probe.statuses, said[:300]
        if status_of(said) >= 400:
            head, _, body = said.partition(b"\r\n\r\n")
            assert b"connection: close" in head.lower()
            assert b"x-safe: yes" in head.lower()
            answer = json.loads(body)
            assert answer["ok"] is False
            assert len(answer["message"]) > 20
    served.assert_well()


@pytest.mark.parametrize("head", [b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_headers_that_do_not_end_are_cut_off_in_time(served: Served, head: bytes) -> None:
    started = time.monotonic()
    said = served.ask(head)
    assert time.monotonic() - started < 3
    assert status_of(said) == 408


def test_a_client_that_dribbles_headers_is_cut_off_all_the_same(served: Served) -> None:
    started = time.monotonic()
    with served.dial() as one:
        one.sendall(b"GET / HTTP/1.1\r\n")
        try:
            while time.monotonic() - started < 5:
                one.sendall(b"X: y\r\n")
                time.sleep(0.05)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert time.monotonic() - started < 3


def test_a_body_that_does_not_come_is_not_waited_for(served: Served) -> None:
    said = served.ask(request(POST, b"Content-Length: 10", body=b"abc"))
    assert status_of(said) == 408


def test_a_silent_connection_is_closed_when_it_has_been_idle(served: Served) -> None:
    with served.dial() as one:
        one.sendall(request("GET / HTTP/1.1"))
        started = time.monotonic()
        said = read_to_end(one)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert 0.4 < time.monotonic() - started < 3
    with served.dial() as one:
        assert read_to_end(one) == b""


def test_a_reader_that_takes_nothing_is_dropped(served: Served) -> None:
    with served.dial() as one:
        one.sendall(request("GET /big HTTP/1.1"))
        time.sleep(1.5)
        assert len(read_to_end(one)) < 2**22
    served.assert_well()


@pytest.mark.parametrize("behind", [b"", request("GET /count HTTP/1.1")], ids=["alone", "with a request behind it"])
@pytest.mark.parametrize("is_reset", [False, True], ids=["FIN", "RST"])
def test_a_client_that_leaves_ends_its_held_request_at_once(served: Served, behind: bytes, is_reset: bool) -> None:
    import socket
    import struct

    with served.dial() as one:
        one.sendall(request("GET /held HTTP/1.1") + behind)
        until(served, held=1)
        if is_reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(served, held=0)


def test_a_request_whose_client_has_already_left_is_not_held(served: Served) -> None:
    for _ in range(20):
        with served.dial() as one:
            one.sendall(request("GET /held HTTP/1.1"))
    until(served, held=0)


def until(served: Served, *, held: int) -> None:
    deadline = time.monotonic() + 5
    while not served.get("/count").endswith(b"\r\n\r\n%d" % held):
        assert time.monotonic() < deadline


def test_a_bug_in_the_app_is_a_500_and_the_next_request_goes_on(served: Served) -> None:
    said = served.get("/broken")
    assert status_of(said) == 500
    assert b"secret" not in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"] == "internal_error"
    assert b"xxxx" not in served.get("/late")
    served.assert_well()


def test_a_hundred_thousand_tiny_chunks_cost_little(served: Served) -> None:
    body = b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n"
    started = time.monotonic()
    said = served.ask(request(POST, b"Transfer-Encoding: chunked", b"Connection: close", body=body))
    assert status_of(said) in (200, 408)
    assert time.monotonic() - started < 10
    served.assert_well()


def test_a_body_beyond_the_limit_is_refused_unread() -> None:
    with serve(body_bytes_max=1_000) as served:
        assert status_of(served.ask(request(POST, b"Content-Length: 1001"))) == 413
        chunk = b"3e8\r\n" + b"x" * 1_000 + b"\r\n"
        assert status_of(served.ask(request(POST, b"Transfer-Encoding: chunked", body=chunk * 2))) == 413


def test_beyond_the_last_connection_one_is_told_to_come_back() -> None:
    with serve(connections_max=3) as served:
        crowd = [served.dial() for _ in range(3)]
        for one in crowd:
            one.__enter__().sendall(request("GET /held HTTP/1.1"))
        deadline = time.monotonic() + 5
        while not (said := served.ask()).startswith(b"HTTP/1.1 503 "):
            assert time.monotonic() < deadline
        assert b"retry-after: 1" in said.lower()
        assert json.loads(said.partition(b"\r\n\r\n")[2])["error"] == "too_busy"
        for one in crowd:
            one.__exit__(None, None, None)
        while not served.get("/count").startswith(b"HTTP/1.1 200 "):
            assert time.monotonic() < deadline
