"""Rows of short texts, set in columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from agentgather.cli.output import single

GAP = "  "


def columns(rows: Sequence[Sequence[object]]) -> list[str]:
    """`rows` as lines whose columns begin at the same place; every cell is made safe to show."""
    cells = [[single(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return [
        GAP.join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def width(text: str) -> int:
    """How many cells of a terminal `text` takes: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )
