"""docs/deploy/Caddyfile and docs/deploy/nginx.conf before a program that says what reaches it: what passes, and what does not."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.journeys.proxies import NAMES, WILDCARD_SHAPE, Name, Proxy, proxy
from tests.journeys.witness import witness
from tests.ports import free_ports
from tests.serving.process import Answer

ROOT = Path(__file__).parents[2]
UPGRADES = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
URL_BYTES = "/?[]@!$&'()*+,;=:%~"
CANARY = "canary-in-the-mine"


@pytest.fixture(scope="module", params=NAMES)
def before(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy of both shapes' names before a witness."""
    name: Name = request.param
    with witness() as port, proxy(name, tmp_path_factory.mktemp(name), upstream_port=port, sites=WILDCARD_SHAPE) as it:
        yield it


def ask(proxy: Proxy, target: str, *headers: str, method: str = "GET", body: bytes = b"", host: str = "") -> Answer:
    site = host or "lab.rooms.localhost"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {site}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with proxy.call(site) as caller:
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):  # refused before all was said
            caller.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n", body)
        return caller.answer(is_head=method == "HEAD")


def seen(answer: Answer) -> dict[str, Any]:
    """What the program behind saw of a request."""
    assert answer.status == 200, answer
    return dict(answer.json)


def values_of(request: dict[str, Any], name: str) -> list[str]:
    return [value for key, value in request["headers"] if key == name]


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/lab/messages?since_id=3",
        "/lab/wait?participant=a&since_id=0&since_id=1",
        "/lab//status",
        "//lab/status",
        "/lab/%2e%2e/other",
        "/lab/%2F%2f/x",
        "/lab/a%20b%0d%0ac",
        "/lab/?a;b=c&d",
        "/lab/?q=%zz",
        "/lab/a+b@c:d;e,f=g~!$&'()*",
        "/lab/./status",
        "/lab/../other/status",
        "/lab/messages/",
        "/lab/caf%C3%A9",
    ],
)
def test_a_target_arrives_byte_for_byte(before: Proxy, target: str) -> None:
    assert seen(ask(before, target))["target"] == target


@pytest.mark.parametrize(
    "target",
    [
        "/lab/%",
        "/lab/%00",
        "/lab/a\\b",
        '/lab/a"b<c>d|e^f`g{h}',
        "/lab/caf\xe9",
        "/lab/a#b",
        "/lab/a b",
        "/a\x01b",
        "/a\x7f",
        "lab",
        "*",
        "http://example.org/lab",
        "example.org:443",
    ],
)
def test_a_target_that_is_none_arrives_as_it_was_sent_or_with_its_odd_bytes_encoded_or_not_at_all(
    before: Proxy, target: str
) -> None:
    answer = ask(before, target)
    encoded = quote(target.encode("latin-1"), safe=URL_BYTES)
    assert answer.status in (400, 421) or seen(answer)["target"] in (target, encoded)


def test_the_visitors_address_is_what_the_proxy_saw_whatever_is_claimed(before: Proxy) -> None:
    claims = ("X-Forwarded-For: 203.0.113.9", "x-forwarded-for: 203.0.113.10, 127.0.0.1", "X_Forwarded_For: 1.2.3.4")
    request = seen(ask(before, "/", *claims, "Forwarded: for=203.0.113.11", "X-Real-IP: 203.0.113.12"))
    assert values_of(request, "x-forwarded-for") == ["127.0.0.1"]
    assert "203.0.113" not in json.dumps(request)
    assert values_of(request, "forwarded") == values_of(request, "x-real-ip") == []
    assert values_of(request, "host") == ["lab.rooms.localhost"]


def test_what_a_room_needs_to_know_of_a_request_arrives(before: Proxy) -> None:
    headers = (
        "Authorization: Bearer t",
        "Last-Event-ID: 7",
        'If-None-Match: "e"',
        "Origin: https://lab.rooms.localhost",
    )
    request = seen(ask(before, "/lab/messages", *headers, "Content-Type: application/json", method="POST", body=b"{}"))
    assert (request["method"], request["body"]) == ("POST", "{}")
    for line in headers:
        name, _, value = line.partition(": ")
        assert values_of(request, name.lower()) == [value]
    assert values_of(request, "transfer-encoding") == []


