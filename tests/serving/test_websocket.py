"""WebSockets, where a server is told to have them. The client is wsproto over a raw socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from tests.serving.process import Caller, ServerProcess, serving


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serving(websockets=True, limits={"body_bytes_max": 100_000, "idle_seconds": 0.3}) as running:
        yield running


class Peer:
    """The client's end of a WebSocket."""

    def __init__(self, caller: Caller, path: str = "/") -> None:
        self._caller = caller
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._seen: list[Event] = []
        self.say(Request(host="127.0.0.1", target=path))

    def say(self, *events: Event) -> None:
        self._caller.send(b"".join(self._protocol.send(event) for event in events))

    def hear(self) -> Event | None:
        """What comes next; None at the end of the connection."""
        while not self._seen:
            piece = self._caller.socket.recv(65_536)
            if not piece:
                return None
            self._protocol.receive_data(piece)
            self._seen += self._protocol.events()
        return self._seen.pop(0)


def test_messages_go_back_and_forth(server: ServerProcess) -> None:
    with server.call() as caller:
        peer = Peer(caller)
        assert isinstance(peer.hear(), AcceptConnection)
        for number in range(100):
            peer.say(TextMessage(data=f"message {number}"))
        for number in range(100):
            heard = peer.hear()
            assert isinstance(heard, Message)
            assert heard.data == f"message {number}"
        peer.say(Ping(payload=b"well?"))
        assert peer.hear() == Pong(payload=b"well?")
        peer.say(TextMessage(data="bye"))
        heard = peer.hear()
        assert isinstance(heard, CloseConnection)
        assert heard.code == 4000
        peer.say(heard.response())
        assert peer.hear() is None


def test_a_message_may_come_right_behind_the_handshake(server: ServerProcess) -> None:
    with server.call() as caller:
        early = bytes.fromhex("8182000000006869")  # "hi", masked with zeros
        handshake = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        caller.send("\r\n".join(["GET / HTTP/1.1", "Host: h", *handshake, key, "", ""]).encode() + early)
        assert caller.answer().status == 101
        assert caller.read_exactly(4) == bytes.fromhex("81026869")


def test_a_message_too_long_closes_with_its_code(server: ServerProcess) -> None:
    with server.call() as caller:
        peer = Peer(caller)
        peer.hear()
        peer.say(TextMessage(data="x" * 100_001))
        heard = peer.hear()
        assert isinstance(heard, CloseConnection)
        assert heard.code == 1009
    assert server.is_well()


def test_a_bug_in_the_middle_closes_with_1011(server: ServerProcess) -> None:
    with server.call() as caller:
        peer = Peer(caller)
        peer.hear()
        peer.say(TextMessage(data="bug"))
        heard = peer.hear()
        assert isinstance(heard, CloseConnection)
        assert heard.code == 1011
    assert "a bug in the middle" in server.logged()
    assert server.is_well()


def test_a_bug_before_the_handshake_is_a_refusal(server: ServerProcess) -> None:
    with server.call() as caller:
        peer = Peer(caller, "/bug")
        refused, told = peer.hear(), peer.hear()
        assert isinstance(refused, RejectConnection)
        assert refused.status_code == 500
        assert isinstance(told, RejectData)
        assert b'"internal_error"' in told.data
    assert server.is_well()


def test_an_app_may_decline(server: ServerProcess) -> None:
    with server.call() as caller:
        declined = Peer(caller, "/closed").hear()
        assert isinstance(declined, RejectConnection)
        assert declined.status_code == 403


@pytest.mark.parametrize("how", ["leave", "stop_sending", "reset"])
def test_a_visitor_may_vanish(how: str) -> None:
    with serving(websockets=True, limits={"connections_max": 1}, grace_seconds=5) as server:
        with server.call() as caller:
            Peer(caller).hear()
            getattr(caller, how)()
            while server.ask("/").status == 503:
                pass
        server.ask_to_stop()
        assert server.end() == 0
        assert "Traceback" not in server.logged()


def test_an_app_that_does_not_listen_is_let_go_with_its_visitor() -> None:
    with serving(websockets=True, limits={"connections_max": 1}, grace_seconds=5) as server:
        with server.call() as caller:
            peer = Peer(caller, "/deaf")
            assert isinstance(peer.hear(), AcceptConnection)
            peer.say(*[TextMessage(data="hello?")] * 100)
        while server.ask("/").status == 503:
            pass
        server.ask_to_stop()
        assert server.end() == 0


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 100, b"\x81\x02hi", b"\x8f\x80\0\0\0\0", b"\x81\xff" + b"\xff" * 12, b"GET / HTTP/1.1\r\n\r\n"],
    ids=["reserved bits", "unmasked", "unknown opcode", "endless length", "HTTP again"],
)
def test_garbage_ends_one_websocket_only(garbage: bytes, server: ServerProcess) -> None:
    with server.call() as caller:
        Peer(caller).hear()
        caller.send(garbage)
        caller.stop_sending()
        caller.read_to_end()
    assert server.is_well()


def test_ordinary_requests_are_served_beside(server: ServerProcess) -> None:
    assert server.ask("/scope?a").json == ["GET", "/scope", "/scope", "a"]


def test_a_drain_leaves_a_websocket_its_grace_and_no_more() -> None:
    with serving(websockets=True, grace_seconds=0.4) as server, server.call() as caller:
        peer = Peer(caller)
        peer.hear()
        server.ask_to_stop()
        peer.say(TextMessage(data="still here"))
        heard = peer.hear()
        assert isinstance(heard, Message)
        assert heard.data == "still here"
        assert server.end() == 0
        assert peer.hear() is None
