"""What stands in a path or a query: text becomes a number or a choice, or a refusal that names the parameter at fault."""

from __future__ import annotations

import re

from agentgather.api.errors import RequestRefused
from agentgather.room.names import MessageId
from agentgather.room.refusals import MessageNotFound

_DECIMAL = re.compile(r"[0-9]{1,16}")
_PREFIXED = re.compile(r"0[xX][0-9a-fA-F]{1,14}|0[oO][0-7]{1,18}|0[bB][01]{1,53}")
_FLOATING = re.compile(r"[0-9]{1,16}\.?(?:[0-9]{0,20})(?:[eE]\+?[0-9]{1,2})?")
SAFE_INTEGER_MAX = 2**53 - 1  # the largest integer every JSON reader keeps exactly


def read_id(text: str, *, code: str, field: str) -> int:
    """A cursor from the query: a whole number from 0 to 2**53 - 1, in the forms 0.1 accepts (contract section 2.5)."""
    text = text.strip()
    number: int | float
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        number = int(text)
    elif _PREFIXED.fullmatch(text):
        number = int(text, 0)
    elif _FLOATING.fullmatch(text):
        number = float(text)
    else:
        number = -1
    if number < 0 or number > SAFE_INTEGER_MAX or number != int(number):
        raise RequestRefused(code, f"{field} is a whole number, 0 or larger: the id of a record", field=field)
    return int(number)


def read_message_id(text: str) -> MessageId:
    """The message that a path names. Raises MessageNotFound for what can be none."""
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise MessageNotFound("a message is named by its number, as in /messages/12")
    return MessageId(int(text))


def read_count(text: str, *, code: str, field: str, count_max: int) -> int:
    """A count from the query, from 1 to `count_max`."""
    if not _DECIMAL.fullmatch(text) or not 1 <= int(text) <= count_max:
        raise RequestRefused(code, f"{field} is a whole number from 1 to {count_max}", field=field)
    return int(text)


def read_hold(text: str, *, seconds_max: float) -> float:
    """How long a wait may be held, in seconds from 0 to `seconds_max`; decimals are welcome."""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) or float(text) > seconds_max:
        raise RequestRefused("invalid_hold", f"hold is a number of seconds from 0 to {seconds_max:g}", field="hold")
    return float(text)


def read_peek(text: str | None) -> bool:
    """Whether a wait only looks: 1 for yes, 0 for no."""
    if text not in (None, "0", "1"):
        raise RequestRefused("invalid_peek", "peek must be 1 (nothing counts as fetched) or 0", field="peek")
    return text == "1"
