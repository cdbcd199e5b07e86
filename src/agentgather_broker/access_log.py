"""The access log: the only thing the broker ever writes about a request, field by field, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

LIMIT_CODES = frozenset(
    {"rate_limited", "route_request_limit", "wait_limit", "request_too_large", "response_too_large"}
)
PATH_CLASSES = frozenset(
    (
        "shell asset brief attendance status messages wait events card profile join leave close other"  # contract 6.7
    ).split()
)
HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Writes one JSON object a request through `write_line` (without its newline)."""

    def __init__(self, write_line: Callable[[str], None]) -> None:
        self._write_line = write_line

    def write(
        self,
        *,
        route_hash: str,
        method: str,
        path_class: str,
        status: int,
        duration_ms: float,
        bytes_in: int,
        bytes_out: int,
        error: str | None,
    ) -> None:
        """One request. `method` is shown only where it is a known one: a visitor chooses its letters."""
        event = "forward" if error is None else "limit_rejected" if error in LIMIT_CODES else "forward_error"
        line: dict[str, object] = {
            "event": event,
            "route_hash": route_hash,
            "method": method if method in HTTP_METHODS else "other",
            "path_class": path_class,
            "status": status,
            "duration_ms": duration_ms,
            "bytes_in": bytes_in,
            "bytes_out": bytes_out,
        }
        if path_class == "wait":
            line["wait_held_ms"] = duration_ms
        if error is not None:
            line["error"] = error
        self._write_line(json.dumps(line, separators=(",", ":")))
