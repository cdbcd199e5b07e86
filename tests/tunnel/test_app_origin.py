"""A room in the same process is asked as it would be over a connection: the same answers, pieces and ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from agentgather.http.mount import Mount
from agentgather.keep import app_in_process
from agentgather.settings.shape import ApiLimits, Settings
from agentgather.store.home import Home
from agentgather.tunnel.app_origin import AppOrigin
from agentgather.tunnel.origin import OriginGone
from tests.rooms import create

LOCAL_URL = "http://127.0.0.1:8787"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[tuple[Mount, bytes]]:
    """A room's app, and its host's Authorization."""
    seat = create(tmp_path / "home")
    settings = Settings(api=ApiLimits(keepalive_seconds=0.1))
    async with app_in_process(Home(tmp_path / "home"), seat.room, settings) as mount:
        yield mount, f"Bearer {seat.token}".encode()


async def ask(origin: AppOrigin, method: str, target: bytes, *headers: tuple[bytes, bytes], body: Any = None) -> Any:
    async with origin.ask(method, target, headers, body) as answer:
        content = b"".join([piece async for piece in answer.pieces()])
        return answer.status, dict(answer.headers), content


async def test_it_reads_and_writes(app: tuple[Mount, bytes]) -> None:
    mount, token = app
    async with AppOrigin(mount, LOCAL_URL) as origin:
        own = (b"authorization", token)
        sent = (b"content-type", b"application/json")
        assert (await ask(origin, "POST", b"/messages", own, sent, body=b'{"text":"whole"}'))[0] == 201

        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"text":'
            yield b'"in pieces"}'

        assert (await ask(origin, "POST", b"/messages", own, sent, body=pieces()))[0] == 201
        status, headers, content = await ask(origin, "GET", b"/messages?since_id=1", own)
        assert status == 200
        assert int(headers[b"content-length"]) == len(content)
        assert [one["text"] for one in json.loads(content)["messages"]] == ["whole", "in pieces"]
        assert (await ask(origin, "HEAD", b"/status", own))[2] == b""
        assert (await ask(origin, "GET", b"/status"))[0] == 401
        assert (await ask(origin, "POST", b"/messages", own, sent, body=b"x" * 2_000_000))[0] == 413


async def test_the_public_pages_origin_is_the_rooms_own_and_no_other_is(app: tuple[Mount, bytes]) -> None:
    mount, token = app
    async with AppOrigin(mount, LOCAL_URL) as origin:
        origin.public_url = "https://rooms.example/lab"
        own = (b"authorization", token)
        for page, status in ((b"https://rooms.example", 201), (b"https://evil.example", 403)):
            said = await ask(origin, "POST", b"/messages", own, (b"origin", page), body=b'{"text":"hi"}')
            assert said[0] == status


async def test_a_stream_comes_piece_by_piece_and_ends_with_its_reader(app: tuple[Mount, bytes]) -> None:
    mount, token = app
    async with AppOrigin(mount, LOCAL_URL) as origin:
        own = (b"authorization", token)
        async with origin.ask("GET", b"/events", [own]) as answer:
            assert dict(answer.headers)[b"content-type"].startswith(b"text/event-stream")
            with trio.fail_after(10):
                pieces = answer.pieces()
                heard = b""
                while heard.count(b": here") < 3:
                    heard += await pieces.__anext__()
        assert b"room.started" in heard or b"event: message" in heard


async def test_who_reads_slowly_is_waited_for() -> None:
    sent: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(100):
            await send({"type": "http.response.body", "body": b"x", "more_body": number < 99})
            sent.append(number)

    async with AppOrigin(app, LOCAL_URL) as origin, origin.ask("GET", b"/", []) as answer:
        await trio.testing.wait_all_tasks_blocked()
        assert len(sent) <= 1
        assert [piece async for piece in answer.pieces()] == [b"x"] * 100


async def test_an_app_that_breaks_gives_no_answer_or_half_of_one(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/half":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError("a bug")

    async with AppOrigin(broken, LOCAL_URL) as origin:
        with pytest.raises(OriginGone) as gone:
            async with origin.ask("GET", b"/", []):
                pass
        assert not gone.value.has_begun
        with pytest.raises(OriginGone) as gone:
            await ask(origin, "GET", b"/half")
        assert gone.value.has_begun
    assert "the app broke" in caplog.text


async def test_leaving_in_the_middle_cancels_the_app() -> None:
    is_cancelled = False

    async def held(scope: Any, receive: Any, send: Any) -> None:
        nonlocal is_cancelled
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        try:
            await trio.sleep_forever()
        finally:
            is_cancelled = True

    async with AppOrigin(held, LOCAL_URL) as origin:
        async with origin.ask("GET", b"/", []) as answer:
            assert await answer.pieces().__anext__() == b"first"
        assert is_cancelled


async def test_the_target_is_the_visitors_byte_by_byte() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = scope["raw_path"] + b"|" + scope["query_string"]
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async with AppOrigin(echo, LOCAL_URL) as origin:
        assert (await ask(origin, "GET", b"/a%2Fb//c?d=%20"))[2] == b"/a%2Fb//c|d=%20"
