"""The way to a broker: whatever answers there, it is a link, a no, or a failure, and each in time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of
from agentgather.tunnel.dial import (
    DIAL_SECONDS,
    SUBPROTOCOL,
    CertificateRefused,
    DialFailed,
    LinkSocket,
    NoLink,
    broker_address,
    dial,
)
from tests.tunnel.authority import Authority, tls_before


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Links are accepted and say back what they hear; a first message says what was asked for."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    seen = [scope["raw_path"].decode(), headers["host"], scope["subprotocols"], "sec-websocket-extensions" in headers]
    await send({"type": "websocket.send", "bytes": json.dumps(seen).encode()})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": message["bytes"]})


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    listeners = bind("127.0.0.1", 0, backlog=8)
    async with trio.open_nursery() as nursery:
        await nursery.start(Server(app, limits=ServingLimits(), websockets=True).keep, listeners)
        yield port_of(listeners)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def saying(talk: Callable[[trio.SocketStream], Any]) -> AsyncIterator[str]:
    """The URL of a server that does with each connection what `talk` does."""
    async with trio.open_nursery() as nursery:

        async def serve(stream: trio.SocketStream) -> None:
            async with stream:
                try:
                    await talk(stream)
                except trio.BrokenResourceError:
                    pass

        [listener] = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def accepting(peer: Callable[[trio.SocketStream, WSConnection], Any]) -> AsyncIterator[str]:
    """As `saying`, after a WebSocket was accepted."""

    async def talk(stream: trio.SocketStream) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        while not any(isinstance(event, Request) for event in protocol.events()):
            protocol.receive_data(await stream.receive_some())
        await stream.send_all(protocol.send(AcceptConnection(subprotocol=SUBPROTOCOL)))
        await peer(stream, protocol)

    async with saying(talk) as url:
        yield url


async def received(socket: LinkSocket, size: int) -> bytes:
    content = b""
    while len(content) < size and (piece := await socket.receive()):
        content += piece
    return content


@pytest.mark.parametrize("below", ["", "/below/it"])
async def test_messages_of_any_size_cross_both_ways(below: str) -> None:
    async with serving(echo) as port, dial(f"http://127.0.0.1:{port}{below}") as socket:
        seen = json.loads(await socket.receive())
        assert seen == [f"{below}/_host/link", f"127.0.0.1:{port}", [SUBPROTOCOL], False]
        for size in (1, 125, 126, 65_535, 65_536, 1_000_000):
            content = b"\x00\xff" * size
            await socket.send(content[:size])
            assert await received(socket, size) == content[:size]


async def test_both_directions_flow_at_once() -> None:
    async with serving(echo) as port, dial(f"http://127.0.0.1:{port}") as socket:
        await socket.receive()
        piece, count = b"x" * 60_000, 200
        async with trio.open_nursery() as nursery:

            async def send() -> None:
                for _ in range(count):
                    await socket.send(piece)

            nursery.start_soon(send)
            assert len(await received(socket, len(piece) * count)) == len(piece) * count


async def test_over_tls_the_certificate_has_to_be_the_brokers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    async with serving(echo) as port, tls_before(port, authority.context("127.0.0.1", "localhost")) as door:
        with pytest.raises(CertificateRefused, match="certificate"):
            async with dial(f"https://127.0.0.1:{door}"):
                pass
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        for name in ("127.0.0.1", "localhost"):
            async with dial(f"https://{name}:{door}") as socket:
                assert json.loads(await socket.receive())[1] == f"{name}:{door}"
                await socket.send(b"x" * 300_000)
                assert await received(socket, 300_000) == b"x" * 300_000


async def test_another_names_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with serving(echo) as port, tls_before(port, authority.context("rooms.example")) as door:
        with pytest.raises(CertificateRefused, match=r"127\.0\.0\.1"):
            async with dial(f"https://127.0.0.1:{door}"):
                pass


async def test_who_speaks_no_tls_is_no_broker() -> None:
    async with serving(echo) as port:
        with pytest.raises(DialFailed, match="TLS"):
            async with dial(f"https://127.0.0.1:{port}"):
                pass


async def test_pings_are_answered_while_a_message_is_on_its_way() -> None:
    pongs: list[bytes | bytearray] = []
    heard = bytearray()
    done = trio.Event()

    async def peer(stream: trio.SocketStream, protocol: WSConnection) -> None:
        for number in range(50):
            await stream.send_all(protocol.send(Ping(payload=b"%d" % number)))
        while len(pongs) < 50 or len(heard) < 3_000_000:
            protocol.receive_data(await stream.receive_some())
            for event in protocol.events():
                if isinstance(event, Pong):
                    pongs.append(event.payload)
                elif isinstance(event, BytesMessage):
                    heard.extend(event.data)
        done.set()

    async with accepting(peer) as url, dial(url) as socket, trio.open_nursery() as nursery:
        nursery.start_soon(socket.receive)
        for _ in range(50):
            await socket.send(b"x" * 60_000)
        await done.wait()
        nursery.cancel_scope.cancel()
    assert bytes(heard) == b"x" * 3_000_000
    assert [bytes(pong) for pong in pongs] == [b"%d" % number for number in range(50)]


async def test_a_message_without_end_is_handed_on_in_pieces() -> None:
    async def peer(stream: trio.SocketStream, protocol: WSConnection) -> None:
        await stream.send_all(b"\x82\x7f" + (2**40).to_bytes(8, "big"))
        while True:
            await stream.send_all(b"x" * 65_536)

    async with accepting(peer) as url, dial(url) as socket:
        for _ in range(100):
            assert 0 < len(await socket.receive()) <= 65_536


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 100, b"\x82\x82\0\0\0\0hi", b"\x8f\x00", b"\x82\xff" + b"\xff" * 8, b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["reserved bits", "masked", "unknown opcode", "endless length", "HTTP again"],
)
async def test_garbage_ends_the_link(garbage: bytes) -> None:
    async def peer(stream: trio.SocketStream, _: WSConnection) -> None:
        await stream.send_all(garbage)

    async with accepting(peer) as url, dial(url) as socket:
        assert await socket.receive() == b""
        assert socket.is_over


@pytest.mark.parametrize("last", [CloseConnection(code=1000), TextMessage(data="hello"), None])
async def test_at_its_end_nothing_comes_any_more(last: Any) -> None:
    async def peer(stream: trio.SocketStream, protocol: WSConnection) -> None:
        await stream.send_all(protocol.send(BytesMessage(data=b"whole")))
        if last is not None:
            await stream.send_all(protocol.send(last))

    async with accepting(peer) as url, dial(url) as socket:
        assert [await socket.receive() for _ in range(3)] == [b"whole", b"", b""]
        assert socket.is_over


async def test_a_receive_that_is_cancelled_loses_nothing() -> None:
    async with serving(echo) as port, dial(f"http://127.0.0.1:{port}") as socket:
        await socket.receive()
        for number in range(300):
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(socket.receive)
                    await trio.testing.wait_all_tasks_blocked()
                    scope.cancel()
            await socket.send(b"%03d" % number)
            assert await received(socket, 3) == b"%03d" % number


async def test_a_send_that_is_cut_in_the_middle_ends_the_link() -> None:
    async def peer(_: trio.SocketStream, __: WSConnection) -> None:
        await trio.sleep_forever()

    async with accepting(peer) as url, dial(url) as socket:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(socket.send, b"x" * 50_000_000)
                await trio.testing.wait_all_tasks_blocked()
                assert not socket.is_over
                scope.cancel()
        assert socket.is_over


@pytest.mark.parametrize(
    ("said", "code", "message", "seconds"),
    [
        (b'{"ok":false,"error":"link_limit","message":"later","retry_after":7}', "link_limit", "later", 7.0),
        (
            b'{"ok":false,"error":"x\\u001b[2J","message":"\\u001b[2J","retry_after":-1}',
            None,
            "the broker says 429",
            None,
        ),
        (b'{"error":["x"],"message":5,"retry_after":"soon"}', None, "the broker says 429", None),
        (b'{"error":null,"message":"","retry_after":1e999}', None, "the broker says 429", None),
        (b"<html>busy</html>", None, "the broker says 429", None),
        (b"[" * 60_000, None, "the broker says 429", None),
        (b"", None, "the broker says 429", None),
        (b"\xff\xfe", None, "the broker says 429", None),
    ],
)
async def test_a_no_is_told_with_what_can_be_read_of_it(
    said: bytes, code: str | None, message: str, seconds: float | None
) -> None:
    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 429 No\r\nContent-Length: %d\r\n\r\n" % len(said) + said)
        await stream.receive_some()

    async with saying(talk) as url:
        with pytest.raises(NoLink) as no:
            async with dial(url):
                pass
    assert (no.value.status, no.value.code, no.value.message) == (429, code, message)
    assert no.value.retry_after_seconds == seconds


async def test_a_no_without_end_is_not_listened_to_for_long() -> None:
    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await stream.send_all(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")

    async with saying(talk) as url:
        with trio.fail_after(DIAL_SECONDS / 2), pytest.raises(NoLink):
            async with dial(url):
                pass


async def test_a_redirect_is_a_no() -> None:
    async with serving(echo) as port:

        async def talk(stream: trio.SocketStream) -> None:
            await stream.receive_some()
            location = b"http://127.0.0.1:%d/_host/link" % port
            await stream.send_all(b"HTTP/1.1 307 There\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")
            await stream.receive_some()

        async with saying(talk) as url:
            with pytest.raises(NoLink) as no:
                async with dial(url):
                    pass
    assert no.value.status == 307


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000,
    ],
    ids=["nothing", "no HTTP", "wrong accept", "another upgrade", "endless header"],
)
async def test_what_is_no_handshake_is_a_failure(answer: bytes) -> None:
    async def talk(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(answer)

    async with saying(talk) as url:
        with pytest.raises(DialFailed):
            async with dial(url):
                pass


async def test_a_websocket_that_speaks_something_else_is_a_no() -> None:
    async def app(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async with serving(app) as port:
        with pytest.raises(NoLink) as no:
            async with dial(f"http://127.0.0.1:{port}"):
                pass
    assert no.value.status == 101


async def test_nobody_there_is_a_failure() -> None:
    async with saying(trio.aclose_forcefully) as url:
        pass
    for nowhere in (url, "http://name.invalid", "http://a..b", "http://" + "a" * 70 + ".example"):
        with pytest.raises(DialFailed):
            async with dial(nowhere):
                pass


async def test_who_accepts_and_says_nothing_is_given_up_in_time() -> None:
    async def talk(_: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async def try_it(url: str) -> None:
        began = trio.current_time()
        with pytest.raises(DialFailed, match="in time"):
            async with dial(url):
                pass
        assert DIAL_SECONDS <= trio.current_time() - began < DIAL_SECONDS + 2

    async with saying(talk) as url, trio.open_nursery() as nursery:
        nursery.start_soon(try_it, url)
        nursery.start_soon(try_it, url.replace("http:", "https:"))


@pytest.mark.parametrize(
    ("url", "origin", "host", "port"),
    [
        ("https://rooms.example", "https://rooms.example", "rooms.example", 443),
        ("https://rooms.example:444/below/", "https://rooms.example:444", "rooms.example", 444),
        ("http://127.0.0.1:8799", "http://127.0.0.1:8799", "127.0.0.1", 8799),
        ("http://[::1]:8799", "http://[::1]:8799", "::1", 8799),
        ("http://localhost", "http://localhost", "localhost", 80),
        ("https://Rooms.Example:443", "https://rooms.example", "rooms.example", 443),
    ],
)
def test_a_proof_is_for_the_origin_that_is_dialled(url: str, origin: str, host: str, port: int) -> None:
    address = broker_address(url)
    assert (address.origin, address.host, address.port) == (origin, host, port)
