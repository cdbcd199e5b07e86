"""What was done to others, done to a broker and its hosts. Where a test stands elsewhere, its file is named too.

CVE-2025-49596 (MCP Inspector): a web page speaks to a proxy on loopback
    | test_a_page_becomes_no_host_by_posting
CVE-2025-52882 (an IDE's extension): a web page opens a WebSocket on loopback
    | test_a_page_becomes_no_host_by_a_websocket
CVE-2025-66414, CVE-2025-66416, CVE-2026-11624 (MCP SDKs): DNS rebinding
    | test_a_page_under_a_rebound_name_has_nothing_of_a_visitors
CVE-2025-6514 (mcp-remote): a URL that a server names reaches a shell
    | tests/tunnel/test_hostile_brokers.py::test_a_url_that_nobody_should_type_is_handed_out_to_nobody
    | tests/tunnel/test_whom_a_host_dials.py::test_the_broker_and_the_room_and_nobody_else
    | tests/broker/test_nobody_is_dialled.py::test_the_whole_life_of_a_broker
CVE-2026-24052 (a coding agent): a host name is told by how it begins
    | test_a_room_is_told_by_its_whole_host_name
    | test_what_is_private_is_told_by_its_whole_host_name
    | tests/tunnel/test_origin.py::test_pages_of_others_stay_others
CVE-2026-40910 (frp): routed by one header, let in by another
    | test_where_a_request_goes_is_said_in_one_place
    | test_who_asks_is_said_once
    | test_only_one_header_says_who_asks
VULN-118896 (cloudflared): a token among the arguments
    | tests/cli/test_tunnel_run.py::test_no_argument_of_a_tunnel_in_the_background_is_secret
VULN-143514, VULN-141859 (cloudflared): a path is put in order on its way
    | tests/broker/test_visitors.py::test_a_target_arrives_byte_for_byte
    | tests/tunnel/test_origin.py::test_whatever_the_target_the_room_is_asked_and_nobody_else
CVE-2024-1135 (gunicorn), CVE-2025-43859 (h11), CVE-2023-38697 (protocol-http1): request smuggling
    | tests/journeys/test_no_request_is_smuggled_through_a_proxy.py::test_no_probe_hides_a_request_or_mixes_up_answers
CVE-2025-69229 (aiohttp): a body of many tiny chunks
    | tests/broker/test_hostile_visitors.py::test_others_are_answered_as_soon_as_ever
    | tests/serving/test_exchange.py::test_a_body_of_tiny_chunks_keeps_nobody_waiting
    | tests/broker/test_host_link.py::test_single_bytes_that_nobody_reads_are_held_together
CVE-2023-44487 (HTTP/2): streams that are over as soon as they begin
    | test_visitors_who_leave_at_once_leave_nothing
    | tests/tunnel/test_hostile_brokers.py::test_an_attack_is_over_with_its_link_and_the_room_never_stops
agent_mail 99, cortextos 170: a name is taken over by registering it again
    | tests/broker/test_links.py::test_a_slug_stays_with_its_key_while_its_host_is_away
    | tests/broker/test_old_hosts.py::test_a_slug_of_a_key_is_never_given_to_who_has_none
gstack 1137: a token in a query reaches the logs
    | tests/journeys/test_a_broker_keeps_and_tells_nothing.py::\
test_no_word_of_a_visitor_or_a_host_is_found_in_what_a_broker_keeps
CVE-2025-32711 and its like (link previews, images): a page loads what its text names
    | tests/broker/test_passing.py::test_every_answer_of_a_shared_origin_is_sandboxed_without_an_origin

Not at this door: what a room's text may change (CVE-2025-53773), what an invite link may carry, loopback prompts of browsers.
"""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from agentgather.tunnel.dial import broker_address
from agentgather.wire.frames import Open, Reset
from agentgather_broker.places import Places
from agentgather_broker.shape import BrokerSettings
from tests.broker.brokers import HandHost, RunningBroker, hand_host, honest_host, keep_running, quick_settings

ROOT = Path(__file__).parents[2]
KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
LEFT, TOGETHER = 2_000, 50  # visitors who do
PATIENCE_SECONDS = 20.0


@pytest.fixture
def broker_settings(tmp_path: Path) -> BrokerSettings:
    return quick_settings(state_file=str(tmp_path / "leases.json"), allow_unkeyed=True)


def test_every_test_that_is_named_above_is_there() -> None:
    assert __doc__ is not None
    named = re.findall(r"^    \| (?:(tests/\S+\.py)::)?(test_\w+)$", __doc__, re.MULTILINE)
    assert len(named) == __doc__.count("    | ")
    for file, name in named:
        path = ROOT / file if file else Path(__file__)
        assert f"def {name}(" in path.read_text(), f"{path}: {name}"


