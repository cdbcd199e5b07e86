"""What the host asks of its own room server, and of nobody else. Servers are real ones, or raw sockets of this process."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
import trio.testing

from agentgather.tunnel.origin import CONNECT_SECONDS, KEPT_MAX, Origin, OriginGone
from tests.ports import free_port
from tests.serving.apps import Everything
from tests.serving.process import serving_here

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Talk = Callable[[trio.SocketStream], object]


class RawServer:
    """Does with each connection, in turn, what the next of its talks says; the last again and again. Keeps what came."""

    def __init__(self, *talks: Talk) -> None:
        self._talks = list(talks)
        self.heard: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def keep(self, *, port: int = 0, task_status: trio.TaskStatus[None]) -> None:
        async with trio.open_nursery() as nursery:
            [listener] = await nursery.start(partial(trio.serve_tcp, self._serve, port, host="127.0.0.1"))
            self.port = listener.socket.getsockname()[1]
            task_status.started()

    async def _serve(self, stream: trio.SocketStream) -> None:
        talk = self._talks.pop(0) if len(self._talks) > 1 else self._talks[0]
        async with stream:
            await talk(stream)  # type: ignore[misc]

    async def head(self, stream: trio.SocketStream) -> bytes:
        """The next request, up to the end of its headers."""
        content = b""
        while b"\r\n\r\n" not in content:
            piece = await stream.receive_some()
            if not piece:
                return b""
            content += piece
        self.heard.append(content)
        return content

    async def answer_all(self, stream: trio.SocketStream) -> None:
        while await self.head(stream):
            await stream.send_all(OK)

    async def answer_one(self, stream: trio.SocketStream) -> None:
        await self.head(stream)
        await stream.send_all(OK)

    async def hang_up(self, stream: trio.SocketStream) -> None:
        await self.head(stream)


@asynccontextmanager
async def raw_server(*talks: str) -> AsyncIterator[RawServer]:
    server = RawServer()
    server._talks = [getattr(server, name) for name in talks]
    async with trio.open_nursery() as nursery:
        await nursery.start(server.keep)
        yield server
        nursery.cancel_scope.cancel()


async def asked(origin: Origin, method: str = "GET", target: bytes = b"/", **options: object) -> tuple[int, bytes]:
    headers = options.pop("headers", ())
    async with origin.ask(method, target, headers, **options) as answer:  # type: ignore[arg-type]
        return answer.status, b"".join([piece async for piece in answer.pieces()])


async def test_a_request_and_its_answer_cross_as_they_are() -> None:
    async with serving_here(Everything()) as port, Origin(f"http://127.0.0.1:{port}") as origin:
        assert await asked(origin, "GET", b"/scope?a=%2F&b=//") == (200, b'["GET", "/scope", "/scope", "a=%2F&b=//"]')
        assert await asked(origin, "POST", b"/echo", body=b"said") == (200, b"said")
        assert await asked(origin, "POST", b"/measure", body=b"") == (200, b"0")
        assert await asked(origin, "POST", b"/measure") == (200, b"0")
        assert await asked(origin, "HEAD", b"/large?100000") == (200, b"")
        assert await asked(origin, "GET", b"/large?3000000") == (200, b"x" * 3_000_000)


async def test_a_body_goes_on_piece_by_piece() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(100):
            yield b"%d," % number

    async with serving_here(Everything()) as port, Origin(f"http://127.0.0.1:{port}") as origin:
        expected = b"".join([piece async for piece in pieces()])
        assert await asked(origin, "POST", b"/echo", body=pieces()) == (200, expected)


async def test_an_answer_is_handed_on_before_it_ends() -> None:
    async with (
        serving_here(Everything()) as port,
        Origin(f"http://127.0.0.1:{port}") as origin,
        origin.ask("GET", b"/stream", ()) as answer,
    ):
        pieces = answer.pieces()
        assert await anext(pieces) == b"data: 1\n\n"
        await asked(origin, "POST", b"/open")
        assert await anext(pieces) == b"data: 2\n\n"
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


@pytest.mark.parametrize("target", [b"/held", b"/endless"])
async def test_who_stops_waiting_is_seen_to_leave(target: bytes) -> None:
    scope = trio.CancelScope()
    async with (
        serving_here(Everything()) as port,
        Origin(f"http://127.0.0.1:{port}") as origin,
        trio.open_nursery() as nursery,
    ):

        async def wait() -> None:
            with scope:
                async with origin.ask("GET", target, ()) as answer:
                    await anext(answer.pieces())
                    await trio.sleep_forever()

        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        scope.cancel()
        assert await asked(origin, "GET", b"/departures?1") == (200, b"1")


TARGETS = [
    b"//evil.example/",
    b"//CANARY/",
    b"/\\CANARY/",
    b"/@CANARY/",
    b"/:@CANARY/",
    b"/http://CANARY/",
    b"/?http://CANARY/#CANARY",
    b"/..//CANARY",
    b"/%2f%2fCANARY",
    b"/.CANARY",
    b"/;CANARY",
]


@pytest.mark.parametrize("below", ["", "/lab"])
@pytest.mark.parametrize("target", TARGETS, ids=repr)
async def test_whatever_the_target_the_room_is_asked_and_nobody_else(target: bytes, below: str) -> None:
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        canary.setblocking(False)
        target = target.replace(b"CANARY", b"127.0.0.1:%d" % canary.getsockname()[1])
        async with raw_server("answer_all") as server, Origin(server.url + below) as origin:
            assert await asked(origin, target=target) == (200, b"ok")
            assert server.heard[0].startswith(b"GET " + below.encode() + target + b" HTTP/1.1\r\n")
            assert f"\r\nhost: 127.0.0.1:{server.port}\r\n".encode() in server.heard[0].lower()
        with pytest.raises(BlockingIOError):
            canary.accept()


@pytest.mark.parametrize("target", [b"", b"http://127.0.0.1:1/", b"@127.0.0.1/", b"*", b"127.0.0.1:1", b"\\\\evil"])
async def test_what_is_no_path_is_asked_of_nobody(target: bytes) -> None:
    async with raw_server("answer_all") as server, Origin(server.url) as origin:
        with pytest.raises(OriginGone):
            await asked(origin, target=target)
        assert not server.heard


@pytest.mark.parametrize("target", [b"/a b", b"/a\r\nx: y", b"/\x00"])
async def test_a_target_that_would_be_more_than_one_line_is_asked_of_nobody(target: bytes) -> None:
    async with raw_server("answer_all") as server, Origin(server.url) as origin:
        with pytest.raises(OriginGone):
            await asked(origin, target=target)
        assert not server.heard


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    class Redirecting(RawServer):
        async def redirect(self, stream: trio.SocketStream) -> None:
            await self.head(stream)
            await stream.send_all(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    server = Redirecting()
    server._talks = [server.redirect]
    async with trio.open_nursery() as nursery:
        await nursery.start(server.keep)
        async with Origin(server.url) as origin, origin.ask("GET", b"/", ()) as answer:
            assert answer.status == 302
            assert (b"location", b"/elsewhere") in answer.headers
        assert len(server.heard) == 1
        nursery.cancel_scope.cancel()


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server("answer_all") as proxy, raw_server("answer_all") as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with Origin(server.url) as origin:
            await asked(origin)
        assert len(server.heard) == 1
        assert not proxy.heard


async def test_pages_of_the_public_url_are_the_rooms_own() -> None:
    async with raw_server("answer_all") as server, Origin(server.url) as origin:
        origin.public_url = "https://rooms.example/lab"
        for own in ("https://rooms.example", "https://ROOMS.example"):
            await asked(origin, headers=[(b"origin", own.encode()), (b"referer", own.encode() + b"/lab/?q")])
            assert f"origin: {server.url}\r\nreferer: {server.url}/\r\n".encode() in server.heard.pop()


@pytest.mark.parametrize(
    "other",
    [
        b"null",
        b"https://rooms.example.evil",
        b"https://evil/rooms.example",
        b"http://rooms.example",
        b"https://rooms.example:444",
        b"https://x@rooms.example",
        b"https://[",
        b"\xff",
    ],
)
async def test_pages_of_others_stay_others(other: bytes) -> None:
    async with raw_server("answer_all") as server, Origin(server.url) as origin:
        await asked(origin, headers=[(b"origin", other)])
        origin.public_url = "https://rooms.example/lab"
        await asked(origin, headers=[(b"origin", other), (b"referer", other)])
        assert b"origin: " + other + b"\r\n" in server.heard[0]
        assert b"origin: " + other + b"\r\nreferer: " + other + b"\r\n" in server.heard[1]


async def test_what_is_about_the_connection_is_ours_to_say() -> None:
    told = b"connection keep-alive te trailer upgrade expect cookie forwarded x-forwarded-for x-forwarded-host host"
    headers = [(name, b"theirs") for name in told.split()]
    headers += [(b"content-length", b"400"), (b"transfer-encoding", b"chunked"), (b"accept", b"text/plain")]
    async with raw_server("answer_all") as server, Origin(server.url) as origin:
        await asked(origin, headers=headers)
        await asked(origin, "POST", headers=headers, body=b"four")
    for heard in server.heard:
        assert b"theirs" not in heard
        assert b"transfer-encoding" not in heard
        assert b"content-length: 400" not in heard
        assert b"accept: text/plain\r\n" in heard


async def test_connections_are_kept_and_used_again() -> None:
    async with raw_server("answer_all", "hang_up") as server, Origin(server.url) as origin:
        for _ in range(20):
            assert await asked(origin) == (200, b"ok")


async def test_an_answer_that_is_not_read_to_its_end_costs_its_connection_only() -> None:
    async with serving_here(Everything()) as port, Origin(f"http://127.0.0.1:{port}") as origin:
        async with origin.ask("GET", b"/large?3000000", ()) as answer:
            await anext(answer.pieces())
        assert await asked(origin) == (200, b'{"ok":true}\n')


async def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure() -> None:
    async with raw_server("answer_one") as server, Origin(server.url) as origin:
        for method in ("GET", "POST", "POST", "GET"):
            assert await asked(origin, method) == (200, b"ok")
            await trio.testing.wait_all_tasks_blocked()  # now the server has closed it
        assert len(server.heard) == 4


async def test_a_read_that_nobody_answered_is_asked_again() -> None:
    async with raw_server("hang_up", "answer_all") as server, Origin(server.url) as origin:
        assert await asked(origin, "GET") == (200, b"ok")
        assert len(server.heard) == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_write_that_may_have_arrived_is_asked_once(method: str) -> None:
    async with raw_server("hang_up", "answer_all") as server, Origin(server.url) as origin:
        with pytest.raises(OriginGone) as gone:
            await asked(origin, method, body=b"once")
        assert not gone.value.has_begun
        assert len(server.heard) == 1


async def test_a_read_that_nobody_ever_answers_ends() -> None:
    async with raw_server("hang_up") as server, Origin(server.url) as origin:
        with pytest.raises(OriginGone):
            await asked(origin, "GET")
        assert 1 < len(server.heard) < 5


async def test_a_server_that_breaks_off_says_so() -> None:
    class Torn(RawServer):
        async def tear(self, stream: trio.SocketStream) -> None:
            await self.head(stream)
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    server = Torn()
    server._talks = [server.tear]
    async with trio.open_nursery() as nursery:
        await nursery.start(server.keep)
        async with Origin(server.url) as origin, origin.ask("GET", b"/", ()) as answer:
            pieces = answer.pieces()
            assert await anext(pieces) == b"half"
            with pytest.raises(OriginGone) as gone:
                await anext(pieces)
            assert gone.value.has_begun
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("said", [b"\x00\x01\x02", b"HTTP/1.1 200 OK\r\nx", b"HTTP/1.1 abc\r\n\r\n", b"h" * 200_000])
async def test_what_is_no_answer_is_a_server_that_is_gone(said: bytes) -> None:
    class Babbling(RawServer):
        async def babble(self, stream: trio.SocketStream) -> None:
            await self.head(stream)
            try:
                await stream.send_all(said)
            except trio.BrokenResourceError:
                pass

    server = Babbling()
    server._talks = [server.babble]
    async with trio.open_nursery() as nursery:
        await nursery.start(server.keep)
        async with Origin(server.url) as origin:
            with pytest.raises(OriginGone):
                await asked(origin)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_room_that_restarts_on_its_port_is_waited_for(method: str) -> None:
    server = RawServer()
    server._talks = [server.answer_all]
    port = free_port()
    async with Origin(f"http://127.0.0.1:{port}") as origin, trio.open_nursery() as nursery:

        async def ask() -> None:
            assert await asked(origin, method) == (200, b"ok")
            nursery.cancel_scope.cancel()

        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        await nursery.start(partial(server.keep, port=port))
    assert len(server.heard) == 1


async def test_a_room_that_restarts_on_another_port_is_followed() -> None:
    async with raw_server("answer_all") as first, raw_server("answer_all") as second:
        where = first.url
        async with Origin(lambda: where) as origin:
            await asked(origin)
            where = second.url
            await asked(origin)
        assert len(first.heard) == len(second.heard) == 1


async def test_a_room_that_stays_away_is_given_up() -> None:
    async with Origin(f"http://127.0.0.1:{free_port()}") as origin:
        began = trio.current_time()
        with pytest.raises(OriginGone) as gone:
            await asked(origin, "POST")
        assert not gone.value.has_begun
        assert CONNECT_SECONDS <= trio.current_time() - began < CONNECT_SECONDS + 3


async def test_many_at_once_are_answered_and_few_connections_are_kept() -> None:
    class Gated(RawServer):
        gate = trio.Event()

        async def hold(self, stream: trio.SocketStream) -> None:
            while await self.head(stream):
                await self.gate.wait()
                await stream.send_all(OK)

    server = Gated()
    server._talks = [server.hold]
    answers: list[tuple[int, bytes]] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(server.keep)
        async with Origin(server.url) as origin:

            async def ask() -> None:
                answers.append(await asked(origin))

            async with trio.open_nursery() as askers:
                for _ in range(KEPT_MAX + 20):
                    askers.start_soon(ask)
                await trio.testing.wait_all_tasks_blocked()
                assert len(server.heard) == KEPT_MAX + 20
                server.gate.set()
            assert answers == [(200, b"ok")] * (KEPT_MAX + 20)
            assert len(origin._kept) == KEPT_MAX
        nursery.cancel_scope.cancel()
