"""A host dials its broker and its own room, whatever the broker says that visitors ask for, or where it says that it is.

The host is a process, and python itself (an audit hook) tells of every connection that it makes and every name it asks for.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio

from agentgather.wire.frames import Answer, Reset
from tests.network.watched import Canary, canary, watch
from tests.tunnel.broker import Link, scripted_broker
from tests.tunnel.hosted import HostedRoom, hosted_room, tunnelled_room

TARGETS = [
    "//CANARY/",
    "///CANARY/status",
    "/@CANARY/",
    "/:@CANARY/",
    "/\\CANARY/",
    "/%2f%2fCANARY/",
    "/%5cCANARY/",
    "/..//CANARY/",
    "/%2e%2e/%2fCANARY/",
    "/http://CANARY/",
    "/https:CANARY",
    "/?url=http://CANARY/#CANARY",
    "/;http://CANARY",
    "/lab//CANARY/",
    "/assets/../../CANARY",
    "/healthz",
    "/status",
    "/events",
]
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "TRACE", "get")
HEADERS = [
    ("host", "CANARY"),
    ("x-forwarded-host", "CANARY"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-port", "PORT"),
    ("forwarded", "host=CANARY;proto=http"),
    ("x-original-url", "http://CANARY/"),
    ("x-rewrite-url", "http://CANARY/"),
    ("origin", "http://CANARY"),
    ("referer", "http://CANARY/"),
    ("location", "http://CANARY/"),
    ("connection", "upgrade, host"),
    ("upgrade", "websocket"),
    ("proxy-connection", "keep-alive"),
    ("transfer-encoding", "chunked"),
    ("content-length", "5"),
    ("expect", "100-continue"),
]
PUBLIC_URLS = ["http://CANARY/lab", "http://localhost:PORT/lab", "https://rooms.example/lab"]

Way = Callable[..., AbstractContextManager[HostedRoom]]


@pytest.fixture
def target() -> Iterator[Canary]:
    with canary() as one:
        yield one


@pytest.mark.parametrize("way", [hosted_room, tunnelled_room], ids=["room serve", "tunnel run"])
async def test_the_broker_and_the_room_and_nobody_else(way: Way, target: Canary, tmp_path: Path) -> None:
    watched = watch(tmp_path / "watch")
    with way(tmp_path / "host", environ=watched.environ) as room:
        for public_url in PUBLIC_URLS:
            async with scripted_broker(port=room.broker_port) as broker:
                link = await room.dials(broker)
                await link.register(public_url=filled(public_url, target))
                await ask_everything(link, target)
                link.close()
        to_the_canary = (
            f"HTTP/1.1 307 There\r\nLocation: http://{target.authority}/_host/link\r\nContent-Length: 0\r\n\r\n"
        )
        await answer_dials(room, {b"GET /_host/link": to_the_canary}, until=b"GET /_host/link")
        async with scripted_broker(port=room.broker_port) as broker:
            await room.answers_through(broker)
        no_link = '{"ok":false,"error":"unsupported_route","message":"no"}'
        older = f"HTTP/1.1 404 No\r\nContent-Length: {len(no_link)}\r\n\r\n{no_link}"
        answers = {b"GET /_host/link": older, b"POST /_host/register": to_the_canary}
        await answer_dials(room, answers, until=b"POST /_host/register")
        await room.answers_here()
        await trio.to_thread.run_sync(room.daemon.stop)
    its_room = urlsplit(room.url).port
    assert its_room is not None
    may_dial = {("127.0.0.1", room.broker_port)} | ({("127.0.0.1", its_room)} if way is tunnelled_room else set())
    assert watched.dialled == may_dial
    assert watched.looked_up == []
    assert watched.started == []
    assert not target.was_dialled
    assert "Traceback" not in room.log


def filled(text: str, target: Canary) -> str:
    return text.replace("CANARY", target.authority).replace("PORT", str(target.port))


async def ask_everything(link: Link, target: Canary) -> None:
    """Every target by every method, and every header; each is answered, or its stream reset."""
    asked: list[tuple[str, str, tuple[tuple[str, str], ...]]] = [
        (method, one, ()) for one in TARGETS for method in METHODS
    ]
    asked += [("GET", "/healthz", (header,)) for header in HEADERS]
    asked += [("POST", "/messages", tuple(HEADERS))]
    for method, path, headers in asked:
        pairs = tuple((name.encode(), filled(value, target).encode()) for name, value in headers)
        stream = link.end.open(method, filled(path, target).encode(), pairs, has_body=False)
        await link.flush()
        while (await link.hear(Answer, Reset)).stream != stream:
            pass  # the end of one that was answered before


async def answer_dials(room: HostedRoom, answers: Mapping[bytes, str], *, until: bytes) -> None:
    """Stand where its broker was, and answer by what a request begins with, until one has begun with `until`."""
    dialled, heard = trio.Event(), trio.Event()

    async def serve(stream: trio.SocketStream) -> None:
        dialled.set()
        async with stream:
            request = await stream.receive_some()
            for beginning, answer in answers.items():
                if request.startswith(beginning):
                    await stream.send_all(answer.encode())
            if bytes(request).startswith(until):
                await stream.receive_some()  # it has read the answer when it closes
                heard.set()

    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_tcp, serve, room.broker_port, host="127.0.0.1"))
        with trio.fail_after(10):
            while not dialled.is_set():
                os.kill(room.pid, signal.SIGHUP)  # dial now; and not later, when it may have no tunnel any more
                await trio.sleep(0.02)
            await heard.wait()
        nursery.cancel_scope.cancel()
