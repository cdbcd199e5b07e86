"""What counts as text in a room: its length, what it may never hold, and how hostile characters are shown."""

from __future__ import annotations

import re

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

# C0 and C1 controls except tab and newline, the characters that reorder or hide what follows them, and half surrogates: no
# UTF-8 could be written of those.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)

# Long enough to be of use to whoever reads it; ours have 43 characters behind the prefix.
_TOKEN = re.compile(r"agt_[A-Za-z0-9_-]{12,}")


def utf16_units(text: str) -> int:
    """The length of `text` in UTF-16 code units, the unit of every limit of the protocol (an emoji counts 2)."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for character in text if character > "\uffff")


def is_storable(text: str) -> bool:
    """Whether `text` can be kept at all: it holds no NUL and no lone surrogate (docs/protocol.md, Messages)."""
    return "\0" not in text and (text.isascii() or _LONE_SURROGATE.search(text) is None)


def visible(text: str, *, keep_newlines: bool = True) -> str:
    """`text` with every control, bidirectional character and half surrogate written as `\\x1b` or `\\u202e`: safe for a terminal.

    With `keep_newlines=False` newlines and tabs are escaped too, so that one text can never look like two lines.
    """
    shown = _INVISIBLE.sub(_escape, text)
    if keep_newlines:
        return shown
    return shown.replace("\n", "\\n").replace("\t", "\\t")


def quoted(text: str) -> str:
    """`text` as the room itself may quote it in a note: one line, in a code span; it calls nobody and poses as nothing."""
    return f"`{visible(text, keep_newlines=False).replace('`', chr(39))}`"


def without_tokens(text: str) -> str:
    """`text` with `agt_***` for every token: somebody put it where it does not belong, and here it would stay."""
    return _TOKEN.sub("agt_***", text) if "agt_" in text else text


def _escape(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
