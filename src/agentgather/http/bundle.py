"""What becomes of the page's sources before they leave: comments stay at home, stylesheets become one. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

SHEET = "sheet.css"  # all stylesheets in one: one view has one, and a browser asks once
_COMMENT = re.compile(rb"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
_SHEETS = re.compile(rb'(?:<link rel="stylesheet" href="assets/__BUNDLE__/[a-z-]+\.css">\n)+')
_SHEET = re.compile(rb'/([a-z-]+\.css)"')
_IMPORT = re.compile(rb'^(?:import|export)\b[^"\n]*"(\.{1,2}/[^"]+)";?$|^\} from "(\.{1,2}/[^"]+)";?$', re.MULTILINE)


def without_comments(source: bytes) -> bytes:
    """JavaScript or CSS without the comments that have lines to themselves. Every other line keeps its number.

    Beside code a comment stays: telling it from a text that only looks like one would take a parser.
    """
    return _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), source)


def sheets(index: bytes) -> list[str]:
    """The stylesheets that the page names, in their order."""
    found = _SHEETS.search(index)
    return [name.decode() for name in _SHEET.findall(found[0])] if found else []


def with_one_sheet(index: bytes) -> bytes:
    """The page, asking for `SHEET` in their place."""
    return _SHEETS.sub(b'<link rel="stylesheet" href="assets/__BUNDLE__/%s">\n' % SHEET.encode(), index, count=1)


def imported(contents: Mapping[str, bytes], main: str) -> list[str]:
    """The modules that `main` needs before it runs, in the order in which they are named; not itself."""
    found: list[str] = []
    left = [main]
    while left:
        name = left.pop(0)
        for match in _IMPORT.finditer(contents.get(name, b"")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), (match[1] or match[2]).decode()))
            if path != main and path not in found:
                found.append(path)
                left.append(path)
    return found