async def said_by_hand(broker: RunningBroker, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """The answer to a request whose lines are these, on a connection of its own."""
    stream = await trio.open_tcp_stream("127.0.0.1", broker.broker.port)
    async with stream:
        length = [f"Content-Length: {len(body)}"] if body else []
        await stream.send_all("\r\n".join([*lines, *length, "Connection: close", "", ""]).encode("latin-1") + body)
        answer = b""
        with trio.fail_after(PATIENCE_SECONDS):
            async for piece in stream:
                answer += piece
    return int(answer.split(b" ")[1]), answer


ORIGINS = [
    "https://evil.example",
    "null",
    "http://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://rebound.example:{port}",
]
HOSTS = ["127.0.0.1:{port}", "localhost:{port}", "0.0.0.0:{port}", "[::1]:{port}", "rebound.example:{port}"]
FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""]


async def test_a_page_becomes_no_host_by_posting(broker: RunningBroker) -> None:
    port = broker.broker.port
    requests = [("register", "text/plain", host, origin) for host in HOSTS for origin in ORIGINS]
    requests += [("register", form, HOSTS[0], ORIGINS[0]) for form in FORMS]
    requests += [(action, "text/plain", HOSTS[0], "null") for action in ("heartbeat", "poll", "respond", "close")]
    for action, form, host, origin in requests:
        about = [f"Host: {host}".format(port=port), f"Origin: {origin}".format(port=port)]
        lines = [f"POST /_host/{action} HTTP/1.1", *about, *([f"Content-Type: {form}"] if form else [])]
        status, answer = await said_by_hand(broker, *lines, body=b'{"route_slug":"taken"}')
        assert (status, b'"unsupported_route"' in answer) == (403, True)
        assert b"access-control-allow-origin" not in answer.lower()
        status, answer = await said_by_hand(
            broker, f"OPTIONS /_host/{action} HTTP/1.1", *about, "Access-Control-Request-Method: POST"
        )
        assert status == 405
        assert b"access-control-allow-origin" not in answer.lower()
    assert (await broker.ask("GET", "/taken")).json()["error"] == "route_not_found"


async def test_who_is_no_page_is_still_taken(broker: RunningBroker) -> None:
    answer = await broker.ask("POST", "/_host/register", json={"route_slug": "taken"})
    assert answer.json()["ok"] is True


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_page_becomes_no_host_by_a_websocket(origin: str, broker: RunningBroker) -> None:
    port = broker.broker.port
    lines = ["GET /_host/link HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade", KEY]
    lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: agentgather.tunnel.v1"]
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        await stream.send_all("\r\n".join([*lines, f"Origin: {origin}".format(port=port), "", ""]).encode())
        answer = await stream.receive_some()
    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "name", ["rebound.example", "127.0.0.1.rebound.example", "0.0.0.0", "[::1]", "xn--e1afmkfd.example"]
)
async def test_a_page_under_a_rebound_name_has_nothing_of_a_visitors(name: str, broker: RunningBroker) -> None:
    """It may read what every stranger may. What would make it a visitor is no cookie, and is never one."""
    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as nursery:

        async def visit() -> None:
            lines = ["GET /lab/status HTTP/1.1", f"Host: {name}", "Cookie: token=secret"]
            _, answer = await said_by_hand(broker, *lines)
            assert b"set-cookie" not in answer.lower()
            assert b"access-control-allow-origin" not in answer.lower()
            assert b"\r\ncontent-security-policy: sandbox " in answer.lower()

        nursery.start_soon(visit)
        opened = await host.next(Open)
        assert not {b"cookie", b"authorization", b"host"} & {name for name, _ in opened.headers}
        host.end.answer(opened.stream, 200, ((b"set-cookie", b"token=mine"), (b"access-control-allow-origin", b"*")))
        host.end.end(opened.stream)
        await host.flush()


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("lab.rooms.example", "lab"),
        ("LAB.Rooms.Example:8443", "lab"),
        ("lab.rooms.example.evil.example", None),
        ("lab.rooms.example.", None),
        ("labrooms.example", None),
        ("lab.xrooms.example", None),
        ("evil.example/lab.rooms.example", None),
        ("evil@lab.rooms.example", None),
        ("lab.rooms.example@evil.example", None),
        ("a.lab.rooms.example", None),
        ("lab.rooms.example:80:80", None),
        ("lab.rooms.ex\xe4mple", None),
        ("lab.rooms.example\x00", None),
        (".rooms.example", None),
        ("rooms.example", None),
        ("_host.rooms.example", None),
        ("", None),
    ],
)
def test_a_room_is_told_by_its_whole_host_name(host: str, slug: str | None) -> None:
    places = Places("https://rooms.example", wildcard_domain="rooms.example", trusted=(), secret=b"")
    assert places.slug_of_host({"headers": [(b"host", host.encode("latin-1"))]}) == slug


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("http://127.0.0.1:8799", True),
        ("http://localhost", True),
        ("http://[::1]:8799", True),
        ("https://rooms.example", True),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://evil.example/127.0.0.1", False),
        ("http://0x7f000001.evil.example", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://localhost\u2024evil.example", False),
    ],
)
def test_what_is_private_is_told_by_its_whole_host_name(url: str, is_private: bool) -> None:
    """Tokens go without TLS only where nobody can read along."""
    assert broker_address(url).is_private is is_private


