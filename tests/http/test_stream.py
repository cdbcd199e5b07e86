"""GET /events: the room as server-sent events over a real daemon."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import trio

from agentgather.settings.shape import ApiLimits, DaemonSettings, Settings
from tests.http.test_waiting import held, until_waiting
from tests.rooms import Guest, RunningRoom

# httpcore leaves its own generator to the collector when a stream is left early, and trio says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def room_settings() -> Settings:
    return Settings(api=ApiLimits(keepalive_seconds=0.05), daemon=DaemonSettings(port=0, drain_seconds=3))


async def stream(guest: Guest, *, last_event_id: str | None = None, path: str = "/events") -> AsyncIterator[list[str]]:
    """The blocks of an event stream, each as its lines."""
    headers = {"Authorization": f"Bearer {guest.token}"}
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    async with guest.client.stream("GET", guest.url + path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        block: list[str] = []
        async for line in answer.aiter_lines():
            if line:
                block.append(line)
            elif block:
                yield block
                block = []


async def test_records_arrive_with_their_ids_and_the_stream_ends_with_the_room(room: RunningRoom) -> None:
    await room.host.say("one")
    blocks = []
    with trio.fail_after(10):
        async with aclosing(stream(room.host)) as events:
            async for block in events:
                if block[0].startswith(":"):
                    continue
                blocks.append(block)
                if json.loads(block[-1].removeprefix("data: ")).get("text") == "one":
                    await room.host.say("two\nlines")
                    await room.host.post("/close")
    assert [block[0] for block in blocks] == ["id: 1", "id: 2", "id: 3", "id: 4", "event: closed"]
    assert json.loads(blocks[2][2].removeprefix("data: "))["text"] == "two\nlines"
    assert blocks[-1] == ["event: closed", 'data: {"reason":"closed"}']


async def test_a_head_of_the_stream_is_answered_and_over(room: RunningRoom) -> None:
    with trio.fail_after(5):
        for _ in range(10):  # more than anybody may hold, all on one connection
            answer = await room.host.ask("HEAD", "/events")
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert not held(room, "ops")


@pytest.mark.parametrize(
    ("header", "path"), [("2", "/events"), (None, "/events?since_id=2"), ("2", "/events?since_id=0")]
)
async def test_a_stream_resumes_where_its_reader_was(room: RunningRoom, header: str | None, path: str) -> None:
    for number in range(3):
        await room.host.say(f"n{number}")
    with trio.fail_after(5):
        async with aclosing(stream(room.host, last_event_id=header, path=path)) as events:
            async for block in events:
                if not block[0].startswith(":"):
                    assert block[0] == "id: 3"
                    return


async def test_a_silent_stream_is_kept_alive_by_comments(room: RunningRoom) -> None:
    last = (await room.host.get("/status"))["last_id"]
    comments = 0
    with trio.fail_after(5):
        async with aclosing(stream(room.host, last_event_id=str(last))) as events:
            async for block in events:
                assert block == [": here"]
                comments += 1
                if comments == 3:
                    return


async def test_a_reader_who_leaves_frees_its_place(room: RunningRoom) -> None:
    with trio.fail_after(5):
        async with aclosing(stream(room.host)) as events:
            await anext(events)
            await until_waiting(room, "ops")
        while held(room, "ops"):
            await trio.sleep(0.005)


@pytest.mark.parametrize(
    ("path", "reason"), [("/participants/rev/remove", "removed"), ("/participants/rev/rotate", "unauthorized")]
)
async def test_a_stream_ends_when_its_seat_or_its_token_does(room: RunningRoom, path: str, reason: str) -> None:
    guest = await room.invite("rev")
    with trio.fail_after(5):
        async with aclosing(stream(guest, last_event_id="999")) as events:
            await anext(events)
            await room.host.post(path)
            last_block = [block async for block in events][-1]
    assert last_block == ["event: closed", f'data: {{"reason":"{reason}"}}']


async def test_a_stopping_daemon_says_goodbye_to_its_streams(room: RunningRoom) -> None:
    with trio.fail_after(5):
        async with aclosing(stream(room.host, last_event_id="999")) as events:
            await anext(events)
            room.daemon.stop()
            last_block = [block async for block in events][-1]
    assert last_block == ["event: closed", 'data: {"reason":"shutdown"}']


async def test_streams_and_waits_share_one_limit(room: RunningRoom) -> None:
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            for _ in range(8):
                nursery.start_soon(room.host.wait, 999)
            while held(room, "ops") < 8:
                await trio.sleep(0.005)
            refused = await room.host.ask("GET", "/events")
            assert (refused.status_code, refused.json()["error"]) == (429, "wait_limit")
            nursery.cancel_scope.cancel()
