"""Why the broker says no: one table of codes, and the body that every no has."""

from __future__ import annotations

import json

STATUS_OF = {
    "bad_target": 400,
    "invalid_heartbeat": 400,
    "invalid_registration": 400,
    "invalid_request": 400,
    "key_not_admitted": 403,
    "origin_mismatch": 403,
    "proof_failed": 403,
    "registration_closed": 403,
    "route_blocked": 403,
    "route_not_found": 404,
    "unknown_key": 404,
    "unknown_request": 404,
    "unsupported_route": 404,
    "route_slug_taken": 409,
    "route_closed": 410,
    "route_expired": 410,
    "request_too_large": 413,
    "link_limit": 429,
    "rate_limited": 429,
    "route_request_limit": 429,
    "wait_limit": 429,
    "internal_error": 500,
    "host_unavailable": 502,  # 503 while the host is away, 504 when it did not answer in time
    "response_too_large": 502,
    "storage_unavailable": 503,
}

CLOSED_MESSAGE = "this room's public address was closed; ask its host for a new invitation"
EXPIRED_MESSAGE = "this room's public address has run out; ask its host to open it again"


class Refused(Exception):
    """What was refused, why, and what to do next. `code` is permanent; the message names no token, URL or path."""

    def __init__(
        self, code: str, message: str, *, status: int | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS_OF[code]
        self.retry_after_seconds = retry_after_seconds

    def body(self) -> bytes:
        """The body of every error: JSON and a newline."""
        fields: dict[str, object] = {"ok": False, "error": self.code, "message": self.message}
        if self.retry_after_seconds is not None:
            fields["retry_after"] = self.retry_after_seconds
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
