"""One client after another: what a connection outlives, what ends it, and how soon."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from agentgather.serving.connection import Connection
from tests.serving import apps
from tests.serving.process import PATIENCE_SECONDS, ServerProcess, serving, serving_here

LIMITS = {"header_seconds": 0.3, "body_seconds": 0.4, "idle_seconds": 0.5}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serving(limits=LIMITS) as running:
        yield running
        assert "Traceback" not in running.logged()


def test_a_connection_is_kept_for_the_next_request(server: ServerProcess) -> None:
    with server.call() as caller:
        for number in range(300):
            caller.get(f"/scope?{number}")
            assert caller.answer().json == ["GET", "/scope", "/scope", str(number)]


def test_pipelined_requests_are_answered_in_order(server: ServerProcess) -> None:
    with server.call() as caller:
        for number in range(500):
            caller.get(f"/scope?{number}")
        assert [caller.answer().json[3] for _ in range(500)] == [str(number) for number in range(500)]


def test_pipelined_bodies_stay_with_their_requests(server: ServerProcess) -> None:
    with server.call() as caller:
        requests = b""
        for number in range(50):
            body = b"%d" % number * (number + 1)
            requests += b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        caller.send(requests)
        assert [caller.answer().body for _ in range(50)] == [b"%d" % number * (number + 1) for number in range(50)]


async def test_a_client_with_a_long_pipeline_keeps_nobody_waiting() -> None:
    answered = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal answered
        answered += 1
        await apps.answer(send, apps.OK)

    async with serving_here(app) as port:
        greedy, other = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
        await greedy.send_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 1_500)
        await greedy.receive_some(1)
        await other.send_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await other.receive_some(1)
        assert answered < 1_000
        for stream in (greedy, other):
            await stream.aclose()


def test_an_idle_connection_ends_in_its_time(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/")
        assert caller.answer().status == 200
        assert caller.read_to_end() == b""


def test_a_head_that_trickles_in_meets_the_deadline(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.send(b"GET / HTTP/1.1\r\n")
        caller.socket.settimeout(0.05)
        for _ in range(100):  # a byte now and then does not move the deadline
            try:
                answer = caller.answer()
                break
            except TimeoutError:
                caller.send(b"a")
        caller.socket.settimeout(PATIENCE_SECONDS)
        assert (answer.status, answer.code) == (408, "request_timeout")
        assert caller.read_to_end() == b""


def test_a_second_head_has_its_own_deadline() -> None:
    with serving(limits={"header_seconds": 0.3, "idle_seconds": 60}) as server, server.call() as caller:
        caller.get("/")
        caller.answer()
        caller.send(b"GET / HT")
        assert caller.answer().status == 408


@pytest.mark.parametrize("head", ["Content-Length: 10", "Transfer-Encoding: chunked"])
def test_a_body_that_stops_meets_the_deadline(head: str, server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/echo", head, method="POST")
        caller.send(b"5\r\nab")
        answer = caller.answer()
        assert (answer.status, answer.code) == (408, "request_timeout")
        assert caller.read_to_end() == b""


def test_a_body_that_is_too_slow_is_not_held_against_an_app_that_ignores_it(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/", "Content-Length: 10", method="POST")
        answer = caller.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        caller.send(b"0123456789")
        assert caller.read_to_end() == b""


def test_a_body_that_came_along_is_skipped_when_the_app_ignores_it(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789")
        assert caller.answer().status == 200
        caller.get("/scope?next")
        assert caller.answer().json[3] == "next"


@pytest.mark.parametrize("how", ["leave", "stop_sending", "reset"])
@pytest.mark.parametrize("behind", [b"", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"half a reques"])
def test_a_client_who_leaves_frees_its_handler_at_once(how: str, behind: bytes, server: ServerProcess) -> None:
    left_before = int(server.ask("/departures?0").body)
    with server.call() as caller:
        caller.get("/held")
        caller.send(behind)
        server.ask("/")  # the server reads this later than what came before
        getattr(caller, how)()
        assert server.ask(f"/departures?{left_before + 1}").body == b"%d" % (left_before + 1)


def test_a_client_who_left_with_its_request_is_not_served(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.get("/held")
        caller.stop_sending()
        assert caller.read_to_end() == b""


def test_http_1_0_is_answered_once(server: ServerProcess) -> None:
    with server.call() as caller:
        caller.send(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n")
        assert caller.answer().status == 200
        assert caller.read_to_end() == b""


def test_who_asks_for_another_protocol_stays_with_this_one_for_as_long_as_it_said(server: ServerProcess) -> None:
    with server.call() as caller:
        for last in ("", ", close"):
            caller.get("/", "Upgrade: h2c", f"Connection: upgrade{last}")
            assert caller.answer().headers.get("connection") == ("close" if last else None)
        assert caller.read_to_end() == b""


@pytest.mark.parametrize(("target", "length", "status"), [("/echo", 5_000_000, 413), ("/", 1_000_000, 200)])
def test_a_client_that_is_answered_early_may_finish_and_is_not_reset(target: str, length: int, status: int) -> None:
    with serving() as server, server.call() as caller:
        caller.get(target, f"Content-Length: {length}", method="POST")
        answer = caller.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        caller.send(b"x" * length)
        assert not caller.ends_in_a_reset()


def test_a_bug_of_the_app_is_an_answer_and_nobody_elses_trouble() -> None:
    with serving() as server, server.call() as other:
        other.get("/held")
        for kind in ("plain", "group", "exit", "leak", "too-short", "too-long", "bad-header", "silent", "half-said"):
            answer = server.ask(f"/bug?{kind}")
            assert (answer.status, answer.code) == (500, "internal_error")
            assert answer.json["error_id"] in server.logged()
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "bug" not in answer.json["message"]
        assert server.is_well()
        server.ask("/open")
        assert other.answer().status == 200


@pytest.mark.parametrize("kind", ["late", "two-voices"])
def test_a_bug_in_the_middle_of_an_answer_resets_the_connection(kind: str) -> None:
    with serving() as server, server.call() as caller:
        caller.get(f"/bug?{kind}", "Connection: close")
        assert caller.ends_in_a_reset()
        assert ("another task is writing" in server.logged()) is (kind == "two-voices")
        assert server.is_well()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhal",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
        b"GET /held HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 40_000,
    ],
    ids=["nothing", "a half", "a get", "a half body", "a broken body", "a wait", "no http", "too much"],
)
async def test_a_connection_that_is_over_leaves_nothing_for_the_collector(said: bytes) -> None:
    """One that lived long is of the eldest of what the collector looks through: it would be kept for hours."""
    async with serving_here(apps.Everything()) as port:
        await wait_all_tasks_blocked()
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                    await stream.send_all(said)
                    await wait_all_tasks_blocked(0.01)
            await wait_all_tasks_blocked(0.05)
            assert not [one for one in gc.get_objects() if isinstance(one, Connection)]
        finally:
            gc.enable()
