"""The server as a whole: where it listens, how many it serves, and how it leaves."""

from __future__ import annotations

import json
import signal
import socket
import time
from contextlib import AsyncExitStack, ExitStack

import pytest
import trio
import trio.testing

from agentgather.serving import connection
from agentgather.serving import server as server_module
from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import SEND_BUFFER_BYTES, AddressUnusable, PortBusy, Server, bind, port_of
from tests.serving.apps import Everything
from tests.serving.process import PATIENCE_SECONDS, Caller, ServerProcess, serving


def until_nobody_is_let_in(server: ServerProcess) -> None:
    """Return once the server listens no more."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            server.call().leave()
            time.sleep(0.01)  # a full backlog would be silent for a second
        except ConnectionRefusedError:
            return
    raise AssertionError("it still listens")


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=f"127.0.0.1 port {port} is in use") as busy:
            bind("127.0.0.1", port, backlog=8)
        assert (busy.value.host, busy.value.port) == ("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(AddressUnusable, match=f"cannot listen at {host} port 0"):
        bind(host, 0, backlog=8)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_any_free_port_will_do(host: str) -> None:
    listeners = bind(host, 0, backlog=8)
    assert port_of(listeners) > 0
    for listener in listeners:
        await listener.aclose()


async def test_the_kernel_takes_little_of_an_answer_before_its_reader_does() -> None:
    (listener,) = bind("127.0.0.1", 0, backlog=8)
    async with (
        listener,
        await trio.open_tcp_stream(*listener.socket.getsockname()),
        await listener.accept() as accepted,
    ):
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER_BYTES  # Linux doubles it


def test_a_drain_ends_idle_connections_and_takes_no_new_ones() -> None:
    with serving(grace_seconds=5) as server, server.call() as idle, server.call() as fresh, server.call() as busy:
        idle.get("/")
        idle.answer()
        busy.get("/stream")
        busy.read(b"data: 1\n\n")
        server.ask("/")
        server.ask_to_stop()
        assert idle.read_to_end() == b""
        assert fresh.read_to_end() == b""
        with pytest.raises(ConnectionRefusedError):
            Caller(server.port)


def test_who_has_just_connected_is_still_answered_in_a_drain() -> None:
    with serving(grace_seconds=5) as server, server.call() as fresh, server.call() as silent:
        server.ask("/")
        server.ask_to_stop()
        until_nobody_is_let_in(server)
        fresh.get("/")
        answer = fresh.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert fresh.read_to_end() == b""
        assert silent.read_to_end() == b""
        assert server.end() == 0
        assert float(server.printed[-1].split()[1]) < 1.5


def test_whom_the_kernel_let_in_before_a_drain_is_answered_and_not_reset() -> None:
    with serving(grace_seconds=5) as server, ExitStack() as stack:
        server.process.send_signal(signal.SIGSTOP)
        knocking = [stack.enter_context(server.call()) for _ in range(60)]
        for caller in knocking:
            caller.get("/")
        server.ask_to_stop()
        server.process.send_signal(signal.SIGCONT)
        assert [caller.answer().status for caller in knocking] == [200] * 60
        assert [caller.read_to_end() for caller in knocking] == [b""] * 60, "each is told to come again elsewhere"
        assert server.end() == 0


def test_who_was_only_just_answered_may_ask_once_more_in_a_drain() -> None:
    with serving(grace_seconds=5) as server, server.call() as quick, server.call() as quiet:
        quiet.get("/")
        quiet.answer()
        quick.get("/")
        quick.answer()
        server.ask_to_stop()
        until_nobody_is_let_in(server)
        quick.get("/")
        answer = quick.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert quick.read_to_end() == b""
        assert quiet.read_to_end() == b""
        assert server.end() == 0
        assert float(server.printed[-1].split()[1]) < 1.5


def test_a_request_that_is_answered_during_a_drain_is_the_last() -> None:
    with serving(grace_seconds=5) as server, server.call() as first, server.call() as second, server.call() as waiting:
        first.get("/echo", "Content-Length: 2", "Expect: 100-continue", method="POST")
        first.read(b"\r\n\r\n")
        second.get("/echo", "Content-Length: 2", "Expect: 100-continue", method="POST")
        second.read(b"\r\n\r\n")
        waiting.send(b"GET / HT")
        server.ask("/")
        server.ask_to_stop()
        assert waiting.answer().code == "shutting_down"
        waiting.leave()
        for caller in (first, second):
            caller.send(b"ok")
            answer = caller.answer()
            assert (answer.body, answer.headers["connection"]) == (b"ok", "close")
            assert caller.read_to_end() == b""
        assert server.end() == 0
        assert float(server.printed[-1].split()[1]) < 1


def test_a_drain_ends_at_its_deadline_whatever_clients_and_handlers_do() -> None:
    with (
        serving(grace_seconds=0.5) as server,
        server.call(receive_buffer_bytes=4_096) as stalled,
        server.call() as held,
        server.call() as uploading,
    ):
        stalled.get("/endless")
        stalled.read(b"\r\n\r\n")
        held.get("/held")
        uploading.get("/echo", "Content-Length: 10", method="POST")
        server.ask("/")
        server.ask_to_stop()
        assert server.end() == 0
        assert 0.4 < float(server.printed[-1].split()[1]) < 1.5


def test_a_connection_too_many_is_told_so_and_others_go_on() -> None:
    with serving(limits={"connections_max": 2}) as server, server.call() as first, server.call() as second:
        for caller in (first, second):
            caller.get("/echo", "Content-Length: 1", method="POST")
        until_taken(server)
        with server.call() as third:
            answer = third.answer()
            assert (answer.status, answer.code) == (503, "too_busy")
            assert answer.headers["retry-after"] == str(answer.json["retry_after"])
            assert third.read_to_end() == b""
        first.send(b"x")
        assert first.answer().body == b"x"
        second.leave()
        first.get("/")  # after this the server knows that the second left
        first.answer()
        while True:
            with server.call() as fourth:
                fourth.get("/")
                if fourth.answer().status == 200:
                    break


def until_taken(server: ServerProcess) -> None:
    """Return once no place is left: heads that were sent are heard by then."""
    while server.ask("/").status != 503:
        pass


def test_a_crowd_at_the_door_is_not_held_up() -> None:
    with serving(limits={"connections_max": 1}) as server, server.call() as guest:
        guest.get("/echo", "Content-Length: 1", method="POST")
        until_taken(server)
        crowd = [server.call() for _ in range(100)]
        statuses = [caller.answer().status for caller in crowd]
        assert set(statuses) <= {503, None}
        assert statuses.count(503) >= 60
        assert None in statuses
        guest.send(b"x")
        assert guest.answer().body == b"x"
        for caller in crowd:
            caller.leave()


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HTTP/1.1\r\nHost:", b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nx"],
    ids=["nothing", "half a head", "a body that drips"],
)
def test_who_takes_up_a_place_and_asks_nothing_keeps_nobody_out(said: bytes) -> None:
    with serving(limits={"connections_max": 2, "header_seconds": 60}) as server, server.call() as held:
        held.get("/held")
        with server.call() as silent:
            silent.send(said)
            while server.ask("/").status != 200:
                pass
            assert silent.read_to_end() == b""
        while server.ask("/open").status != 200:
            pass
        assert held.answer().status == 200, "who is being answered makes way for nobody"


async def test_who_was_answered_and_does_not_leave_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection closes behind an answer whose request's body nobody read: once its client has noticed, or time is up."""
    monkeypatch.setattr(connection, "GOODBYE_SECONDS", 1_000)
    monkeypatch.setattr(server_module, "MAKE_WAY_SECONDS", 0)
    asked = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    listeners = bind("127.0.0.1", 0, backlog=8)
    async with AsyncExitStack() as crowd, trio.open_nursery() as nursery:
        await nursery.start(Server(Everything(), limits=ServingLimits(connections_max=1)).keep, listeners)
        with trio.fail_after(PATIENCE_SECONDS):
            for _ in range(3):
                one = await crowd.enter_async_context(await trio.open_tcp_stream("127.0.0.1", port_of(listeners)))
                await one.send_all(asked % 60_000)
                assert (await one.receive_some()).startswith(b"HTTP/1.1 200 ")
                await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()


def test_a_server_without_open_files_waits_for_some() -> None:
    with serving(open_files=200, limits={"connections_max": 5_000}) as server:
        assert "open files limit connections to 72" in server.logged()
        crowd = [server.call() for _ in range(250)]
        for caller in crowd:
            caller.leave()
        assert server.is_well()


def test_every_answer_is_told_without_its_query() -> None:
    with serving(says_answers=True) as server:
        server.ask("/echo?token=secret", method="POST", body=b"12345")
        server.ask("/caf%c3%a9%0a?x")
        server.ask("/bug")
        server.ask("*")
        server.ask_to_stop()
        assert server.end() == 0
        told = [json.loads(line.removeprefix("answered ")) for line in server.printed if line.startswith("answered")]
        assert [(method, path, status, sent) for method, path, status, _, sent in told] == [
            ("POST", "/echo", 200, 5),
            ("GET", "/caf%c3%a9%0a", 200, 12),
            ("GET", "/bug", 500, 0),
            ("-", "-", 400, 0),
        ]
        assert all(0 <= took_ms < 5_000 for *_, took_ms, _ in told)
