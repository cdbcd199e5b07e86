"""The style that letters are written in, and how a program changes it (SGR, ECMA-48 8.3.117)."""

from __future__ import annotations

from functools import lru_cache

Pen = tuple[tuple[str, str], ...]  # the kinds of style that are on, and the codes that turn each on; by kind
PLAIN: Pen = ()
_ON = {
    **{1: "bold", 2: "faint", 3: "italic", 4: "underline", 5: "blink", 6: "blink", 7: "reverse", 8: "hidden"},
    **{9: "struck", 21: "underline", 53: "overline"},
    **dict.fromkeys((*range(30, 38), *range(90, 98)), "letters"),
    **dict.fromkeys((*range(40, 48), *range(100, 108)), "ground"),
}
_OFF = {
    **{22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 25: ("blink",), 27: ("reverse",), 28: ("hidden",)},
    **{29: ("struck",), 39: ("letters",), 49: ("ground",), 55: ("overline",), 59: ("line",)},
}
_COLOURS = {38: "letters", 48: "ground", 58: "line"}  # a colour by its number or its parts follows
_PARTS = {5: 1, 2: 3}  # how many numbers make it


@lru_cache(maxsize=4096)
def changed(pen: Pen, parameters: str) -> Pen:
    """The pen after `CSI parameters m`. What is not known changes nothing."""
    styles = dict(pen)
    numbers = [number for field in parameters.split(";") for number in _numbers(field)]
    place = 0
    while place < len(numbers):
        code = numbers[place]
        if code == 0:
            styles.clear()
        elif code in _COLOURS:
            size = 2 + _PARTS.get(numbers[place + 1] if place + 1 < len(numbers) else 0, 0)
            styles[_COLOURS[code]] = ";".join(map(str, numbers[place : place + size]))
            place += size - 1
        elif code in _ON:
            styles[_ON[code]] = str(code)
        for kind in _OFF.get(code, ()):
            styles.pop(kind, None)
        place += 1
    return tuple(sorted(styles.items()))


def written(pen: Pen) -> str:
    """The sequence that makes any pen this one."""
    return f"\x1b[{';'.join(('0', *(code for _, code in pen)))}m"


def _numbers(field: str) -> list[int]:
    """Of one parameter. In 38:2:SPACE:R:G:B the colour space is no part of the colour, and 4:3 is an underline."""
    parts = [int(part) if part.isdecimal() and len(part) < 6 else 0 for part in field.split(":")]
    if parts[0] in _COLOURS and len(parts) > 1:
        return [*parts[:2], *parts[3:6]] if parts[1] == 2 and len(parts) >= 6 else parts[:5]
    if parts[0] == 4 and parts[1:] == [0]:
        return [24]
    return parts[:1]
