"""JSON in one form: the same document is the same text, however it was written down."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from agentgather.contracts.limits import BYTES_MAX, DEPTH_MAX, LIST_MAX, SHOWN_MAX
from agentgather.contracts.unfit import Unfit

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_INTEGER_MAX = 2**53


def canonical(value: Any) -> tuple[Any, str]:
    """`value`, a JSON value, with its numbers in one form, and its text: keys sorted, no blanks. Raises Unfit."""
    settled = _settled(value, depth=0)
    text = json.dumps(settled, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    size = len(text.encode())
    if size > BYTES_MAX:
        raise Unfit("document_too_large", f"the document has {size} bytes as compact JSON, {BYTES_MAX} is the maximum")
    return settled, text


def shown(value: Any) -> str:
    """`value` as compact JSON, cut to what a difference shows."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) of these parts, to be put behind another."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _settled(value: Any, *, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise Unfit("document_too_large", f"the document is nested more than {DEPTH_MAX} deep")
    if isinstance(value, dict):
        for key in value:
            _check_text(key)
        return {key: _settled(value[key], depth=depth + 1) for key in sorted(value)}
    if isinstance(value, list):
        if len(value) > LIST_MAX:
            raise Unfit(
                "document_too_large", f"a list in the document has {len(value)} items, {LIST_MAX} is the maximum"
            )
        return [_settled(item, depth=depth + 1) for item in value]
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit("invalid_document", "the document holds a number too large to be kept")
        if value.is_integer() and abs(value) <= _INTEGER_MAX:
            return int(value)
    return value


def _check_text(text: str) -> None:
    if _UNSTORABLE.search(text):
        raise Unfit(
            "invalid_document", "the document holds a NUL or half of a surrogate pair; send well-formed Unicode"
        )
