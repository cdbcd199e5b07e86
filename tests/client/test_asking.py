"""One request: whatever answers, the caller gets a room's answer, a room's no, or hears that there is no room."""

from __future__ import annotations

import contextlib
import gzip
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio

from agentgather.client import asking
from agentgather.client.asking import ask, new_http
from agentgather.client.errors import Refused, Unreachable
from tests.client.scripted import http, scripted

TOKEN = "agt_a-token-nobody-may-see"


@asynccontextmanager
async def serving(handler: Callable[[trio.SocketStream], Awaitable[None]]) -> AsyncIterator[str]:
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, handler, listeners)
        yield f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def asked(url: str, path: str = "/status") -> asking.Answer:
    async with new_http(url) as client:
        return await ask(client, "GET", url + path, token=TOKEN)


async def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else() -> None:
    async with scripted(http("200 OK", b'{"ok":true}')) as elsewhere:
        async with scripted(http("302 Found", b"", f"Location: {elsewhere.url}/status")) as first:
            with pytest.raises(Unreachable) as silent:
                await asked(first.url)
        assert silent.value.code == "not_a_room"
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("answer", "code", "is_passing"),
    [
        (http("502 Bad Gateway", b"<html>bad gateway</html>"), "not_a_room", True),
        (http("404 Not Found", b"<html>nothing here</html>"), "not_a_room", False),
        (http("200 OK", b"<html>sign in to this network</html>"), "not_a_room", False),
        (http("200 OK", b'{"ok":"yes"}'), "not_a_room", False),
        (http("200 OK", b"[" * 100_000), "not_a_room", False),
        (http("500 Oops", b'{"ok":false,"error":"<b>","message":"x"}'), "not_a_room", True),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "unreachable", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "unreachable", True),
        (None, "unreachable", True),
    ],
)
async def test_what_is_no_room_is_told_apart(answer: bytes | None, code: str, is_passing: bool) -> None:
    async with scripted(answer) as server:
        with pytest.raises(Unreachable) as silent:
            (await asked(server.url)).object()
    assert (silent.value.code, silent.value.is_passing) == (code, is_passing)


async def test_nobody_there_is_unreachable() -> None:
    async with scripted(None) as server:
        url = server.url
    with pytest.raises(Unreachable, match=r"nobody answers at 127\.0\.0\.1"):
        await asked(url)


@pytest.mark.parametrize("url", ["http://a..b", "http://a\tb", "http://" + "a" * 64 + ".example"])
async def test_a_host_that_cannot_be_is_no_room(url: str) -> None:
    with pytest.raises(Unreachable) as silent:
        await asked(url)
    assert (silent.value.code, silent.value.is_passing) == ("not_a_room", False)


async def test_a_rooms_no_keeps_its_words() -> None:
    body = b'{"ok":false,"error":"rate_limited","message":"too fast","field":"text","retry_after":7,"error_id":"e1"}'
    async with scripted(http("429 Too Many Requests", body)) as server:
        with pytest.raises(Refused) as refused:
            await asked(server.url)
    no = refused.value
    assert (no.code, no.message, no.status, no.field) == ("rate_limited", "too fast", 429, "text")
    assert (no.retry_after_seconds, no.error_id, no.is_passing) == (7, "e1", True)


async def test_retry_after_is_read_from_the_header_where_the_body_has_none() -> None:
    body = b'{"ok":false,"error":"too_busy","message":"later"}'
    async with scripted(http("503 Busy", body, "Retry-After: 3")) as server:
        with pytest.raises(Refused) as refused:
            await asked(server.url)
    assert refused.value.retry_after_seconds == 3


async def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_BYTES_MAX", 100_000)

    async def pour(stream: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        with contextlib.suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(b"x" * 65_536)

    with trio.fail_after(5):
        async with serving(pour) as url:
            with pytest.raises(Unreachable, match="larger than 100000 bytes"):
                await asked(url)


async def test_a_compressed_answer_is_counted_as_what_it_unfolds_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_BYTES_MAX", 10_000)
    bomb = gzip.compress(b"x" * 1_000_000)
    assert len(bomb) < 10_000
    async with scripted(http("200 OK", bomb, "Content-Encoding: gzip")) as server:
        with pytest.raises(Unreachable, match="larger than"):
            await asked(server.url)


@pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")  # httpx leaves its own behind
async def test_an_answer_that_is_not_compressed_as_it_says_is_no_rooms() -> None:
    async with scripted(http("200 OK", b"no gzip", "Content-Encoding: gzip")) as server:
        with pytest.raises(Unreachable) as silent:
            await asked(server.url)
    assert (silent.value.code, silent.value.is_passing) == ("not_a_room", False)


async def test_a_server_that_drips_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(asking, "CONNECT_SECONDS", 0.2)

    async def drip(stream: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        with contextlib.suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(b"x")
                await trio.sleep(0.05)

    with trio.fail_after(5):
        async with serving(drip) as url:
            with pytest.raises(Unreachable, match="in time"):
                await asked(url)


@pytest.mark.parametrize("answer", [None, b"garbage\r\n\r\n", http("401 No", b'{"error":"unauthorized"}')])
async def test_no_error_ever_shows_the_token(answer: bytes | None) -> None:
    async with scripted(answer) as server:
        with pytest.raises((Refused, Unreachable)) as error:
            await asked(server.url)
    assert TOKEN.encode() in server.asked[0]
    shown = "".join(traceback.format_exception(error.value)) + repr(error.value) + repr(vars(error.value))
    assert TOKEN not in shown
    assert error.value.__suppress_context__ or error.value.__context__ is None


async def test_another_scheme_is_no_room() -> None:
    with pytest.raises(Unreachable) as silent:
        await asked("ftp://127.0.0.1")
    assert silent.value.code == "not_a_room"
