"""A terminal without a screen: what it would show after all that a program wrote. Pure; as much of xterm as programs use.

Colours, sizes of letters, images and what is scrolled away are nothing to it. What it does not know, it leaves out.
"""

from __future__ import annotations

from dataclasses import replace

from agentgather.wake.screen import Cursor
from agentgather.wake.terminal.escapes import Control, Escape, Escapes, Steer, Text
from agentgather.wake.terminal.pen import PLAIN, changed
from agentgather.wake.terminal.sheet import CURSOR, ORIGIN, WRAP, Place, Sheet

_TAB = 8
PASTES = 2004
_OTHER_SCREEN = frozenset({47, 1047, 1049})
# Modes that a program turns on in the terminal that shows it, and that would stay on there if it were ended.
_LEFT_ON = (1, 9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, PASTES, 2026, 1049, 1047, 47)


class Terminal:
    """`feed` it what a program writes; look at `captured` and `cursor`. Rows and columns count from 0."""

    def __init__(self, *, width: int, height: int) -> None:
        self._escapes = Escapes()
        self._sheet = Sheet(width=width, height=height)
        self._answers = b""

    @property
    def cursor(self) -> Cursor:
        return Cursor(self._sheet.at.column, self._sheet.at.row, CURSOR in self._sheet.modes)

    @property
    def size(self) -> tuple[int, int]:
        return self._sheet.cells.width, self._sheet.cells.height

    @property
    def takes_pastes(self) -> bool:
        """Whether the program asked to be told pastes from keys."""
        return PASTES in self._sheet.modes

    def captured(self) -> str:
        """The rows with their styles, as `wake.screen.Screen` reads them."""
        return self._sheet.cells.captured()

    def feed(self, written: bytes) -> bytes:
        """Show it; answers what a terminal tells a program that asks for the cursor or for what it is."""
        self._answers = b""
        for part in self._escapes.parts(written):
            if isinstance(part, Text):
                self._sheet.write(part.letters)
            elif isinstance(part, Control):
                self._control(part.code)
            elif isinstance(part, Escape):
                self._escape(part.code)
            else:
                self._steer(part)
        return self._answers

    def resize(self, *, width: int, height: int) -> None:
        self._sheet.resize(width=width, height=height)

    def farewell(self) -> bytes:
        """What puts a terminal that showed all that back, when its program had no time to."""
        on = "".join(f"\x1b[?{mode}l" for mode in _LEFT_ON if mode in self._sheet.modes)
        shown = "" if CURSOR in self._sheet.modes else "\x1b[?25h"
        return f"{on}{shown}\x1b[0m\x1b>".encode() if on or shown or self._sheet.at.pen else b""

    def _control(self, code: str) -> None:
        at = self._sheet.at
        if code in "\n\v\f":
            self._sheet.line_feed()
        elif code == "\r":
            self._sheet.go(column=0)
        elif code == "\b":
            self._sheet.go(column=at.column - 1)
        elif code == "\t" and not at.is_past_end:
            self._sheet.go(column=(at.column // _TAB + 1) * _TAB)
        elif code in "\x0e\x0f":
            self._sheet.at = replace(at, shift=1 if code == "\x0e" else 0)

    def _escape(self, code: str) -> None:
        at = self._sheet.at
        if code == "7":
            self._sheet.saved = at
        elif code == "8":
            self._sheet.at = self._sheet.saved
        elif code in ("D", "E"):
            self._sheet.line_feed()
            if code == "E":
                self._sheet.go(column=0)
        elif code == "M":
            if at.row == self._sheet.top:
                self._sheet.cells.scroll(-1, top=self._sheet.top, bottom=self._sheet.bottom)
            else:
                self._sheet.go(row=at.row - 1)
        elif code == "c":
            self._sheet = Sheet(width=self.size[0], height=self.size[1])
        elif code[0] in "()":
            sets = (code[1:], at.sets[1]) if code[0] == "(" else (at.sets[0], code[1:])
            self._sheet.at = replace(at, sets=sets)

    def _steer(self, told: Steer) -> None:
        if told.marker == "?" and told.final in "hl":
            self._switch(told)
        elif told.marker in ("", "?") and told.final in "JK" and not told.between:
            self._erase(told)
        elif told.final == "c" and told.marker in ("", ">"):
            self._answers += b"\x1b[?62;22c" if not told.marker else b"\x1b[>1;10;0c"
        elif told.between == "!" and told.final == "p":
            self._soft_reset()
        elif not told.marker and not told.between and not self._move(told):
            self._change(told)

    def _move(self, told: Steer) -> bool:
        """Where the cursor goes."""
        at, count = self._sheet.at, told.number(0, default=1)
        top = self._sheet.top if ORIGIN in self._sheet.modes else 0
        match told.final:
            case "A" | "F":
                row = max(at.row - count, self._sheet.top if at.row >= self._sheet.top else 0)
                self._sheet.go(row=row, column=0 if told.final == "F" else None)
            case "B" | "E" | "e":
                row = min(
                    at.row + count, self._sheet.bottom if at.row <= self._sheet.bottom else self._sheet.cells.height - 1
                )
                self._sheet.go(row=row, column=0 if told.final == "E" else None)
            case "C" | "a":
                self._sheet.go(column=at.column + count)
            case "D":
                self._sheet.go(column=at.column - count)
            case "G" | "`":
                self._sheet.go(column=count - 1)
            case "d":
                self._sheet.go(row=top + count - 1)
            case "H" | "f":
                self._sheet.go(row=top + count - 1, column=told.number(1, default=1) - 1)
            case "I":
                self._sheet.go(column=(at.column // _TAB + count) * _TAB)
            case "Z":
                self._sheet.go(column=(-(-at.column // _TAB) - count) * _TAB)
            case "s":
                self._sheet.saved = at
            case "u":
                self._sheet.at = self._sheet.saved
            case _:
                return False
        return True

    def _change(self, told: Steer) -> None:
        """What becomes of cells, of rows and of the pen."""
        at, count = self._sheet.at, told.number(0, default=1)
        inside = self._sheet.top <= at.row <= self._sheet.bottom
        match told.final:
            case "m":
                self._sheet.at = replace(at, pen=changed(at.pen, told.parameters))
            case "@":
                self._sheet.cells.insert(count, column=at.column, row=at.row)
            case "P":
                self._sheet.cells.delete(count, column=at.column, row=at.row)
            case "X":
                self._sheet.cells.erase(at.row, at.column, at.column + count)
            case "L" | "M" if inside:
                self._sheet.cells.scroll(count if told.final == "M" else -count, top=at.row, bottom=self._sheet.bottom)
            case "S" | "T":
                self._sheet.cells.scroll(
                    count if told.final == "S" else -count, top=self._sheet.top, bottom=self._sheet.bottom
                )
            case "b":
                self._sheet.write(self._sheet.last * min(count, self._sheet.cells.width * self._sheet.cells.height))
            case "r":
                self._margins(told)
            case "h" | "l" if told.parameters == "4":
                self._sheet.is_inserting = told.final == "h"
            case "n" if count == 5:
                self._answers += b"\x1b[0n"
            case "n" if count == 6:
                self._answers += f"\x1b[{at.row + 1};{at.column + 1}R".encode()

    def _erase(self, told: Steer) -> None:
        at, cells = self._sheet.at, self._sheet.cells
        which = told.number(0, default=0)
        first, end = (at.column if which == 0 else 0), (at.column + 1 if which == 1 else cells.width)
        if which in (0, 1) or (which == 2 and told.final == "K"):
            cells.erase(at.row, first, end)
        if told.final == "J" and which in (0, 1, 2):
            cells.erase_rows(*{0: (at.row + 1, cells.height), 1: (0, at.row), 2: (0, cells.height)}[which])

    def _margins(self, told: Steer) -> None:
        top, bottom = told.number(0, default=1) - 1, told.number(1, default=self._sheet.cells.height) - 1
        if top < (bottom := min(bottom, self._sheet.cells.height - 1)):
            self._sheet.top, self._sheet.bottom = top, bottom
            self._sheet.go(row=top if ORIGIN in self._sheet.modes else 0, column=0)

    def _soft_reset(self) -> None:
        self._sheet.modes = {CURSOR, WRAP, *(self._sheet.modes & _OTHER_SCREEN)}
        self._sheet.top, self._sheet.bottom, self._sheet.is_inserting = 0, self._sheet.cells.height - 1, False
        self._sheet.at = replace(self._sheet.at, pen=PLAIN, sets=("B", "B"), shift=0)
        self._sheet.saved = Place()

    def _switch(self, told: Steer) -> None:
        for field in told.parameters.split(";"):
            mode = int(field) if field.isdecimal() and len(field) < 6 else 0
            is_on = told.final == "h"
            if mode in _OTHER_SCREEN and is_on != (self._sheet.other is not None):
                self._sheet.change_screen(is_on=is_on, with_cursor=mode == 1049)
            elif mode == 1048:
                self._sheet.saved, self._sheet.at = (
                    (self._sheet.at, self._sheet.at) if is_on else (self._sheet.saved, self._sheet.saved)
                )
            if is_on:
                self._sheet.modes.add(mode)
            else:
                self._sheet.modes.discard(mode)
            if mode == ORIGIN:
                self._sheet.go(row=self._sheet.top if is_on else 0, column=0)