async def test_where_a_request_goes_is_said_in_one_place(nursery: trio.Nursery, tmp_path: Path) -> None:
    """Below a wildcard that is the Host: no path, no target and no header beside it leads to another room."""
    settings = quick_settings(wildcard_domain="rooms.localhost")
    async with (
        running(settings, nursery) as broker,
        honest_host(broker.url, "mine"),
        hand_host(broker.url, "other") as other,
    ):
        for line in (
            "GET /other/status HTTP/1.1",
            "GET //other.rooms.localhost/status HTTP/1.1",
            "GET http://other.rooms.localhost/status HTTP/1.1",
            "GET /status?slug=other HTTP/1.1",
        ):
            for header in (
                "X-Forwarded-Host: other.rooms.localhost",
                "Forwarded: host=other.rooms.localhost",
                "X-Host: other.rooms.localhost",
                "X-Original-URL: /other/status",
                "Host : other.rooms.localhost",
                "Host: other.rooms.localhost",
            ):
                status, answer = await said_by_hand(broker, line, "Host: mine.rooms.localhost", header)
                own = line.split(" ")[1].encode()
                assert status == 400 or (status == 200 and answer.endswith(own))
        await is_never_asked(other)


async def is_never_asked(host: HandHost) -> None:
    """Whatever was opened on its link is there by the time that its own visitor is."""
    assert not [frame for frame in host._seen if isinstance(frame, Open)]
    with trio.move_on_after(0.05):
        assert await host.next(Open) is None


@pytest.mark.parametrize(
    "lines",
    [
        ["Authorization: Bearer mine", "Authorization: Bearer another"],
        ["Authorization: Bearer mine", "authorization: Bearer mine"],
        ["Authorization: Bearer mine", "AUTHORIZATION:"],
        ["Authorization: Bearer mine", "Origin: http://a", "Origin: http://b"],
    ],
)
async def test_who_asks_is_said_once(lines: list[str], broker: RunningBroker) -> None:
    async with honest_host(broker.url, "lab"):
        status, answer = await said_by_hand(broker, "GET /lab/x HTTP/1.1", "Host: b", *lines)
        assert (status, b'"bad_target"' in answer) == (400, True)


async def test_only_one_header_says_who_asks(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host, trio.open_nursery() as nursery:

        async def visit() -> None:
            beside = ["Proxy-Authorization: Bearer p", "X-Authorization: Bearer x", "X-Api-Key: k", "Cookie: c=d"]
            lines = ["GET /lab/x HTTP/1.1", "Host: b", "Authorization: Bearer a", *beside]
            assert (await said_by_hand(broker, *lines))[0] == 200

        nursery.start_soon(visit)
        opened = await host.next(Open)
        assert opened.headers == ((b"authorization", b"Bearer a"),)
        await host.answer(opened.stream, b"ok")


async def test_visitors_who_leave_at_once_leave_nothing(broker: RunningBroker) -> None:
    """A host that answers nobody is asked by people who leave: each of their streams is reset, and none is kept."""
    async with honest_host(broker.url, "honest"), hand_host(broker.url, "mute") as mute:
        for _ in range(LEFT // TOGETHER):
            visitors = [socket.create_connection(("127.0.0.1", broker.broker.port)) for _ in range(TOGETHER)]
            for visitor in visitors:
                visitor.sendall(b"GET /mute/x HTTP/1.1\r\nHost: b\r\n\r\n")
            opened = {(await mute.next(Open)).stream for _ in visitors}
            for visitor in visitors:
                visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a RST
                visitor.close()
            assert {(await mute.next(Reset)).stream for _ in visitors} == opened
            assert (await broker.ask("GET", "/honest/x")).status_code == 200
        with trio.fail_after(PATIENCE_SECONDS):
            while any(row["streams"] for row in broker.broker.desk.routes()):
                await trio.sleep(0.01)


@asynccontextmanager
async def running(settings: BrokerSettings, nursery: trio.Nursery) -> AsyncIterator[RunningBroker]:
    broker = await nursery.start(keep_running, settings)
    yield broker
    await broker.stop()
