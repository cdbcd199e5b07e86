"""A text in parts that each fit into one message: by the room's characters, and by the bytes of a request."""

from __future__ import annotations

from collections.abc import Callable

PART_UNITS_MAX = 24_000  # one message, in UTF-16 units
PART_BYTES_MAX = 62_000  # its JSON; a room takes 64,000 bytes a request, and ids and names want their share

_SHORT_ESCAPES = frozenset('"\\\b\f\n\r\t')
_ID_WIDEST = 2**53 - 1


def split(text: str, *, head: Callable[[int, int, int | None], str]) -> list[str]:
    """`text` in as few parts as it takes, cut at line ends where there are some.

    `head(number, count, first_id)` is what will stand before each part; room is left for it.
    """
    parts = _cut(text, head(1, 1, None))
    if len(parts) == 1:
        return parts
    return _cut(text, head(99, 99, _ID_WIDEST))


def _cut(text: str, head: str) -> list[str]:
    head_units, head_bytes = sum(map(_units, head)), sum(map(_json_bytes, head))
    units_max, bytes_max = PART_UNITS_MAX - head_units, PART_BYTES_MAX - head_bytes
    parts: list[str] = []
    start = 0
    while start < len(text):
        end = _end(text, start, units_max=units_max, bytes_max=bytes_max)
        if end < len(text):
            line_end = text.rfind("\n", start, end) + 1
            if line_end > start + (end - start) // 2:  # a cut at a line's end, unless it would waste half the part
                end = line_end
        parts.append(text[start:end])
        start = end
    return parts


def _end(text: str, start: int, *, units_max: int, bytes_max: int) -> int:
    units = size = 0
    for place in range(start, len(text)):
        units += _units(text[place])
        size += _json_bytes(text[place])
        if units > units_max or size > bytes_max:
            return place
    return len(text)


def _units(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _json_bytes(character: str) -> int:
    if character in _SHORT_ESCAPES:
        return 2
    if character < " ":
        return 6
    return len(character.encode("utf-8", "replace"))
