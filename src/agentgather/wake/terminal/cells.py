"""The cells of a terminal: rows of letters with their styles, and the ways in which rows and cells move."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from agentgather.wake.terminal.pen import PLAIN, Pen, written

Cell = tuple[str, Pen]  # of a letter two cells wide, the second is ("", pen)
BLANK: Cell = (" ", PLAIN)
COMBINED_MAX = 8  # letters in one cell


class Cells:
    """`height` rows of `width` cells. Places are from 0, and inside of it."""

    def __init__(self, *, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [self._blank_row() for _ in range(height)]

    def write(self, letters: str, pen: Pen, *, column: int, row: int) -> None:
        """Letters of one cell each, which have to fit in the row."""
        self._replace(row, column, [(letter, pen) for letter in letters])

    def write_wide(self, letter: str, pen: Pen, *, column: int, row: int) -> None:
        self._replace(row, column, [(letter, pen), ("", pen)])

    def combine(self, mark: str, *, column: int, row: int) -> None:
        """Add a mark to the letter that ends at `column`."""
        cells = self._rows[row]
        place = column - 1 if not cells[column][0] and column else column
        letter, pen = cells[place]
        if len(letter) < COMBINED_MAX:
            cells[place] = (letter + mark, pen)

    def erase(self, row: int, first: int, end: int) -> None:
        self._replace(row, first, [BLANK] * (min(end, self.width) - first))

    def erase_rows(self, first: int, end: int) -> None:
        for row in range(first, end):
            self._rows[row] = self._blank_row()

    def insert(self, count: int, *, column: int, row: int) -> None:
        """Move the rest of the row to the right."""
        count = min(count, self.width - column)
        cells = self._rows[row]
        cells[column:] = [*[BLANK] * count, *cells[column : self.width - count]]

    def delete(self, count: int, *, column: int, row: int) -> None:
        """Move what is right of `count` cells to the left."""
        cells = self._rows[row]
        del cells[column : column + count]
        cells += [BLANK] * (self.width - len(cells))

    def scroll(self, count: int, *, top: int, bottom: int) -> None:
        """Move the rows from `top` to `bottom` (both are moved) up by `count`, down where it is negative."""
        size = bottom - top + 1
        many = min(abs(count), size)
        blank = [self._blank_row() for _ in range(many)]
        rows = self._rows[top : bottom + 1]
        self._rows[top : bottom + 1] = [*rows[many:], *blank] if count > 0 else [*blank, *rows[: size - many]]

    def resize(self, *, width: int, height: int, row: int) -> int:
        """Cut or fill it at the right, and at the bottom; above, where the cursor's `row` would go. Answers its new row."""
        cut_above = max(0, row - height + 1)
        rows = [cells[:width] + [BLANK] * (width - len(cells)) for cells in self._rows[cut_above:][:height]]
        self.width, self.height = width, height
        self._rows = rows + [self._blank_row() for _ in range(height - len(rows))]
        return row - cut_above

    def captured(self) -> str:
        """The rows with their styles, each up to its last cell that was written; a style goes on from one row to the next."""
        pen, lines = PLAIN, []
        for cells in self._rows:
            end = self.width
            while end and cells[end - 1] is BLANK:
                end -= 1
            line = []
            for letter, style in cells[:end]:
                if style != pen:
                    pen = style
                    line.append(written(pen))
                line.append(letter)
            lines.append("".join(line))
        return "\n".join(lines) + "\n"

    def _replace(self, row: int, column: int, new: list[Cell]) -> None:
        """What is left of a wide letter that loses one half is a blank."""
        cells, end = self._rows[row], column + len(new)
        if column and not cells[column][0]:
            cells[column - 1] = BLANK
        if end < self.width and not cells[end][0]:
            cells[end] = BLANK
        cells[column:end] = new

    def _blank_row(self) -> list[Cell]:
        return [BLANK] * self.width


@lru_cache(maxsize=4096)
def cells_wide(letter: str) -> int:
    """How many cells a letter takes: 0 for a mark that joins the letter before it."""
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
