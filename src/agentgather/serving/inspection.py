"""Whether a request's head may go on to the app: what h11 lets pass and a careful server does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

import h11

from agentgather.serving.limits import ServingLimits
from agentgather.serving.refusing import (
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    NO_UPGRADE,
    TARGET_TOO_LONG,
    WRONG_VERSION,
    malformed,
)

Address = tuple[str, int] | None


def inspect(request: h11.Request, *, limits: ServingLimits) -> None:
    """Raise Refused for a head that is too large, ambiguous, or asks for another protocol.

    Both a Content-Length and a Transfer-Encoding would be read differently by a proxy before us (request smuggling,
    RFC 9112 section 6.1); a request without exactly one Host may be meant for anybody.
    """
    if request.http_version not in (b"1.0", b"1.1"):
        raise WRONG_VERSION
    if len(request.target) > limits.target_bytes_max:
        raise TARGET_TOO_LONG
    raw = request.headers.raw_items()
    if len(raw) > limits.header_count_max:
        raise HEADERS_TOO_LARGE
    size = hosts = 0
    has_length = has_encoding = False
    for name, value in request.headers:
        size += len(name) + len(value) + 4
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            has_length = True
            if int(value) > limits.body_bytes_max:
                raise BODY_TOO_LARGE
        elif name == b"transfer-encoding":
            has_encoding = True
        elif name == b"upgrade" and value.strip().lower() not in (b"h2c", b"h2"):
            raise NO_UPGRADE
    if size > limits.header_bytes_max:
        raise HEADERS_TOO_LARGE
    if hosts != 1:
        raise malformed("a request names exactly one Host")
    if has_encoding and (has_length or request.http_version == b"1.0"):
        raise malformed("the length of the body is ambiguous")
    if not request.target.startswith(b"/"):
        raise malformed("the request target is a path that starts with a slash")


def scope_of(request: h11.Request, *, client: Address, server: Address) -> dict[str, Any]:
    """The ASGI scope of a request that passed inspection."""
    raw_path, _, query = bytes(request.target).partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.http_version.decode(),
        "method": request.method.decode().upper(),
        "scheme": "http",
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": list(request.headers),
        "client": client,
        "server": server,
        "extensions": {},
    }
