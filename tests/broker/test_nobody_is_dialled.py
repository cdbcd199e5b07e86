"""A broker dials nobody, looks nobody up and starts nothing, whatever its visitors, hosts and operator say.

The whole of a broker's life, as a process, with python's own word (an audit hook) for every connection that it makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trio

from tests.broker.brokers import HandHost, hand_host, next_open
from tests.cli.terminal import tell_beside
from tests.journeys.proxied_rooms import Program, program
from tests.network.watched import Canary, Watch, canary, watch
from tests.serving.process import Caller

PLACES = [  # of the canary, as those who seek a way in write them
    "http://CANARY/",
    "http://CANARY/lab/status",
    "http://lab@CANARY/",
    "https://CANARY/",
    "ws://CANARY/",
    "//CANARY/",
    "///CANARY/",
    "/\\CANARY/",
    "/lab//CANARY/",
    "/lab/http://CANARY/",
    "/lab/%2f%2fCANARY/",
    "/lab/@CANARY/",
    "/lab/?url=http://CANARY/",
    "/lab/..//CANARY/",
    "/lab/%2e%2e/%2fCANARY/",
    "/lab@CANARY/",
    "/lab:CANARY/",
    "/lab#@CANARY/",
    "/CANARY/",
    "CANARY",
    "*",
    "http://[::ffff:7f00:1]:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f.1:PORT/",
    "http://017700000001:PORT/",
    "http://localhost:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "gopher://CANARY/_x",
    "unix:/run/x.sock:/",
]
METHODS = ("GET", "POST", "CONNECT", "OPTIONS", "TRACE", "PROPFIND")
HEADERS = [
    "Host: CANARY",
    "Host: lab.CANARY",
    "Host: b\r\nX-Forwarded-Host: CANARY",
    "Host: b\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: CANARY\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: PORT",
    "Host: b\r\nForwarded: for=127.0.0.1;host=CANARY;proto=http",
    "Host: b\r\nX-Original-URL: http://CANARY/",
    "Host: b\r\nX-Rewrite-URL: http://CANARY/",
    "Host: b\r\nX-Host: CANARY",
    "Host: b\r\nDestination: http://CANARY/",
    "Host: b\r\nOrigin: http://CANARY\r\nReferer: http://CANARY/",
    "Host: b\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp4",
    "Host: b\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings",
    "Host: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: agentgather.tunnel.v1",
    "Host: CANARY\r\nHost: b",
]
ANSWERS = [  # of a host, which its visitors may follow, and nobody else
    (301, "location", "http://CANARY/"),
    (302, "location", "//CANARY/"),
    (307, "location", "/@CANARY/"),
    (308, "location", "http://169.254.169.254/"),
    (200, "refresh", "0;url=http://CANARY/"),
    (200, "content-location", "http://CANARY/"),
    (200, "link", "<http://CANARY/>; rel=preload"),
    (200, "alt-svc", 'h2="CANARY"'),
    (200, "x-accel-redirect", "http://CANARY/"),
    (200, "x-sendfile", "/etc/passwd"),
    (103, "link", "<http://CANARY/>; rel=preload"),
    (305, "location", "http://CANARY/"),
]


@pytest.fixture
def target() -> Iterator[Canary]:
    with canary() as one:
        yield one


@pytest.fixture
def watched(tmp_path: Path) -> Watch:
    return watch(tmp_path / "watch")


@pytest.fixture
def broker(tmp_path: Path, watched: Watch, target: Canary) -> Iterator[Program]:
    words = ("broker", "serve", "--port", "0", "--json", "--registration", "open", "--allow-unkeyed")
    words += ("--state-file", str(tmp_path / "state"), "--admin-socket", str(tmp_path / "admin"))
    words += ("--wildcard-domain", "rooms.localhost", "--link-attempts-per-minute", "1000")
    with program(tmp_path / "broker", tmp_path / "home", *words, environ=watched.environ) as broker:
        yield broker


async def test_the_whole_life_of_a_broker(broker: Program, watched: Watch, target: Canary, tmp_path: Path) -> None:
    told = json.loads(broker.wait_for('"url"'))
    port = urlsplit(told["url"]).port
    assert port is not None
    filled = Filled(target)

    async with hand_host(told["url"], "lab") as host, trio.open_nursery() as nursery:
        nursery.start_soon(answer_in_turn, host, filled)
        count = await trio.to_thread.run_sync(visit, port, filled)
        assert count > len(PLACES) * len(METHODS)
        nursery.cancel_scope.cancel()
    await trio.to_thread.run_sync(register_targets, port, filled)
    socket = ("--admin-socket", str(tmp_path / "admin"), "--json")
    for words in (("routes",), ("close", "lab"), ("block", "http://x/"), ("keys", "list")):
        await tell_beside(tmp_path / "home", "broker", *words, *socket)
    assert await trio.to_thread.run_sync(broker.stop) == 0

    assert watched.has_heard
    assert watched.dialled == set()
    assert watched.looked_up == []
    assert watched.started == []
    assert not target.was_dialled
    assert "Traceback" not in broker.err.read_text()


class Filled:
    """Texts with the canary's place in them."""

    def __init__(self, target: Canary) -> None:
        self._target = target

    def __call__(self, text: str) -> str:
        return text.replace("CANARY", self._target.authority).replace("PORT", str(self._target.port))


