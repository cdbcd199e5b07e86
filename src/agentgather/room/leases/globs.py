"""Globs as leases use them: what they may be, and whether some path could match two of them.

A glob names paths as git does, from the top of the project: `*` is any text of one name, `?` one character, `[a-z]` and
`[!a-z]` one of some ASCII characters, `**` between slashes any number of names. A glob that ends in a plain name, or in a
slash, covers what lies below it too. Names are compared in Unicode's form NFC, upper and lower case apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agentgather.room.leases.automaton import ANY_CHARACTER, ANY_NAMES, ANY_TEXT, SLASH, Automaton, Part
from agentgather.room.leases.refusals import InvalidGlob
from agentgather.room.text import is_storable, quoted, utf16_units, visible

GLOB_UNITS_MAX = 100  # in UTF-16 units
SETS_MAX = 5  # brackets in one glob: each is compared with every character of another


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob that was read. `text` is its normal form; `prefix` is what everything that it matches begins with."""

    text: str
    prefix: str
    automaton: Automaton


@lru_cache(maxsize=2_048)
def read_glob(text: str) -> Glob:
    """The glob that `text` writes. Raises InvalidGlob, which says what a glob is not."""
    if not is_storable(text) or visible(text, keep_newlines=False) != text:
        raise _no_glob(text, "holds control or invisible characters")
    text = unicodedata.normalize("NFC", text)
    if "\\" in text:
        raise _no_glob(text, "holds a backslash: write / between names, and [*] for a star that is meant")
    if text.startswith("/"):
        raise _no_glob(text, "begins with a slash: paths are told from the top of the project")
    written = [name for name in text.split("/") if name not in ("", ".")]
    if ".." in written:
        raise _no_glob(text, "goes up with `..`: paths are told from the top of the project")
    if not written:
        raise _no_glob(text, "names nothing: ** is everything")
    if text.endswith(("/", "/.")) and written[-1] != "**":
        written.append("**")
    normal = "/".join(written)
    if utf16_units(normal) > GLOB_UNITS_MAX:
        raise _no_glob(text, f"is longer than {GLOB_UNITS_MAX} characters")
    return Glob(normal, _prefix(normal), Automaton(_parts(text, written)))


def _parts(text: str, written: Sequence[str]) -> tuple[Part, ...]:
    """What a path has to be, part by part: a slash stands behind every name of it, also the last."""
    parts: list[Part] = []
    for name in written:
        if name != "**":
            parts += [*_read_name(text, name), SLASH]
        elif parts[-1:] != [ANY_NAMES]:
            parts.append(ANY_NAMES)
    if written[-1] == "**":  # what lies below a directory is at least one name
        parts[-1:] = [ANY_TEXT, SLASH, ANY_NAMES]
    elif _is_plain(written[-1]):
        parts.append(ANY_NAMES)
    if sum(isinstance(part, int) and part != ANY_CHARACTER for part in parts) > SETS_MAX:
        raise _no_glob(text, f"has more than {SETS_MAX} brackets")
    return tuple(parts)


def _read_name(text: str, name: str) -> list[Part]:
    parts: list[Part] = []
    at = 0
    while at < len(name):
        character = name[at]
        at += 1
        if character == "*":
            if parts[-1:] != [ANY_TEXT]:
                parts.append(ANY_TEXT)
        elif character == "?":
            parts.append(ANY_CHARACTER)
        elif character == "[":
            among, at = _read_set(text, name, at)
            parts.append(among)
        else:
            parts.append(character)
    return parts


def _read_set(text: str, name: str, at: int) -> tuple[int, int]:
    """The set that begins behind the bracket at `at`, and where the name goes on."""
    is_negated = name[at : at + 1] in ("!", "^")
    start = at + is_negated
    end = name.find("]", start + 1)
    if end < 0:
        raise _no_glob(text, "opens a bracket that it does not close within a name: [[] is one that is meant")
    inner = name[start:end]
    if not inner.isascii():
        raise _no_glob(text, "has a character between brackets that is not ASCII: spell it out, or use ?")
    if inner.startswith(("[:", "[.", "[=")):
        raise _no_glob(text, "names a class of characters: write single ones and ranges such as a-z")
    among = place = 0
    while place < len(inner):
        first = last = ord(inner[place])
        if inner[place + 1 : place + 2] == "-" and place + 2 < len(inner):
            last = ord(inner[place + 2])
            place += 2
        if last < first:
            raise _no_glob(text, f"has the range {inner[place - 2 : place + 1]}, which is empty")
        among |= (1 << (last + 1)) - (1 << first)
        place += 1
    among = ANY_CHARACTER & (~among if is_negated else among)
    return among, end + 1


def _is_plain(name: str) -> bool:
    return not any(sign in name for sign in "*?[")


def _prefix(text: str) -> str:
    """What stands before the first sign that is no plain character."""
    places = [place for place in map(text.find, "*?[") if place >= 0]
    return text[: min(places)].rstrip("/") if places else text


def _no_glob(text: str, why: str) -> InvalidGlob:
    shown = text if len(text) <= GLOB_UNITS_MAX else text[:GLOB_UNITS_MAX] + "…"
    return InvalidGlob(f"the glob {quoted(shown)} {why}", field="globs")


def covers(glob: Glob, path: str) -> bool:
    """Whether `path`, names between slashes, is one that `glob` matches."""
    path = unicodedata.normalize("NFC", path)
    return path.startswith(glob.prefix) and glob.automaton.can_meet((*path, SLASH))


def can_meet(one: Glob, other: Glob) -> bool:
    """Whether some path is matched by both. Exact, for paths of names of one character or more that hold no slash."""
    if not (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)):
        return False
    return one.automaton.can_meet(other.automaton.parts)
