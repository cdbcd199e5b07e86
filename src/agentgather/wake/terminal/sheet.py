"""What a program's letters are written on: two screens of cells, the place where the next letter goes, and its margins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentgather.wake.terminal.cells import Cells, cells_wide
from agentgather.wake.terminal.pen import PLAIN, Pen

_LINES = str.maketrans("`afgjklmnopqrstuvwxyz{|}~", "◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")  # the character set of ESC ( 0
CURSOR, WRAP, ORIGIN = 25, 7, 6  # modes that are known here; they are numbers, as programs name them


@dataclass(frozen=True, slots=True)
class Place:
    """Where letters go, and how they are written."""

    column: int = 0
    row: int = 0
    is_past_end: bool = False  # the last column is written: the next letter begins a new row
    pen: Pen = PLAIN
    sets: tuple[str, str] = ("B", "B")  # the character sets G0 and G1
    shift: int = 0


class Sheet:
    """Rows and columns count from 0; places are kept inside."""

    def __init__(self, *, width: int, height: int) -> None:
        self.cells = Cells(width=width, height=height)
        self.other: Cells | None = None  # the first screen, while the program uses the alternate one
        self.at = self.saved = self.before = Place()  # by ESC 7, and by a change of the screen
        self.top, self.bottom = 0, height - 1
        self.modes = {CURSOR, WRAP}
        self.is_inserting = False
        self.last = " "

    def write(self, letters: str) -> None:
        if self.at.sets[self.at.shift] == "0":
            letters = letters.translate(_LINES)
        if letters.isascii() and not self.is_inserting:
            while letters:
                self._begin_row_if_past_end()
                at, room = self.at, self.cells.width - self.at.column
                self.cells.write(letters[:room], at.pen, column=at.column, row=at.row)
                self._move_on(min(room, len(letters)))
                self.last, letters = letters[min(room, len(letters)) - 1], letters[room:]
            return
        for letter in letters:
            self._write_one(letter)

    def _write_one(self, letter: str) -> None:
        wide = cells_wide(letter)
        if wide == 0:
            place = self.at.column if self.at.is_past_end else max(0, self.at.column - 1)
            self.cells.combine(letter, column=place, row=self.at.row)
            return
        if self.at.column + wide > self.cells.width:
            if wide > self.cells.width or WRAP not in self.modes:
                return
            self.at = replace(self.at, is_past_end=True)
        self._begin_row_if_past_end()
        column, row = min(self.at.column, self.cells.width - wide), self.at.row
        if self.is_inserting:
            self.cells.insert(wide, column=column, row=row)
        put = self.cells.write if wide == 1 else self.cells.write_wide
        put(letter, self.at.pen, column=column, row=row)
        self.last = letter
        self.at = replace(self.at, column=column)
        self._move_on(wide)

    def _begin_row_if_past_end(self) -> None:
        if self.at.is_past_end:
            self.at = replace(self.at, is_past_end=False)
            if WRAP in self.modes:
                self.at = replace(self.at, column=0)
                self.line_feed()

    def _move_on(self, count: int) -> None:
        column = self.at.column + count
        last = self.cells.width - 1
        self.at = replace(self.at, column=min(column, last), is_past_end=column > last)

    def line_feed(self) -> None:
        if self.at.row == self.bottom:
            self.cells.scroll(1, top=self.top, bottom=self.bottom)
        else:
            self.go(row=self.at.row + 1, column=self.at.column)

    def go(self, *, column: int | None = None, row: int | None = None) -> None:
        column = self.at.column if column is None else max(0, min(column, self.cells.width - 1))
        row = self.at.row if row is None else max(0, min(row, self.cells.height - 1))
        self.at = replace(self.at, column=column, row=row, is_past_end=False)

    def resize(self, *, width: int, height: int) -> None:
        row = self.cells.resize(width=width, height=height, row=self.at.row)
        if self.other is not None:
            self.other.resize(width=width, height=height, row=min(self.before.row, self.other.height - 1))
        self.at = replace(self.at, column=min(self.at.column, width - 1), row=row, is_past_end=False)
        self.saved = replace(self.saved, column=min(self.saved.column, width - 1), row=min(self.saved.row, height - 1))
        self.top, self.bottom = 0, height - 1

    def change_screen(self, *, is_on: bool, with_cursor: bool) -> None:
        """To the alternate screen, which is blank, or back to the first one as it was left."""
        if is_on:
            self.before = self.at
            self.other = self.cells
            self.cells = Cells(width=self.cells.width, height=self.cells.height)
            return
        assert self.other is not None
        self.cells, self.other = self.other, None
        if with_cursor:
            self.go(column=self.before.column, row=self.before.row)
            self.at = replace(self.before, column=self.at.column, row=self.at.row)
