"""What a head may look like, in microseconds; the probes ask a running server the same."""

from __future__ import annotations

import h11
import pytest

from agentgather.serving.inspection import asks_for_websocket, inspect, scope_of
from agentgather.serving.limits import ServingLimits
from agentgather.serving.refusing import Rejected

LIMITS = ServingLimits(header_bytes_max=500, header_count_max=5, target_bytes_max=100, body_bytes_max=1_000)


def head(*headers: tuple[str, str], target: str = "/", method: str = "GET", version: str = "1.1") -> h11.Request:
    return h11.Request(method=method, target=target, headers=[("Host", "h"), *headers], http_version=version)


def code_of(request: h11.Request, *, head_bytes: int = 50, websockets: bool = False) -> str | None:
    try:
        inspect(request, head_bytes=head_bytes, limits=LIMITS, websockets=websockets)
    except Rejected as rejected:
        return rejected.rejection.code
    return None


def test_the_largest_request_passes_and_a_byte_more_does_not() -> None:
    assert code_of(head(target="/" + "x" * 99)) is None
    assert code_of(head(target="/" + "x" * 100)) == "target_too_long"
    assert code_of(head(), head_bytes=501) is None  # the target's byte is counted apart
    assert code_of(head(), head_bytes=502) == "headers_too_large"
    assert code_of(head(*[("a", "b")] * 4)) is None
    assert code_of(head(*[("a", "b")] * 5)) == "headers_too_large"
    assert code_of(head(("Content-Length", "1000"))) is None
    assert code_of(head(("Content-Length", "1001"))) == "body_too_large"


@pytest.mark.parametrize(
    "request_head",
    [
        head(("Content-Length", "3"), ("Transfer-Encoding", "chunked")),
        head(("Transfer-Encoding", "chunked"), version="1.0"),
        head(target="*"),
        head(target="http://h/"),
        head(target="h:80", method="CONNECT"),
        head(target="/", method="CONNECT"),
        head(version="2.0"),
        head(version="1.2"),
        h11.Request(method="GET", target="/", headers=[], http_version="1.0"),
    ],
)
def test_an_ambiguous_request_is_refused(request_head: h11.Request) -> None:
    assert code_of(request_head) == "bad_request"


def test_a_websocket_is_asked_for_by_name() -> None:
    assert asks_for_websocket(head(("Upgrade", "h2c, WebSocket")))
    assert not asks_for_websocket(head(("Upgrade", "h2c")))
    assert not asks_for_websocket(head(("X-Upgrade", "websocket")))


HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def test_a_whole_handshake_passes_where_websockets_are_served() -> None:
    generous = ServingLimits()
    inspect(head(*HANDSHAKE.items()), head_bytes=200, limits=generous, websockets=True)
    with pytest.raises(Rejected):
        inspect(head(*HANDSHAKE.items()), head_bytes=200, limits=generous, websockets=False)


@pytest.mark.parametrize("missing", ["Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
def test_half_a_handshake_is_refused(missing: str) -> None:
    headers = [(name, value) for name, value in HANDSHAKE.items() if name != missing]
    assert code_of(head(*headers), websockets=True) == "bad_request"


@pytest.mark.parametrize("name", ["Protocol", "Extensions"])
def test_a_handshake_beyond_ascii_is_refused(name: str) -> None:
    fields = [(field.encode(), value.encode()) for field, value in HANDSHAKE.items()]
    headers = [(b"Host", b"h"), *fields, (b"Sec-WebSocket-" + name.encode(), b"caf\xe9")]
    request = h11.Request(method="GET", target="/", headers=headers)
    with pytest.raises(Rejected):
        inspect(request, head_bytes=200, limits=ServingLimits(), websockets=True)


def test_the_scope_has_the_path_decoded_and_as_it_was() -> None:
    scope = scope_of(head(target="/caf%C3%A9/%2F%00?q=%20"), client=("127.0.0.1", 1), server=None)
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == (
        "/caf\u00e9//\x00",
        b"/caf%C3%A9/%2F%00",
        b"q=%20",
    )
    assert scope_of(head(target="/%ff"), client=None, server=None)["path"] == "/\ufffd"
    assert scope_of(head(method="get"), client=None, server=None)["method"] == "get"
