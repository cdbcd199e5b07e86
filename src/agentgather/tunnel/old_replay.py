"""One request of the relay of 0.1: the room is asked, and its answer made to cross whole, or refused where it cannot."""

from __future__ import annotations

import json

from agentgather.tunnel.old_messages import OldRequest, OldResponse
from agentgather.tunnel.origin import Origin, OriginAnswer, OriginGone

ANSWER_BYTES_MAX = 1_048_576  # what a broker of 0.1 passes on
_PASSED = frozenset(
    b"cache-control content-security-policy content-type etag referrer-policy retry-after x-content-type-options".split()
)


async def ask_room(origin: Origin, request: OldRequest) -> OldResponse:
    """What the room answers; in its place, a refusal in the room's form when nothing can be had that crosses."""
    if not request.is_proper:
        return _refusal(400, "bad_request", "that is no request for a room; use the URL of your invitation")
    try:
        async with origin.ask(request.method, request.target, request.headers, request.body) as answer:
            return await _whole(answer)
    except OriginGone:
        message = "the host is connected and its room is not; it may be restarting. Try again in a few seconds"
        return _refusal(502, "host_unavailable", message)


async def _whole(answer: OriginAnswer) -> OldResponse:
    """The answer as it crosses. One that cannot is let go of at once, and not read to its end. Raises OriginGone."""
    headers = dict(answer.headers)
    if headers.get(b"content-type", b"").lower().startswith(b"text/event-stream"):
        message = "this address runs over an older broker, which passes no streams; use /wait"
        return _refusal(502, "events_not_relayed", message)
    if int(headers.get(b"content-length", b"0")) > ANSWER_BYTES_MAX:
        return _too_large()
    body = bytearray()
    async for piece in answer.pieces():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            return _too_large()
    passed = tuple((name, value) for name, value in answer.headers if name in _PASSED)
    return OldResponse(answer.status, passed, bytes(body))


def _too_large() -> OldResponse:
    message = f"the answer has more than {ANSWER_BYTES_MAX} bytes; ask for less at a time, with limit"
    return _refusal(502, "response_too_large", message)


def _refusal(status: int, code: str, message: str) -> OldResponse:
    body = json.dumps({"ok": False, "error": code, "message": message}, separators=(",", ":")).encode() + b"\n"
    headers = ((b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store"))
    return OldResponse(status, headers, body)
