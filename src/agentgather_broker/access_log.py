"""The access log: the only thing the broker ever writes about a request, field by field, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from agentgather_broker.refusals import STATUS_OF

LIMIT_CODES = frozenset(
    {"rate_limited", "route_request_limit", "wait_limit", "request_too_large", "response_too_large"}
)
_PATH_CLASSES = (
    "shell asset brief attendance status messages search wait events card profile join leave close mcp other"
)
PATH_CLASSES = frozenset(_PATH_CLASSES.split(" "))  # contract section 6.7, our search, our stream of events and MCP
HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HASH = re.compile(r"[0-9a-f]{12}")
_written = json.JSONEncoder(separators=(",", ":")).encode  # built once, not for each line


class AccessLog:
    """Writes one JSON object a request through `write_line` (without its newline).

    Every value is a number or a word of a closed set, but for `route_hash`, of 12 hexadecimal digits: whatever a visitor or
    a host says, none of it can get into a line.
    """

    def __init__(self, write_line: Callable[[str], None]) -> None:
        self._write_line = write_line
        self.lost_count = 0  # lines that could not be written

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
        """One request. What is not of its closed set stands there as `other`, an unknown error as `internal_error`."""
        if error is not None and error not in STATUS_OF:
            error = "internal_error"
        event = "forward" if error is None else "limit_rejected" if error in LIMIT_CODES else "forward_error"
        line: dict[str, object] = {
            "event": event,
            "route_hash": route_hash if _HASH.fullmatch(route_hash) else "other",
            "method": method if method in HTTP_METHODS else "other",
            "path_class": path_class if path_class in PATH_CLASSES else "other",
            "status": status,
            "duration_ms": duration_ms,
            "bytes_in": bytes_in,
            "bytes_out": bytes_out,
        }
        if path_class == "wait":
            line["wait_held_ms"] = duration_ms
        if error is not None:
            line["error"] = error
        try:
            self._write_line(_written(line))
        except (OSError, ValueError):  # a full disk or a closed pipe: a visitor's answer does not depend on our diary
            self.lost_count += 1
