"""What a decent client may expect of the server."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from agentgather.serving.server import AddressUnusable, PortBusy, bind, port_of
from tests.serving.sockets import Served, read_to_end, serve, status_of
from tests.vectors.http_probes import request


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve() as one:
        yield one


def test_requests_follow_one_another_on_one_connection(served: Served) -> None:
    with served.dial() as one:
        for number in range(20):
            body = b"n%d" % number
            one.sendall(request("POST / HTTP/1.1", b"Content-Length: %d" % len(body), body=body))
            said = one.recv(4_096)
            assert said.endswith(b"\r\n\r\n" + body)


def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    bodies = [b"n%d" % number for number in range(30)]
    sent = b"".join(request("POST / HTTP/1.1", b"Content-Length: %d" % len(body), body=body) for body in bodies)
    said = served.ask(sent + request("GET / HTTP/1.1", b"Connection: close"))
    assert [part.rpartition(b"\r\n\r\n")[2] for part in said.split(b"HTTP/1.1 200 ")[1:]] == [*bodies, b"ok"]


def test_a_chunked_body_arrives_whole(served: Served) -> None:
    pieces = [b"5;name=value\r\nhello\r\n", b"6\r\n world\r\n", b"0\r\nTrailer: x\r\n\r\n"]
    head = request("POST / HTTP/1.1", b"Transfer-Encoding: chunked", b"Connection: close")
    assert served.ask(head, *pieces).endswith(b"\r\n\r\nhello world")


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(served: Served) -> None:
    with served.dial() as one:
        one.sendall(request("POST / HTTP/1.1", b"Content-Length: 2", b"Expect: 100-continue", b"Connection: close"))
        assert one.recv(4_096).startswith(b"HTTP/1.1 100 ")
        one.sendall(b"hi")
        assert read_to_end(one).endswith(b"\r\n\r\nhi")


def test_head_has_the_headers_and_no_body(served: Served) -> None:
    said = served.ask(request("HEAD / HTTP/1.1", b"Connection: close"))
    assert b"content-length: 2" in said
    assert said.endswith(b"\r\n\r\n")


def test_an_old_client_that_names_its_host_is_served_and_closed(served: Served) -> None:
    said = served.ask(request("GET / HTTP/1.0"))
    assert (status_of(said), said.endswith(b"ok")) == (200, True)


def test_an_upgrade_to_http_2_is_passed_over(served: Served) -> None:
    headers = (
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABkAAQAAP__",
        b"Connection: close",
    )
    assert status_of(served.ask(request("GET / HTTP/1.1", *headers))) == 200


def test_draining_answers_what_runs_closes_what_idles_and_cuts_what_stalls() -> None:
    with serve() as served, served.dial() as idle, served.dial() as held, served.dial() as stalled:
        idle.sendall(request("GET / HTTP/1.1"))
        assert idle.recv(4_096).endswith(b"ok")
        held.sendall(request("GET /held HTTP/1.1"))
        stalled.sendall(request("GET /big HTTP/1.1"))
        assert stalled.recv(1)
        started = time.monotonic()
        assert served.process.stdin is not None
        served.process.stdin.write("q")
        served.process.stdin.flush()
        assert read_to_end(idle) == b""
        assert time.monotonic() - started < 0.9
        assert served.process.wait(5) == 0
        assert 0.9 < time.monotonic() - started < 3


async def test_a_busy_port_is_named_and_nothing_is_bound() -> None:
    (first,) = bind("127.0.0.1", 0, backlog=1)
    port = port_of([first])
    with pytest.raises(PortBusy) as busy:
        bind("127.0.0.1", port, backlog=1)
    assert (busy.value.host, busy.value.port) == ("127.0.0.1", port)
    with pytest.raises(AddressUnusable):
        bind("192.0.2.1", 0, backlog=1)
    first.socket.close()
