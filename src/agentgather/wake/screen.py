"""What a terminal shows of an agent: where its input is, and what stands in it. Pure; fed by what tmux captures.

Nobody tells a terminal where a program's input line is. It is looked for where the cursor is or, with a hidden cursor, at the
lowest prompt sign. What is faint or grey there is a hint of the program's own and nobody's draft.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

ROWS_MAX = 200  # from the bottom; an input is never further up
CONTINUED_ROWS_MAX = 20  # of one draft
PROMPT_CHARACTERS_MIN = 8  # of one that is known again by its words
_BORDER = "│┃║▏▕╎┆┊|"
_SIGNS = "❯›>▌»"
# In a program's box: a sign, alone before what is typed. In a shell: the end of whatever it shows, before the cursor.
_BOX_PROMPT = re.compile(rf"^[\s{_BORDER}]{{0,8}}[{_SIGNS}](?=\s|$)")
_SHELL_PROMPT = re.compile(rf"^.{{0,120}}?[$#%{_SIGNS}➜](?=\s|$)")
_FRAME = "╭╮╰╯┌┐└┘├┤─━═╔╗╚╝"
_EDGE = frozenset(_FRAME + _BORDER)  # what a row ends with that goes no further
_SHELL_EDGE = _EDGE - {"|"}  # which in a shell is a pipe, and somebody's own
_CONTINUED = re.compile(rf"^(?:\s?[{_BORDER}]|\s{{2,}}[^\s{_FRAME}])")  # in a box, or indented below its sign
_SHELL_CONTINUATION = re.compile(  # what bash and zsh show in an unfinished command
    r"^(?:(?:[dbr]?quote|for|while|until|if|then|else|elif|case|select|function|pipe|heredoc|cmdsubst|subsh|cursh) ?)*>(?=\s|$)"
)
_WORKING = re.compile(r"\b(?:esc|ctrl[+-]c|escape) (?:to|twice to) (?:interrupt|cancel|stop)\b", re.IGNORECASE)
_WORKING_ROWS = 10  # at the bottom: further up it may be something that was said
_CLOCK = re.compile(
    r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])"
)  # a time of day; not "12s", which is work
_STYLE = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-9;:?]*[ -/]*[@-~]|.)")
_LETTERS_MIN = 8
_Style = tuple[bool, bool]  # whether letters are faint, and whether they are grey: each is how programs show a hint


@dataclass(frozen=True, slots=True)
class Cursor:
    """A cell, from 0, and whether the program shows the cursor at all."""

    column: int
    row: int
    is_shown: bool


@dataclass(frozen=True)
class Screen:
    """A pane's visible cells as tmux captures them with their styles and with blanks that were written (`capture-pane -eN`)."""

    captured: str
    cursor: Cursor
    width: int
    is_shell: bool = False
    prompt: re.Pattern[str] | None = None  # what stands before the draft, where somebody has told

    @cached_property
    def fingerprint(self) -> str:
        """What has to stay the same for a quiet pane: all of it, but for the time of day. A spinner is a sign of work."""
        return f"{self.cursor} {_CLOCK.sub('0:00', self.captured)}"

    @cached_property
    def draft(self) -> str | None:
        """What stands in the input; empty when nothing does, None when no input is seen."""
        place = self._prompt_place()
        if place is None:
            return None
        row, column = place
        first = self._typed[row][column:]
        rows = [_bare(part) for part in (first, *self._continuation(row))]
        return "\n".join(part for part in rows if part)

    @property
    def is_working(self) -> bool:
        """Whether the program says itself that a turn runs."""
        shown = [row for row in self._shown if row.strip()]
        return any(_WORKING.search(row) for row in shown[-_WORKING_ROWS:])

    def holds(self, line: str) -> bool:
        """Whether the draft is `line`, and nothing else: however it is wrapped, or scrolled so that only its end is seen."""
        draft, whole = letters(self.draft or ""), letters(line)
        return draft == whole or (len(draft) >= 2 * _LETTERS_MIN and whole.endswith(draft))

    @cached_property
    def _cells(self) -> tuple[list[str], list[str]]:
        return _rows(self.captured)

    @property
    def _shown(self) -> list[str]:
        return self._cells[0]

    @property
    def _typed(self) -> list[str]:
        """The rows with blanks where a hint is."""
        return self._cells[1]

    def _prompt_place(self) -> tuple[int, int] | None:
        """Row and column after the prompt: of the uppermost row that could be one, for a draft may quote a sign."""
        row = self._input_row()
        if row is None:
            return None
        if self.is_shell and not self._continues(row) and _SHELL_CONTINUATION.match(self._shown[row]):
            return row, 0  # an unfinished command: what is before it is a draft as well
        rows = [row]
        while len(rows) <= CONTINUED_ROWS_MAX and self._continues(rows[-1]):
            rows.append(rows[-1] - 1)
        kinds = [self.prompt] if self.prompt is not None else [_BOX_PROMPT, _SHELL_PROMPT]
        if self.prompt is None and self.is_shell and self.cursor.is_shown:
            kinds = [_SHELL_PROMPT]  # a lone sign further down is a part of the draft
        for kind in kinds[: 2 if self.cursor.is_shown else 1]:
            for each in reversed(rows):
                found = kind.match(self._shown[each])
                if found:
                    return self._newest(rows, each, found.end()), found.end()
        return None

    def _newest(self, rows: list[int], first: int, column: int) -> int:
        """The lowest of `rows` that begins with the prompt of the one at `first`.

        A command as wide as the terminal is followed by the next prompt as if that were its own end. No draft quotes the
        whole of a prompt just where a row begins, if it is of some length.
        """
        prompt = self._shown[first][:column].rstrip()
        if not self.is_shell or len(prompt) < PROMPT_CHARACTERS_MIN:
            return first
        return max(row for row in rows if row == first or self._shown[row].startswith(prompt))

    def _input_row(self) -> int | None:
        """Where the cursor is, or the lowest row with a sign where it is hidden."""
        if self.cursor.is_shown:
            return min(self.cursor.row, len(self._shown) - 1)
        prompt = self.prompt or _BOX_PROMPT
        last = len(self._shown) - 1
        return next((row for row in range(last, max(-1, last - ROWS_MAX), -1) if prompt.match(self._shown[row])), None)

    def _continues(self, row: int) -> bool:
        """Whether this row goes on with the draft of the one above: indented in a box, or wrapped at the terminal's edge."""
        if row == 0:
            return False
        here, above = self._shown[row], self._shown[row - 1]
        if not self.is_shell:  # some programs fill each row with blanks; in a shell one at the edge was typed
            above = above.rstrip()
        if not self.is_shell and _CONTINUED.match(here):
            return True
        is_boxed = (here[:1] or " ") in _FRAME or above[-1:] in (_SHELL_EDGE if self.is_shell else _EDGE)
        return not is_boxed and _cells_wide(above) >= self.width - self._left_over(here)

    def _left_over(self, here: str) -> int:
        """How many cells may be left at the edge above: of a shell's line one, where a letter of two goes on below.

        Its next prompt else would be read as the end of a command that is as wide as the terminal but for one cell.
        """
        return 1 if not self.is_shell or _cells_wide(here[:1]) == 2 else 0

    def _continuation(self, row: int) -> list[str]:
        below = []
        for place in range(row + 1, min(row + 1 + CONTINUED_ROWS_MAX, len(self._shown))):
            if not self._continues(place):
                break
            below.append(self._typed[place])
        return below


