"""A glob as an automaton that reads another glob: whether some path takes both to their end.

The product of two such automata is walked row by row, one row a part of the other. A row is one integer with a bit for
each place in this automaton, and a step is a few operations on it (G. Myers, "A fast bit-vector algorithm for approximate
string matching", 1999, has the trick of the carry). So nothing is ever tried twice, and globs made to be hard cost as
little as any of their length.
"""

from __future__ import annotations

from collections.abc import Sequence

Part = str | int  # one character; a set of characters; or one of these three
SLASH = "/"
ANY_TEXT = ""  # `*`
ANY_NAMES = "**"  # names, each with the slash behind it

_OTHERS = 128  # the bit of a set that stands for every character beyond ASCII; the bits below it are ASCII's
ANY_CHARACTER = (1 << (_OTHERS + 1)) - 1 & ~(1 | 1 << ord(SLASH))


class Automaton:
    """Built of `parts`; between names, and behind the last, stands a SLASH or nothing but ANY_NAMES.

    A place lies before each part, and one behind the last. ANY_NAMES has two: between its names, and within one.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._texts = self._between = self._within = self._slashes = self._singles = 0
        self._boundaries = 1
        self._characters: dict[str, int] = {}
        self._sets: dict[int, int] = {}
        place = 1
        for part in parts:
            if part == ANY_NAMES:
                self._between |= place
                self._within |= place << 1
                place <<= 1
                self._boundaries |= place << 1
            elif part == ANY_TEXT:
                self._texts |= place
            elif part == SLASH:
                self._slashes |= place
                self._boundaries |= place << 1
            else:
                self._singles |= place
                if isinstance(part, int):
                    self._sets[part] = self._sets.get(part, 0) | place
                else:
                    self._characters[part] = self._characters.get(part, 0) | place
            place <<= 1
        self._end = place
        self._open = self._singles | self._texts | self._between  # where some character leads on

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Automaton) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def can_meet(self, other: Sequence[Part]) -> bool:
        """Whether some path is read to the end by this automaton, and by the one that is built of `other`."""
        places = self._past(1)
        taken: dict[Part, int] = {}
        for part in other:
            if part == SLASH:
                places = self._past((places & self._slashes) << 1 | (places & self._within) >> 1)
            elif part == ANY_TEXT:
                places |= ((places & self._open) + self._open) ^ self._open
            elif part == ANY_NAMES:
                lowest = places & self._boundaries
                places = self._past(places | self._boundaries & -(lowest & -lowest))
            else:
                if (takers := taken.get(part)) is None:
                    takers = taken[part] = self._takers(part)
                stay = places & (self._texts | self._within)
                places = self._past(stay | (places & (takers | self._between)) << 1)
            if not places:
                return False
        return bool(places & self._end)

    def _past(self, places: int) -> int:
        """`places` and those behind what may stand for nothing."""
        places |= (places & self._between) << 2
        return places | (places & self._texts) << 1

    def _takers(self, part: Part) -> int:
        """The places before a part that shares a character with `part`."""
        if part == ANY_CHARACTER:
            return self._singles
        among = _set_of(part)
        takers = 0
        for its, places in self._sets.items():
            if its & among:
                takers |= places
        if isinstance(part, str):
            return takers | self._characters.get(part, 0)
        for character, places in self._characters.items():
            if _set_of(character) & among:
                takers |= places
        return takers


def _set_of(part: Part) -> int:
    return part if isinstance(part, int) else 1 << min(ord(part), _OTHERS)
