"""What the serving layer itself says no to, before any app hears of it: one table of codes, and each no as bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

Headers = Sequence[tuple[bytes, bytes]]

RETRY_SECONDS = 1  # what a 503 asks for: connections are let go, and daemons restarted, in less


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row of the table. `code` is permanent, `message` is for whoever reads it, often an agent."""

    status: int
    code: str
    message: str

    def body(self, *, error_id: str | None = None) -> bytes:
        """The body of every error, as JSON and a newline."""
        fields: dict[str, object] = {"ok": False, "error": self.code, "message": self.message}
        if self.status == 503:
            fields["retry_after"] = RETRY_SECONDS
        if error_id is not None:
            fields["error_id"] = error_id
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"

    def headers(self, body: bytes, *, extra: Headers) -> list[tuple[bytes, bytes]]:
        """The headers around `body`; `extra` are those that every answer carries."""
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            *extra,
            (b"content-length", b"%d" % len(body)),
        ]
        if self.status == 503:
            headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
        headers.append((b"connection", b"close"))
        return headers

    def answer(self, *, extra: Headers, error_id: str | None = None, is_head: bool = False) -> bytes:
        """The whole answer as it goes over the wire. Not by way of h11: its state may be beyond an answer already."""
        body = self.body(error_id=error_id)
        lines = [b"HTTP/1.1 %d %s" % (self.status, HTTPStatus(self.status).phrase.encode())]
        lines += [b"%s: %s" % line for line in self.headers(body, extra=extra)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if is_head else body)


class Rejected(Exception):
    """A request ends here, with `rejection` as its answer; the connection closes after it."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.code)
        self.rejection = rejection


def malformed(what: str = "the request is not well-formed HTTP/1.1") -> Rejection:
    return Rejection(400, "bad_request", f"{what}; it was not looked at further")


NOT_HTTP_1 = malformed("this server speaks HTTP/1.1 only")
NO_WEBSOCKETS = malformed("this server has no WebSockets; ask without Upgrade")
TOO_SLOW = Rejection(408, "request_timeout", "the request did not arrive in time; send it again in one go")
BODY_TOO_LARGE = Rejection(413, "body_too_large", "the body is larger than this server accepts; send less, or in parts")
TARGET_TOO_LONG = Rejection(414, "target_too_long", "the path with its query is too long for this server")
HEADERS_TOO_LARGE = Rejection(431, "headers_too_large", "the request has too many headers, or too long ones")
TOO_BUSY = Rejection(503, "too_busy", "this server holds as many connections as it may; try again in a moment")
SHUTTING_DOWN = Rejection(503, "shutting_down", "this server is stopping; try again in a moment")
BROKEN = Rejection(
    500,
    "internal_error",
    "something broke on our side; nothing is known to have been recorded. Try again, and tell the host this id",
)