def letters(text: str) -> str:
    """`text` without what a terminal may change of it: blanks, borders, and the marks of its letters, if it has some.

    A mark whose letter ends a row is lost: a shell writes it where the next row begins.
    """
    parted = unicodedata.normalize("NFD", text)
    found = "".join(each for each in parted if each.isalnum())
    return found if len(found) >= _LETTERS_MIN else "".join(parted.translate(_NO_BORDER).split())


_FRAMING = re.compile(rf"^[\s{_BORDER}]+|[\s{_BORDER}]+$")
_NO_BORDER = {ord(each): None for each in _BORDER}


def _bare(text: str) -> str:
    """`text` without what frames it: borders, blanks of any kind. Claude Code puts one behind its sign that does not break."""
    return _FRAMING.sub("", text)


def _cells_wide(text: str) -> int:
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def _rows(captured: str) -> tuple[list[str], list[str]]:
    """The rows as they are shown, and as they were typed. A style goes on from one row to the next."""
    shown, typed = [], []
    style: _Style = (False, False)
    for line in captured.removesuffix("\n").split("\n"):
        seen, meant = [], []
        for place, part in enumerate(_STYLE.split(line)):
            if place % 2:
                style = _after(part, style)
                continue
            text = _drawn(part)
            seen.append(text)
            meant.append(" " * len(text) if any(style) else text)
        shown.append("".join(seen))
        typed.append("".join(meant))
    return shown, typed


def _drawn(part: str) -> str:
    """A run of cells without escapes; line drawing (SO to SI) is a border."""
    plain = _ESCAPE.sub("", part)
    return re.sub(r"\x0e([^\x0f]*)\x0f?", lambda lines: "│" * len(lines[1]), plain)


def _after(codes: str, style: _Style) -> _Style:
    """The style after a change of it (ECMA-48 8.3.117)."""
    is_faint, is_grey = style
    numbers = [int(each) if each.isdigit() else 0 for each in re.split("[;:]", codes)]
    place = 0
    while place < len(numbers):
        code = numbers[place]
        if code in (38, 48, 58):  # a colour follows: of the letters, of what is behind them, of a line below
            is_indexed = numbers[place + 1 : place + 2] == [5]
            taken = numbers[place + 2 : place + (3 if is_indexed else 5)]
            is_grey = _is_grey(taken) if code == 38 else is_grey
            place += 2 + len(taken)
            continue
        if code == 0:
            is_faint = is_grey = False
        elif code in (2, 22):
            is_faint = code == 2
        elif 30 <= code <= 39 or 90 <= code <= 97:
            is_grey = code == 90
        place += 1
    return is_faint, is_grey


def _is_grey(colour: list[int]) -> bool:
    if len(colour) == 1:
        return colour[0] == 8 or 235 <= colour[0] <= 248
    return len(colour) == 3 and max(colour) - min(colour) <= 12 and 60 <= max(colour) <= 170
