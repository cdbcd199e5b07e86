"""Whom a text calls: `@alias` outside code, resolved against the roster when the message is recorded."""

from __future__ import annotations

import re
from collections.abc import Container

from agentgather.room.names import Alias

# The name is followed by neither a letter, a digit nor an underscore: `@bobSmith` and `@bob_x` call nobody.
_CALL = re.compile(r"(?<![\w-])@([a-z0-9-]+)(?!\w)")
_FENCE = re.compile(r"\s*(`{3,})([^`]*)$")
_TICKS = re.compile(r"`+")


def mentions(text: str, *, roster: Container[Alias]) -> tuple[Alias, ...]:
    """The aliases of `roster` that `text` calls, in first-seen order, each once (contract section 3.3).

    Fenced blocks and code spans of any number of backticks are masked; unknown names are ignored; hyphens that end a
    name which is not on the roster are read as punctuation (`@bob-` calls `bob`).
    """
    if "@" not in text:
        return ()
    called: dict[Alias, None] = {}
    for line in _prose(text):
        for match in _CALL.finditer(line):
            name = match.group(1)
            while name not in roster and name.endswith("-"):
                name = name[:-1]
            if name in roster:
                called[Alias(name)] = None
    return tuple(called)


def _prose(text: str) -> list[str]:
    """The lines of `text` outside fenced code, with code spans blanked. An unclosed fence runs to the end."""
    lines: list[str] = []
    fence = 0  # how many backticks opened the block we are in
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and len(mark.group(1)) >= fence and not mark.group(2).strip():
                fence = 0
        elif mark:
            fence = len(mark.group(1))
        else:
            lines.append(_without_spans(line))
    return lines


def _without_spans(line: str) -> str:
    """`line` with each closed code span blanked; a run of backticks that nothing closes is plain text."""
    runs = list(_TICKS.finditer(line))
    kept: list[str] = []
    position = index = 0
    last_of_length = {len(run.group()): number for number, run in enumerate(runs)}
    while index < len(runs):
        length = len(runs[index].group())
        if last_of_length[length] > index:
            closing = next(n for n in range(index + 1, len(runs)) if len(runs[n].group()) == length)
            kept.append(line[position : runs[index].start()])
            kept.append(" ")
            position = runs[closing].end()
            index = closing
        index += 1
    kept.append(line[position:])
    return "".join(kept)