def visit(port: int, filled: Filled) -> int:
    """Every place by every method, and every header; how many requests were answered."""
    requests = [f"{method} {place} HTTP/1.1\r\nHost: b" for place in PLACES for method in METHODS]
    requests += [f"GET /lab/status HTTP/1.1\r\n{headers}" for headers in HEADERS]
    requests += [f"GET / HTTP/1.1\r\n{headers}" for headers in HEADERS]
    requests += [f"GET /lab/answer/{number} HTTP/1.1\r\nHost: b" for number in range(len(ANSWERS))]
    requests += [f"GET /answer/{number} HTTP/1.1\r\nHost: lab.rooms.localhost" for number in range(len(ANSWERS))]
    count = 0
    for request in requests:
        with Caller(port) as caller:
            caller.send(filled(request).encode("latin-1") + b"\r\nConnection: close\r\n\r\n")
            if request.startswith("GET / ") and "websocket" in request:
                continue  # a link: it says nothing until its host does
            count += b"HTTP/1.1 " in caller.read_to_end()
    with Caller(port) as caller:
        caller.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        count += b"HTTP/1.1 " in caller.read_to_end()
    return count


def register_targets(port: int, filled: Filled) -> None:
    """Hosts of 0.1 could have brokers dial for them."""
    bodies: list[Any] = [
        {"route_slug": f"old{number}", "target": filled(place)} for number, place in enumerate(PLACES)
    ] + [
        {"route_slug": filled("http://CANARY/")},
        {"route_slug": "old", "target_url": filled("http://CANARY/"), "callback": filled("http://CANARY/")},
        {"route_slug": "plain", "host": filled("CANARY"), "public_url": filled("http://CANARY/")},
    ]
    for body in bodies:
        content = json.dumps(body).encode()
        with Caller(port) as caller:
            caller.get("/_host/register", f"Content-Length: {len(content)}", "Connection: close", method="POST")
            caller.send(content)
            answer = caller.answer()
            assert answer.status in (200, 400, 429), answer
            assert answer.status != 200 or "target" not in body


async def answer_in_turn(host: HandHost, filled: Filled) -> None:
    """To `/answer/N` the Nth of ANSWERS, to whatever else a redirect to the canary."""
    while (opened := await next_open(host)) is not None:
        asked = opened.target.decode("ascii", "replace").rpartition("/answer/")[2]
        status, name, value = ANSWERS[int(asked) if asked.isdigit() else 0]
        if status < 200:
            status = 200  # the wire has no other
        host.end.answer(opened.stream, status, ((name.encode(), filled(value).encode()),))
        host.end.end(opened.stream)
        await host.flush()
