"""One request and its answer: bodies in every form, and answers in every form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import trio

from tests.serving import apps
from tests.serving.process import ServerProcess, serving, serving_here


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serving(limits={"body_bytes_max": 300_000}) as running:
        yield running
        assert "Traceback" not in running.logged()


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.mark.parametrize("size", [1, 100, 70_000, 300_000])
def test_a_body_arrives_whole(size: int, server: ServerProcess) -> None:
    body = bytes(number % 251 for number in range(size))
    assert server.ask("/echo", method="POST", body=body).body == body


def test_a_chunked_body_arrives_whole(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/echo", "Transfer-Encoding: chunked", method="POST")
        body = chunked(b"one ", b"two;" * 20_000, b"three")
        for start in range(0, len(body), 7_000):
            caller.send(body[start : start + 7_000])
        assert caller.answer().body == b"one " + b"two;" * 20_000 + b"three"
        caller.get("/")
        assert caller.answer().status == 200


def test_one_byte_more_than_the_largest_body_is_refused(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/echo", "Transfer-Encoding: chunked", method="POST")
        caller.send(chunked(b"x" * 300_000, b"x"))
        answer = caller.answer()
        assert (answer.status, answer.code) == (413, "body_too_large")
    assert server.ask("/echo", "Content-Length: 300001", method="POST").status == 413


def test_tiny_chunks_cost_little(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/measure", "Transfer-Encoding: chunked", method="POST")
        caller.send(chunked(*[b"x"] * 4_096))
        assert caller.answer().body == b"4096"
    before = cpu_seconds(server)
    with server.call() as caller:
        caller.get("/measure", "Transfer-Encoding: chunked", method="POST")
        try:
            caller.send(chunked(*[b"x"] * 100_000))
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = caller.answer()
        assert (answer.status, answer.code) == (400, "bad_request")
    assert cpu_seconds(server) - before < 1


def cpu_seconds(server: ServerProcess) -> float:
    with open(f"/proc/{server.process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_a_client_that_asks_first_is_told_to_go_on(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/echo", "Content-Length: 5", "Expect: 100-continue", method="POST")
        assert caller.read(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        caller.send(b"hello")
        assert caller.answer().body == b"hello"


def test_a_client_that_asks_first_with_too_much_is_never_told_to_go_on(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/echo", "Content-Length: 500000", "Expect: 100-continue", method="POST")
        assert caller.read(b"\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_an_app_that_does_not_read_never_invites_the_body(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/", "Content-Length: 5", "Expect: 100-continue", method="POST")
        assert caller.read(b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_an_app_may_watch_for_the_end(server: ServerProcess) -> None:
    with server.call() as caller:
        for _ in range(2):
            caller.get("/watched")
            assert caller.answer().status == 200


def test_head_is_answered_without_a_body(server: ServerProcess) -> None:
    with server.call() as caller:
        for _ in range(3):
            caller.get("/", method="HEAD")
            answer = caller.answer(is_head=True)
            assert (answer.status, answer.headers["content-length"]) == (200, "12")
        caller.get("/scope?after", method="GET")
        assert caller.answer().json[3] == "after"


def test_each_piece_of_a_stream_goes_out_at_once() -> None:
    with serving() as server, server.call() as caller:
        caller.get("/stream")
        assert caller.read(b"data: 1\n\n").startswith(b"HTTP/1.1 200 ")
        server.ask("/open")
        assert caller.read(b"0\r\n\r\n").endswith(b"data: 2\n\n\r\n0\r\n\r\n")


def test_an_answer_is_dated_and_says_nothing_about_the_server(server: ServerProcess) -> None:
    for answer in (server.ask("/"), server.ask("*")):
        assert answer.headers["date"].endswith(" GMT")
        assert "server" not in answer.headers


def test_an_answer_comes_in_one_piece(server: ServerProcess) -> None:
    with server.call() as caller:
        for _ in range(20):
            caller.get("/")
            piece = caller.socket.recv(65_536)
            assert piece.startswith(b"HTTP/1.1 200 ")
            assert piece.endswith(b'{"ok":true}\n')


def test_a_large_answer_arrives_whole(server: ServerProcess) -> None:
    assert server.ask("/large?20000000").body == b"x" * 20_000_000


async def test_a_long_answer_in_small_pieces_keeps_nobody_waiting() -> None:
    written = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal written
        if scope["path"] == "/":
            await apps.answer(send, apps.OK)
            return
        await send(apps.head(200, []))
        for _ in range(3_000):
            await send(apps.piece(b"small", more=True))
            written += 1
        await send(apps.piece(b"", more=False))

    async with serving_here(app) as port:
        greedy, other = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
        await greedy.send_all(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
        await greedy.receive_some(1)
        await other.send_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await other.receive_some(1)
        assert written < 2_000
        for stream in (greedy, other):
            await stream.aclose()


async def test_a_body_of_tiny_chunks_keeps_nobody_waiting() -> None:
    order: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        order.append(scope["path"])
        await apps.answer(send, apps.OK)

    async with serving_here(app) as port:
        greedy, other = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
        head = b"POST /greedy HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        await greedy.send_all(head + chunked(*[b"x"] * 4_000))
        await other.send_all(b"GET /other HTTP/1.1\r\nHost: h\r\n\r\n")
        with trio.fail_after(10):
            await greedy.receive_some()
        assert order == ["/other", "/greedy"]
        await greedy.aclose()
        await other.aclose()
