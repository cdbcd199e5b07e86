"""One request of the relay of 0.1: the room is asked, and its answer made to cross whole, or refused where it cannot."""

from __future__ import annotations

import json
from collections.abc import Iterable

import trio

from agentgather.tunnel.old_messages import OldRequest, OldResponse
from agentgather.tunnel.origin import Origin, OriginGone

ANSWER_BYTES_MAX = 1_048_576  # what a broker of 0.1 passes on
_PASSED = frozenset(
    b"cache-control content-security-policy content-type etag referrer-policy retry-after x-content-type-options".split()
)


async def ask_room(origin: Origin, request: OldRequest) -> OldResponse:
    """What the room answers; in its place, a refusal in the room's form when nothing can be had that crosses."""
    if not request.is_proper:
        return _refusal(400, "bad_request", "that is no request for a room; use the URL of your invitation")
    gathered = _Gathered()
    try:
        with gathered.asking:
            await origin.relay(request.method, request.target, request.headers, request.body, gathered)
    except OriginGone:
        message = "the host is connected and its room is not; it may be restarting. Try again in a few seconds"
        return _refusal(502, "host_unavailable", message)
    return gathered.response()


class _Gathered:
    """An AnswerSink for an answer that crosses whole. One that cannot is let go of at once, and not read to its end."""

    def __init__(self) -> None:
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._refusal: OldResponse | None = None
        self.asking = trio.CancelScope()

    def response(self) -> OldResponse:
        """The answer as it crosses, or the refusal in its place."""
        passed = tuple((name, value) for name, value in self._headers if name in _PASSED)
        return self._refusal or OldResponse(self._status, passed, bytes(self._body))

    async def begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._status, self._headers = status, list(headers)
        said = dict(self._headers)
        if said.get(b"content-type", b"").lower().startswith(b"text/event-stream"):
            message = "this address runs over an older broker, which passes no streams; use /wait"
            self._refuse(_refusal(502, "events_not_relayed", message))
        elif int(said.get(b"content-length", b"0")) > ANSWER_BYTES_MAX:
            self._refuse(_too_large())

    async def write(self, piece: bytes, *, is_last: bool) -> None:  # noqa: ARG002 - the end of the asking says so too
        await trio.lowlevel.checkpoint_if_cancelled()
        self._body += piece
        if len(self._body) > ANSWER_BYTES_MAX:
            self._refuse(_too_large())

    def _refuse(self, refusal: OldResponse) -> None:
        self._refusal = refusal
        self.asking.cancel()


def _too_large() -> OldResponse:
    message = f"the answer has more than {ANSWER_BYTES_MAX} bytes; ask for less at a time, with limit"
    return _refusal(502, "response_too_large", message)


def _refusal(status: int, code: str, message: str) -> OldResponse:
    body = json.dumps({"ok": False, "error": code, "message": message}, separators=(",", ":")).encode() + b"\n"
    headers = ((b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store"))
    return OldResponse(status, headers, body)
