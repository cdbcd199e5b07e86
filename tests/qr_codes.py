"""Looking at a QR code as a camera does: drawn as pixels, and read by a decoder that has nothing to do with ours."""

from __future__ import annotations

from collections.abc import Sequence

import zxingcpp

MODULE_PIXELS = 4
QUIET_MODULES = 4


def scanned(rows: Sequence[str]) -> str:
    """What a reader makes of `rows` of modules, 1 dark, with the quiet zone that a code has to have round it."""
    side = "0" * QUIET_MODULES
    edge = ["0" * (len(rows) + 2 * QUIET_MODULES)] * QUIET_MODULES
    return seen([*edge, *(side + row + side for row in rows), *edge])


def seen(rows: Sequence[str]) -> str:
    """As `scanned`, of a picture that brings its quiet zone."""
    width, height = len(rows[0]) * MODULE_PIXELS, len(rows) * MODULE_PIXELS
    lines = (bytes(0 if module == "1" else 255 for module in row for _ in range(MODULE_PIXELS)) for row in rows)
    picture = b"".join(line * MODULE_PIXELS for line in lines)
    (found,) = zxingcpp.read_barcodes(memoryview(picture).cast("B", (height, width)))
    return str(found.text)