def test_a_body_in_chunks_arrives_whole(before: Proxy) -> None:
    with before.call("lab.rooms.localhost") as caller:
        caller.send(b"POST /x HTTP/1.1\r\nHost: lab.rooms.localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        caller.send(b"3;note=x\r\nabc\r\n", b"2\r\nde\r\n0\r\nX-Trailer: y\r\n\r\n")
        request = seen(caller.answer())
    assert request["body"] == "abcde"
    assert values_of(request, "x-trailer") == []


def test_a_link_is_a_websocket_and_nothing_else_is(before: Proxy) -> None:
    with before.call() as caller:
        lines = ["GET /_host/link HTTP/1.1", "Host: localhost", *UPGRADES, KEY]
        caller.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        assert caller.answer().status == 101
        caller.send(b"\x82\x85\0\0\0\0hello")
        assert caller.read_exactly(7) == b"\x82\x05hello"
    for target in ("/", "/lab/_host/link", "/_host/register"):
        assert values_of(seen(ask(before, target, *UPGRADES, KEY)), "upgrade") == []
    for target in ("/", "/_host/link"):
        h2c = ("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__")
        answer = ask(before, target, *h2c)
        assert answer.status != 101
        assert answer.status == 200 or target == "/_host/link"


def test_each_piece_of_an_answer_passes_when_it_is_said(before: Proxy) -> None:
    with before.call("lab.rooms.localhost") as caller:
        caller.send(b"GET /stream HTTP/1.1\r\nHost: lab.rooms.localhost\r\nAccept-Encoding: gzip, br\r\n\r\n")
        caller.read(b": here\n\n")
        for number in range(5):
            ask(before, "/next")
            caller.read(b"data: %d\n\n" % number)


def test_a_stream_passes_over_http_2_too(before: Proxy, tmp_path: Path) -> None:
    url = f"https://lab.rooms.localhost:{before.port}/stream"
    command = ["curl", "-sSN", "--http2", "--cacert", str(before.ca), "-w", "%{http_version}", "--max-time", "20", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
        assert curl.stdout is not None
        assert curl.stdout.readline() == b": here\n"
        ask(before, "/next")
        assert curl.stdout.readline() == b"\n"
        assert curl.stdout.readline() == b"data: 0\n"
        curl.terminate()


@pytest.mark.parametrize("path", ["held", "stream"])
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_visitor_who_leaves_has_left(before: Proxy, path: str, version: str) -> None:
    """Before the answer, and in the middle of it."""
    came, left = (int(ask(before, f"/{count}?0").json) for count in ("came", "left"))
    url = f"https://lab.rooms.localhost:{before.port}/{path}"
    with subprocess.Popen(
        ["curl", "-sSN", version, "--cacert", str(before.ca), url], stdout=subprocess.DEVNULL
    ) as curl:
        assert ask(before, f"/came?{came + 1}").status == 200
        curl.terminate()
    assert ask(before, f"/left?{left + 1}").status == 200


def test_a_body_that_the_broker_judges_passes_and_a_much_larger_one_does_not(before: Proxy) -> None:
    assert len(seen(ask(before, "/lab/messages", method="POST", body=b"x" * 100_000))["body"]) == 100_000
    assert ask(before, "/lab/messages", "Content-Length: 2000000", "Expect: 100-continue", method="POST").status == 413


@pytest.mark.parametrize("size", [20_000, 200_000])
def test_a_head_beyond_what_a_room_needs_is_refused(before: Proxy, size: int) -> None:
    assert ask(before, "/", "X-Long: " + "x" * size).status in (400, 431, 494)
    assert ask(before, "/" + "x" * size).status in (400, 414, 431)


def test_the_plain_port_sends_people_to_the_other_one(before: Proxy) -> None:
    url = f"http://lab.rooms.localhost:{before.plain_port}/lab/?a=b"
    shown = subprocess.run(["curl", "-sSI", url], capture_output=True, text=True, check=True).stdout.lower()
    assert shown.startswith("http/1.1 308")
    assert "location: https://lab.rooms.localhost" in shown


def test_another_name_leads_nowhere(before: Proxy) -> None:
    for site in ("example.org", "rooms.localhost.example.org", "rooms.localhost"):
        command = ["curl", "-sSk", "--connect-to", f"::127.0.0.1:{before.port}", f"https://{site}/"]
        assert subprocess.run(command, capture_output=True, text=True).stdout == ""
    with before.call() as caller:  # the name of the handshake, and another one after it
        caller.send(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert caller.answer().status == 421


@pytest.mark.parametrize("name", NAMES)
def test_a_broker_that_is_away_is_said_so_that_a_client_understands(name: Name, tmp_path: Path) -> None:
    (nobody,) = free_ports(1)
    with proxy(name, tmp_path, upstream_port=nobody) as it:
        answer = ask(it, f"/lab/card?token={CANARY}", f"Authorization: Bearer {CANARY}", host="localhost")
        assert (answer.status, answer.code, answer.json["retry_after"]) == (502, "host_unavailable", 2)
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["content-type"] == "application/json"
        large = ("Content-Length: 99999999", f"X-Canary: {CANARY}")
        ask(it, f"/lab/messages?token={CANARY}", *large, method="POST", host="localhost")
        for odd in (f"/{CANARY} x", f"/{CANARY}\x7f", f"/{CANARY}" * 3_000):
            ask(it, odd, host="localhost")
        assert CANARY not in it.logged()
        assert '"status":502' in it.logged() or name == "caddy"
