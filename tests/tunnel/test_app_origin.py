"""A room in the same process is asked as it would be over a connection: the same answers, pieces and ends."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterable
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


class Reader:
    """An AnswerSink that takes a piece each time it may."""

    def __init__(self, *, takes: float = math.inf) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.heard = b""
        self.is_whole = False
        self.came = trio.Event()
        self._takes = takes
        self._may_take = trio.Event()

    def take(self, count: float) -> None:
        self._takes += count
        self._may_take.set()
        self._may_take = trio.Event()

    async def begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status, self.headers = status, dict(headers)

    async def write(self, piece: bytes, *, is_last: bool) -> None:
        while self._takes < 1:
            await self._may_take.wait()
        self._takes -= 1
        assert not self.is_whole
        self.heard += piece
        self.is_whole = is_last
        self.came.set()
        self.came = trio.Event()


async def ask(origin: AppOrigin, method: str, target: bytes, *headers: tuple[bytes, bytes], body: Any = None) -> Any:
    reader = Reader()
    await origin.relay(method, target, headers, body, reader)
    assert reader.is_whole
    return reader.status, reader.headers, reader.heard


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


async def test_at_once_or_not_the_answer_is_the_same(app: tuple[Mount, bytes]) -> None:
    mount, token = app
    own = (b"authorization", token)
    await ask(AppOrigin(mount, LOCAL_URL), "GET", b"/messages", own)  # from now on its view is known
    asked_at_once = []

    class Counted:
        __call__ = mount.__call__

        def at_once(self, scope: Any) -> Any:
            asked_at_once.append(mount.at_once(scope))
            return asked_at_once[-1]

    async with AppOrigin(mount.__call__, LOCAL_URL) as slow, AppOrigin(Counted(), LOCAL_URL) as quick:
        for method, headers in (("GET", [own]), ("HEAD", [own]), ("GET", []), ("DELETE", [own])):
            for target in (b"/messages?since_id=0", b"/messages?since_id=x"):
                assert await ask(slow, method, target, *headers) == await ask(quick, method, target, *headers)
    assert sum(whole is not None for whole in asked_at_once) >= 4


async def test_an_entrance_that_breaks_is_tried_no_more_than_once(app: tuple[Mount, bytes]) -> None:
    mount, token = app

    class Broken:
        __call__ = mount.__call__

        def at_once(self, scope: Any) -> Any:
            raise KeyError("a bug")

    async with AppOrigin(Broken(), LOCAL_URL) as origin:
        assert (await ask(origin, "GET", b"/status", (b"authorization", token)))[0] == 200


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
        reader = Reader()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(origin.relay, "GET", b"/events", [own], None, reader)
            with trio.fail_after(10):
                while reader.heard.count(b": here") < 3:
                    await reader.came.wait()
            nursery.cancel_scope.cancel()
        assert reader.headers[b"content-type"].startswith(b"text/event-stream")
        assert b"room.started" in reader.heard or b"event: message" in reader.heard
        assert not reader.is_whole


async def test_who_reads_slowly_is_waited_for() -> None:
    sent: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(100):
            await send({"type": "http.response.body", "body": b"x", "more_body": number < 99})
            sent.append(number)

    reader = Reader(takes=3)
    async with AppOrigin(app, LOCAL_URL) as origin, trio.open_nursery() as nursery:
        nursery.start_soon(origin.relay, "GET", b"/", [], None, reader)
        await trio.testing.wait_all_tasks_blocked()
        assert (len(sent), reader.is_whole) == (3, False)
        reader.take(97)
    assert (reader.heard, reader.is_whole) == (b"x" * 100, True)


async def test_an_app_that_breaks_gives_no_answer_or_half_of_one(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/half":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError("a bug")

    async with AppOrigin(broken, LOCAL_URL) as origin:
        with pytest.raises(OriginGone) as gone:
            await ask(origin, "GET", b"/")
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

    reader = Reader()
    async with AppOrigin(held, LOCAL_URL) as origin, trio.open_nursery() as nursery:
        nursery.start_soon(origin.relay, "GET", b"/", [], None, reader)
        await reader.came.wait()
        assert reader.heard == b"first"
        nursery.cancel_scope.cancel()
    assert is_cancelled


async def test_a_cancellation_that_is_nobodys_is_a_bug_of_the_app(caplog: pytest.LogCaptureFixture) -> None:
    """Let through, it would end the link and with it the answers of everybody else."""

    async def careless(scope: Any, receive: Any, send: Any) -> None:
        cancelled: list[trio.Cancelled] = []
        with trio.CancelScope() as scope_that_is_over:
            scope_that_is_over.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except trio.Cancelled as error:
                cancelled.append(error)
        raise cancelled[0]

    async with AppOrigin(careless, LOCAL_URL) as origin:
        with pytest.raises(OriginGone):
            await ask(origin, "GET", b"/")
    assert "a foreign cancellation" in caplog.text


async def test_an_answer_that_is_whole_goes_on_before_its_app_has_cleaned_up() -> None:
    cleaning = trio.Event()

    async def tidy(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"X-Name", b"1")]})
        await send({"type": "http.response.body", "body": b"none of it", "more_body": False})
        await cleaning.wait()

    reader = Reader()
    async with AppOrigin(tidy, LOCAL_URL) as origin, trio.open_nursery() as nursery:
        nursery.start_soon(origin.relay, "GET", b"/", [], None, reader)
        await reader.came.wait()
        assert (reader.status, reader.headers, reader.heard, reader.is_whole) == (204, {b"x-name": b"1"}, b"", True)
        cleaning.set()


async def test_the_target_is_the_visitors_byte_by_byte() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = scope["raw_path"] + b"|" + scope["query_string"]
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async with AppOrigin(echo, LOCAL_URL) as origin:
        assert (await ask(origin, "GET", b"/a%2Fb//c?d=%20"))[2] == b"/a%2Fb//c|d=%20"
