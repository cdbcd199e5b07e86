"""Requests and responses as they cross the relay of 0.1: whole, as JSON, bodies in base64 (contract section 6.2)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

from agentgather_broker.host_requests import Request
from agentgather_broker.refusals import Refused

HEADERS_MAX = 64  # of a response; 0.1 sends one
HEADER_BYTES_MAX = 8_192  # of one of them

# A host of 0.1 makes the last two the room's own, whatever they are.
_PASSED = frozenset(b"authorization content-type accept origin referer".split())
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_UNSAID = frozenset(("content-length", "transfer-encoding", "connection"))  # how long a body is, its bytes say


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A host's response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(repr=False)


def request_json(request: Request, *, request_id: str, slug: str) -> dict[str, Any]:
    """`request` as a host is handed it."""
    fields: dict[str, Any] = {
        "request_id": request_id,
        "route_slug": slug,
        "method": request.method,
        "path": request.target.decode("ascii"),
        "headers": {n.decode("ascii"): v.decode("latin-1") for n, v in request.headers if n in _PASSED},
    }
    if request.body:
        fields["body_base64"] = b64encode(request.body).decode("ascii")
    return fields


def read_response(value: object, *, bytes_max: int) -> Forwarded:
    """What a host responded. Raises Refused `invalid_request`, or `response_too_large` beyond `bytes_max` of body."""
    if not isinstance(value, dict):
        raise _malformed("it is no object")
    status, headers, content = value.get("status"), value.get("headers", {}), value.get("body_base64", "")
    if type(status) is not int or not 200 <= status <= 599:
        raise _malformed("`status` is no number from 200 to 599")
    if not isinstance(headers, dict) or len(headers) > HEADERS_MAX:
        raise _malformed(f"`headers` is no object of at most {HEADERS_MAX}")
    if not isinstance(content, str):
        raise _malformed("`body_base64` is no text")
    if len(content) > -(-bytes_max // 3) * 4:
        raise too_large()
    try:
        body = b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("`body_base64` is not base64") from None
    if len(body) > bytes_max:
        raise too_large()
    return Forwarded(status, tuple(_header(name, said) for name, said in headers.items() if _is_said(name)), body)


def too_large() -> Refused:
    return Refused("response_too_large", "the answer is larger than this broker passes on; ask for less at a time")


def _is_said(name: str) -> bool:
    return name.lower() not in _UNSAID


def _header(name: str, value: object) -> tuple[bytes, bytes]:
    if not isinstance(value, str) or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise _malformed("a header has no proper name or value")
    try:
        written = value.encode("latin-1")
    except UnicodeEncodeError:
        raise _malformed("a header has no proper value") from None
    if len(name) + len(written) > HEADER_BYTES_MAX:
        raise _malformed("a header is too long")
    return name.lower().encode("ascii"), written


def _malformed(what: str) -> Refused:
    return Refused("invalid_request", f"that is no response to a visitor's request: {what}")
