"""What a program writes to its terminal, taken apart: letters, controls, and the sequences that steer (ECMA-48)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_PART = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|\x1b\[(?P<marker>[<-?]?)(?P<parameters>[0-;]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|(?P<string>\x1b[\]PX^_][^\x07\x18\x1a\x1b\x9c]*(?:[\x07\x18\x1a\x9c]|\x1b\\|(?=\x1b[^\\])))"
    r"|\x1b(?P<escape>[ -/]*[0-OQ-WYZ`-~\\])"
)
_BEGUN = re.compile(r"\x1b(?:\[[<-?]?[0-;]{0,256}[ -/]{0,16}|[\]PX^_][^\x07\x18\x1a\x1b\x9c]*\x1b?|[ -/]{0,16})?")
_STRING = re.compile(r"\x1b[\]PX^_]")


class Text(NamedTuple):
    letters: str


class Control(NamedTuple):
    """One of C0 or C1, or DEL."""

    code: str


class Steer(NamedTuple):
    """`CSI marker parameters between final`, such as ?1049h."""

    marker: str
    parameters: str
    between: str
    final: str

    def number(self, place: int, *, default: int) -> int:
        """The parameter at `place`, from 0; `default` for one that is not there, is empty or 0."""
        fields = self.parameters.split(";", place + 1)
        field = fields[place] if place < len(fields) else ""
        return (int(field) if field.isdecimal() and len(field) < 6 else 0) or default


class Escape(NamedTuple):
    """`ESC code`, such as (0 or M."""

    code: str


Part = Text | Control | Steer | Escape


@dataclass
class Escapes:
    """Fed by bytes as they come, however they are cut; what a string holds (a title, an image) is left out."""

    def __post_init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._begun = ""

    def parts(self, written: bytes) -> Iterator[Part]:
        text = self._begun + self._decoder.decode(written)
        self._begun = ""
        place = 0
        while place < len(text):
            found = _PART.match(text, place)
            if found is None:
                begun = _BEGUN.match(text, place)
                assert begun is not None, "what is no part begins with ESC"
                if begun.end() == len(text):
                    self._begin(begun.group())
                    return
                place = begun.end()  # broken off in the middle, or nothing that anybody knows
                continue
            place = found.end()
            kind = found.lastgroup
            if kind == "text":
                yield Text(found["text"])
            elif kind == "control":
                yield Control(found["control"])
            elif kind == "final":
                yield Steer(found["marker"], found["parameters"], found["between"], found["final"])
            elif kind == "escape":
                yield Escape(found["escape"])

    def _begin(self, rest: str) -> None:
        """A sequence whose end has not come. Of a string nothing is kept but that it is one, however long it gets."""
        if _STRING.match(rest):
            rest = rest[:2] + ("\x1b" if len(rest) > 2 and rest.endswith("\x1b") else "")
        self._begun = rest
