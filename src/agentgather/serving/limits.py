"""What one connection may cost, in bytes and in seconds."""

from __future__ import annotations

from dataclasses import dataclass

LENGTH_DIGITS_MAX = 15  # of a Content-Length: more than any body, and no work for int()


@dataclass(frozen=True, slots=True)
class ServingLimits:
    header_seconds: float = 10  # from the first byte of a request to the end of its headers
    header_bytes_max: int = 16_384  # all header lines together
    header_count_max: int = 100
    target_bytes_max: int = 8_192
    body_seconds: float = 20  # the whole body has to arrive within
    body_bytes_max: int = 1_048_576  # whatever the app behind would take
    idle_seconds: float = 75  # a kept-alive connection between requests
    send_seconds: float = 20  # a reader that takes nothing for so long is dropped
    connections_max: int = 2_048
    backlog: int = 512  # connections the kernel holds for us while we are busy
