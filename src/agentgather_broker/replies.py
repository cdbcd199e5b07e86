"""Answers that the broker writes itself: every one with the headers that keep a browser out of trouble."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agentgather_broker.refusals import Refused

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"

NOTHING = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_CAREFUL: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
OWN_HEADERS = ((b"content-security-policy", NOTHING), *_CAREFUL)


def compact(value: Mapping[str, Any]) -> bytes:
    """`value` as the control answers of 0.1 have it: compact, without a newline."""
    return json.dumps(value, separators=(",", ":")).encode()


async def send_reply(
    send: Any,
    status: int,
    body: bytes,
    *,
    content_type: bytes = JSON,
    headers: Sequence[tuple[bytes, bytes]] = (),
    policy: bytes = NOTHING,
    kind: str = "http.response",
) -> None:
    """A whole answer. `policy` is its CSP; `kind` is `websocket.http.response` where a WebSocket is declined."""
    about = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    written = [*about, (b"content-security-policy", policy), *_CAREFUL, *headers]
    await send({"type": f"{kind}.start", "status": status, "headers": written})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})


async def send_refusal(
    send: Any, refused: Refused, *, headers: Sequence[tuple[bytes, bytes]] = (), kind: str = "http.response"
) -> None:
    await send_reply(send, refused.status, refused.body(), headers=[*retry_header(refused), *headers], kind=kind)


def retry_header(refused: Refused) -> list[tuple[bytes, bytes]]:
    """`Retry-After` in whole seconds, where the refusal names a time."""
    seconds = refused.retry_after_seconds
    return [] if seconds is None else [(b"retry-after", b"%d" % -(-seconds // 1))]
