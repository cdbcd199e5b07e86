"""Lengths of time as people write them: `24h`, `90m`, `1h30m`, `45s`, `2d`, and `none` for no end."""

from __future__ import annotations

import re
from datetime import timedelta

from agentgather.room.refusals import InvalidTtl

DURATION_MAX = timedelta(days=3650)  # ten years; whoever wants longer wants `none`
NO_END = "none"

_UNIT_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(?P<d>[0-9]{1,9})d)?(?:(?P<h>[0-9]{1,9})h)?(?:(?P<m>[0-9]{1,9})m)?(?:(?P<s>[0-9]{1,9})s)?")


def parse_duration(text: str, *, field: str) -> timedelta:
    """`text` as a length of time: days, hours, minutes and seconds, each at most once and in this order.

    Raises InvalidTtl, naming `field`, for anything else, for nothing at all, and for more than ten years.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        raise InvalidTtl(
            f"{field} is a length of time such as 24h, 90m, 1h30m, 45s or 2d; {text[:40]!r} is none", field=field
        )
    seconds = sum(int(count) * _UNIT_SECONDS[unit] for unit, count in match.groupdict().items() if count)
    if not 0 < seconds <= DURATION_MAX.total_seconds():
        raise InvalidTtl(f"{field} is longer than nothing and at most {DURATION_MAX.days}d", field=field)
    return timedelta(seconds=seconds)


def parse_ttl(text: str, *, field: str = "ttl") -> timedelta | None:
    """As `parse_duration`, and None for `none`: a room or an invitation without an end."""
    return None if text.strip().lower() == NO_END else parse_duration(text, field=field)


def format_duration(length: timedelta | None) -> str:
    """`length` in whole seconds as `parse_ttl` reads it back (`1h30m`); `none` for None, `0s` for nothing left."""
    if length is None:
        return NO_END
    rest = max(0, int(length.total_seconds()))
    written = ""
    for unit, seconds in _UNIT_SECONDS.items():
        count, rest = divmod(rest, seconds)
        written += f"{count}{unit}" if count else ""
    return written or "0s"
