"""Text of somebody else's making, shown so that it stays inside its own place: in a terminal, in a file, on a page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agentgather.room.text import visible

# What JSON leaves raw and a terminal would act on: C1 controls, characters that reorder or hide, half surrogates.
_RAW_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
INDENT = "    "


def json_line(value: Mapping[str, Any]) -> str:
    """`value` as one line of compact JSON that is safe to show: it reads back as the same value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _RAW_IN_JSON.sub(lambda match: json.dumps(match.group())[1:-1], text)


def single(text: object) -> str:
    """A single-line field of somebody else's making: it can never look like two lines."""
    return _encodable(visible(str(text), keep_newlines=False))


def shown(text: str) -> str:
    """A text of somebody else's making with its lines: what could reorder, hide or drive is written out."""
    return _encodable(visible(text))


def indented(text: str, *, by: str = INDENT) -> str:
    """As `shown`; its further lines are indented, so that none can pass for one of ours."""
    return shown(text).replace("\n", "\n" + by)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
