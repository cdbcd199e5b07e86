"""What the serving layer itself says no to, before any app hears of it: one table of codes."""

from __future__ import annotations

import json
from dataclasses import dataclass

import h11

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A request ends here: `status` and a body of the same shape as every error's. The connection closes after it."""

    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return self.code

    def answer(self, extra: Headers) -> tuple[h11.Response, bytes]:
        """The response head and the body; `extra` are the headers every answer carries."""
        fields: dict[str, object] = {"ok": False, "error": self.code, "message": self.message}
        headers: Headers = [(b"content-type", b"application/json; charset=utf-8"), *extra]
        if self.status == 503:
            fields["retry_after"] = 1
            headers.append((b"retry-after", b"1"))
        body = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
        headers += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        return h11.Response(status_code=self.status, headers=headers), body


def malformed(what: str = "the request is not well-formed HTTP/1.1") -> Refused:
    return Refused(400, "bad_request", f"{what}; it was not looked at further")


TOO_SLOW = Refused(408, "request_timeout", "the request did not arrive in time; send it again in one go")
BODY_TOO_LARGE = Refused(413, "body_too_large", "the body is larger than this server accepts; send less, or in parts")
TARGET_TOO_LONG = Refused(414, "target_too_long", "the path with its query is too long for this server")
HEADERS_TOO_LARGE = Refused(431, "headers_too_large", "the request has too many headers, or too long ones")
WRONG_VERSION = Refused(505, "bad_request", "this server speaks HTTP/1.1 only")
NO_UPGRADE = malformed("this server does not upgrade connections")
TOO_BUSY = Refused(503, "too_busy", "this server holds as many connections as it may; try again in a moment")
BROKEN = Refused(
    500, "internal_error", "something broke on our side; nothing is known to have been recorded. Try again"
)
