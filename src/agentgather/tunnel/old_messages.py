"""Routes, requests and responses of the relay of 0.1, whole and as JSON (behaviour contract section 6.2)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

TARGET_BYTES_MAX = 8_192  # as the room's own server takes
BODY_BYTES_MAX = 65_536  # the contract's

_ID = re.compile(r"[!-~]{1,200}")
_TARGET = re.compile(r"/[!-~]*")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_HEADERS = frozenset(b"accept authorization content-type if-none-match last-event-id origin referer user-agent".split())


@dataclass(frozen=True, slots=True)
class OldRoute:
    """A route as its host knows it: both ids together are the right to it."""

    slug: str
    route_id: str
    connection_id: str = field(repr=False)

    def ids(self) -> dict[str, str]:
        return {"route_id": self.route_id, "host_connection_id": self.connection_id}


@dataclass(frozen=True, slots=True)
class OldRequest:
    """A visitor's request. `is_proper` is false for one that no room should see."""

    id: str
    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes | None = field(repr=False)
    is_proper: bool = True


@dataclass(frozen=True, slots=True)
class OldResponse:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers},
            "body_base64": b64encode(self.body).decode("ascii"),
        }


def read_route(value: object, *, slug: str) -> OldRoute | None:
    """The route that a broker gave for `slug`; None for anything else."""
    if not isinstance(value, dict) or value.get("route_slug") != slug:
        return None
    route_id, connection_id = value.get("route_id"), value.get("host_connection_id")
    for one in (route_id, connection_id):
        if not isinstance(one, str) or not _ID.fullmatch(one):
            return None
    return OldRoute(slug, str(route_id), str(connection_id))


def read_request(value: object) -> OldRequest | None:
    """What a broker forwards, read with care: nothing of it can lead anywhere but to the room."""
    fields = value if isinstance(value, dict) else {}
    request_id = fields.get("request_id")
    if not isinstance(request_id, str) or not _ID.fullmatch(request_id):
        return None
    method, path, headers, content = (fields.get(name) for name in ("method", "path", "headers", "body_base64"))
    improper = OldRequest(request_id, "GET", b"/", (), None, is_proper=False)
    if method not in _METHODS or not isinstance(path, str) or len(path) > TARGET_BYTES_MAX:
        return improper
    if not _TARGET.fullmatch(path) or not isinstance(headers, dict) or not isinstance(content, str | None):
        return improper
    try:
        body = None if content is None else b64decode(content, validate=True)
        passed = tuple(
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in headers.items()
            if name.lower().encode() in _HEADERS and isinstance(value, str) and _VALUE.fullmatch(value)
        )
    except (binascii.Error, ValueError):
        return improper
    if body is not None and len(body) > BODY_BYTES_MAX:
        return improper
    return OldRequest(request_id, str(method), path.encode("ascii"), passed, body)
