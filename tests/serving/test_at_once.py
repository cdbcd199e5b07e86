"""What is answered at once, in the task that read it: the same answers, the same bounds, and whoever does not fit waits."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
import trio

from agentgather.serving.answer import Whole
from agentgather.serving.connection import LAST_REQUEST_SECONDS
from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of
from tests.serving.process import ServerProcess, serving


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serving() as running:
        yield running


def test_at_once_or_not_the_answer_is_the_same() -> None:
    """To the byte, but for the moment it was given."""
    answers = []
    for at_once in (True, False):
        with serving(at_once=at_once) as server:
            for method in ("GET", "HEAD"):
                with server.call() as caller:
                    caller.get("/scope?x=%20y", method=method)
                    caller.get("/nothing-like-it", method="DELETE")
                    heads = [caller.read(b"\r\n\r\n"), caller.read(b"HTTP/1.1")]
                    answers.append([line for line in b"".join(heads).split(b"\r\n") if not line.startswith(b"date: ")])
    assert answers[:2] == answers[2:]


def test_a_pipeline_of_both_kinds_is_answered_in_order(server: ServerProcess) -> None:
    asked = b""
    for number in range(100):
        asked += b"GET /scope?%d HTTP/1.1\r\nHost: h\r\n\r\n" % number
        asked += b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n%4d" % number
    with server.call() as caller:
        for end in (1, 30, 31, 200, 5_000, len(asked)):
            caller.send(asked[:end])
            asked = asked[end:]
        for number in range(100):
            assert caller.answer().json[3] == str(number)
            assert caller.answer().body == b"%4d" % number


def test_what_a_slow_reader_does_not_take_follows(server: ServerProcess) -> None:
    with server.call(receive_buffer_bytes=65_536) as caller:
        caller.get("/large?3000000")
        caller.get("/scope?behind")  # before any of it was taken
        assert caller.answer().body == b"x" * 3_000_000
        assert caller.answer().json[3] == "behind"
        caller.get("/scope?again")
        assert caller.answer().json[3] == "again"


def test_a_reader_that_takes_nothing_is_dropped() -> None:
    with serving(limits={"send_seconds": 0.3}) as server, server.call(receive_buffer_bytes=4_096) as caller:
        caller.get("/large?20000000")
        assert caller.read_exactly(100).startswith(b"HTTP/1.1 200 ")
        server.ask_to_stop()  # and it is gone before the grace is over
        assert server.end() == 0
        assert caller.ends_in_a_reset()


def test_an_answer_at_once_is_a_sign_of_life() -> None:
    """And the connection is idle from then on."""
    with serving(limits={"idle_seconds": 2}) as server, server.call() as caller, server.call() as clock:
        began = monotonic()
        while monotonic() - began < 2.5:
            caller.get("/scope?1")
            assert caller.answer().status == 200
            clock.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                clock.socket.recv(1)
        assert caller.read_to_end() == b""


def test_a_bug_at_once_is_answered_as_any_other(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/once?bug")
        assert caller.answer().status == 200  # by the app's other entrance, which has no such bug
        caller.get("/once")
        assert caller.answer().status == 200
    assert server.is_well()


def test_an_answer_that_says_it_is_the_last_is(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/once?close")
        assert caller.answer().status == 200


@pytest.mark.parametrize("bad", ["GET /scope HTTP/1.1\r\n\r\n", "GET http://h/scope HTTP/1.1\r\nHost: h\r\n\r\n"])
def test_what_is_wrong_with_a_request_is_still_refused(server: ServerProcess, bad: str) -> None:
    with server.call() as caller:
        caller.get("/scope?1")
        assert caller.answer().status == 200
        caller.send(bad.encode())
        assert caller.answer().code == "bad_request"
        assert caller.read_to_end() == b""


def test_every_answer_is_told_once() -> None:
    with serving(says_answers=True) as server:
        with server.call() as caller:
            for target in ("/once?count", "/measure", "/once?count"):
                caller.get(target)
                caller.answer()
        server.ask_to_stop()
        assert server.end() == 0
        told = [line.split('", "')[1].split('"')[0] for line in server.printed if line.startswith("answered")]
        assert told == ["/once", "/measure", "/once"]


def test_a_drain_answers_who_was_answered_at_once_a_last_time() -> None:
    """Who asks without a pause is told which answer is the last; who pauses may find the connection closed."""
    with serving(grace_seconds=5) as server, server.call() as caller:
        caller.get("/scope?1")
        assert caller.answer().status == 200
        server.ask_to_stop()
        is_last, answered_at = False, monotonic()
        while not is_last:
            try:
                caller.get("/scope?2")
                answer = caller.answer()
            except (BrokenPipeError, ConnectionResetError):
                break
            if answer.status is None:
                break
            assert answer.status == 200
            is_last, answered_at = answer.headers.get("connection") == "close", monotonic()
        assert is_last or monotonic() - answered_at > 0.9 * LAST_REQUEST_SECONDS
        assert server.end() == 0


async def test_what_can_be_answered_at_once_is_asked_in_no_other_way() -> None:
    answered = 0

    def at_once(_: dict[str, Any]) -> Whole:
        nonlocal answered
        answered += 1
        return Whole(200, [(b"content-length", b"2")], b"ok")

    async def never(*_: object) -> None:
        raise AssertionError("it was to be answered at once")

    listeners = bind("127.0.0.1", 0, backlog=8)
    async with trio.open_nursery() as nursery:
        await nursery.start(Server(never, limits=ServingLimits(), at_once=at_once).keep, listeners)
        async with await trio.open_tcp_stream("127.0.0.1", port_of(listeners)) as stream:
            for number in range(1, 4):
                await stream.send_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                assert (await stream.receive_some()).endswith(b"ok")
                assert answered == number
        nursery.cancel_scope.cancel()
