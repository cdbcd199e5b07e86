"""A QR code in a terminal: two modules in one character, light ones drawn, dark ones left."""

from __future__ import annotations

import re

from agentgather.cli.output import Output

QUIET_MODULES = 4  # round the code, ISO/IEC 18004 section 6.3.8
_ROW = re.compile(r"[01]+")
_DRAWN = {"00": "█", "01": "▀", "10": "▄", "11": " "}  # upper module, then lower
_WHITE_ON_BLACK = "38;5;231;48;5;16"  # whatever the terminal's own colours are


def qr_lines(rows: object, *, output: Output) -> list[str]:
    """The code that `rows` are (`qr` of an invitation), to be scanned from the screen; empty when they are none.

    Without colours light modules take the terminal's own foreground: on a dark terminal the code stands as it should, on
    a light one inverted, which most cameras take too.
    """
    if not isinstance(rows, list) or not rows or not all(_is_row(row, length=len(rows)) for row in rows):
        return []
    side, edge = "0" * QUIET_MODULES, "0" * (len(rows) + 2 * QUIET_MODULES)
    light = [edge] * QUIET_MODULES
    square = [*light, *(side + row + side for row in rows), *light]
    if len(square) % 2:
        square.append(edge)
    pairs = zip(square[::2], square[1::2], strict=True)
    lines = ("".join(_DRAWN[upper + lower] for upper, lower in zip(*pair, strict=True)) for pair in pairs)
    return [output.paint(line, _WHITE_ON_BLACK) for line in lines]


def _is_row(row: object, *, length: int) -> bool:
    return isinstance(row, str) and len(row) == length and _ROW.fullmatch(row) is not None
