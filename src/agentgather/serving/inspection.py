"""Whether a request's head may go on to the app: what h11 lets pass and a careful server does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from agentgather.serving.limits import LENGTH_DIGITS_MAX, ServingLimits
from agentgather.serving.plain_head import Head
from agentgather.serving.refusing import (
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    NO_WEBSOCKETS,
    NOT_HTTP_1,
    TARGET_TOO_LONG,
    Rejected,
    malformed,
)

Address = tuple[str, int] | None

TARGET = "agentgather.target"  # extension of the scope: the request's target as it came, a lone `?` at its end included


def inspect(request: Head, *, head_bytes: int, limits: ServingLimits, websockets: bool) -> None:
    """Raise Rejected for a head that is too large, ambiguous, or asks for what we do not speak.

    `head_bytes` are the bytes the client really sent, padding included. Both a Content-Length and a Transfer-Encoding
    would be read differently by a proxy before us (request smuggling, RFC 9112 section 6.1); a request without exactly
    one Host may be meant for anybody; absolute and authority-form targets are for proxies, which we are not.
    """
    if request.http_version not in (b"1.0", b"1.1"):
        raise Rejected(NOT_HTTP_1)
    target = request.target
    if len(target) > limits.target_bytes_max:
        raise Rejected(TARGET_TOO_LONG)
    if head_bytes - len(target) > limits.header_bytes_max or len(request.headers) > limits.header_count_max:
        raise Rejected(HEADERS_TOO_LARGE)
    if target[:1] != b"/" or request.method == b"CONNECT":
        raise Rejected(malformed("a request target is a path that starts with a slash; this server is no proxy"))
    hosts = 0
    has_length = has_encoding = is_websocket = False
    for name, value in request.headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            has_length = True
            if len(value) > LENGTH_DIGITS_MAX or int(value) > limits.body_bytes_max:
                raise Rejected(BODY_TOO_LARGE)
        elif name == b"transfer-encoding":
            has_encoding = True
        elif name == b"upgrade":
            is_websocket = is_websocket or _names_websocket(value)
    if hosts != 1:
        raise Rejected(malformed("a request names exactly one Host"))
    if has_encoding and (has_length or request.http_version == b"1.0"):
        raise Rejected(malformed("the length of the body is ambiguous"))
    if is_websocket:
        if not websockets:
            raise Rejected(NO_WEBSOCKETS)
        _inspect_handshake(request, has_body=has_length or has_encoding)


def asks_for_websocket(request: Head) -> bool:
    """Whether this is a WebSocket handshake. Any other upgrade, h2c among them, is ignored (RFC 9110 section 7.8)."""
    return any(name == b"upgrade" and _names_websocket(value) for name, value in request.headers)


def _names_websocket(upgrade: bytes) -> bool:
    return b"websocket" in [protocol.strip() for protocol in upgrade.lower().split(b",")]


def _inspect_handshake(request: Head, *, has_body: bool) -> None:
    if request.method != b"GET" or has_body or request.http_version != b"1.1":
        raise Rejected(malformed("a WebSocket begins with a GET of HTTP/1.1 that has no body"))
    if any(not value.isascii() for name, value in request.headers if name.startswith((b"sec-websocket-", b"conn"))):
        raise Rejected(malformed("the headers of a WebSocket handshake are ASCII"))
    headers = dict(request.headers)
    tokens = [token.strip() for token in headers.get(b"connection", b"").lower().split(b",")]
    key, version = headers.get(b"sec-websocket-key"), headers.get(b"sec-websocket-version")
    if b"upgrade" not in tokens or not key or version != b"13":
        raise Rejected(malformed("a WebSocket handshake has Connection: Upgrade, a Sec-WebSocket-Key and version 13"))


def scope_of(request: Head, *, client: Address, server: Address) -> dict[str, Any]:
    """The ASGI scope of a request that passed inspection."""
    scope = http_scope(
        request.method.decode(), bytes(request.target), list(request.headers), client=client, server=server
    )
    scope["http_version"] = request.http_version.decode()
    return scope


def http_scope(
    method: str, target: bytes, headers: list[tuple[bytes, bytes]], *, client: Address, server: Address
) -> dict[str, Any]:
    """The ASGI scope of a request of HTTP/1.1."""
    raw_path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": client,
        "server": server,
        "extensions": {TARGET: target},
    }
