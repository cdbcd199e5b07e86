"""The numbers of the HTTP door; `settings` lets a host change them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpRules:
    body_bytes_max: int = 64_000  # a request's JSON
    hold_seconds_default: float = 25.0  # a wait that does not ask
    hold_seconds_max: float = 55.0  # below every proxy's patience
    page_records_max: int = 1000  # records in one answer
    keepalive_seconds: float = 15.0  # between comments on a silent event stream
