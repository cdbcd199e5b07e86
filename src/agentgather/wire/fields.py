"""The fields of a control frame, each read as what it has to be, with its maximum: a peer may have written anything."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from agentgather.wire.frames import Headers

CONTROL_BYTES_MAX = 65_536  # a request's whole head in JSON: 8 KiB of target and 16 KiB of headers, escaped at worst
HEADERS_MAX = 64  # of one message
NAMES_MAX = 256  # of headers, remembered as good: all that rooms and browsers use, and no more
CODE_CHARACTERS_MAX = 64
TEXT_CHARACTERS_MAX = 1_024  # of a sentence, a slug, a name
NUMBER_MAX = 10**9  # of seconds
ITEMS_MAX = 32  # of a list or a map in a control frame

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,128}")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]*")
_TARGET = re.compile(r"/[\x21-\x7e]*")
_CODE = re.compile(r"[a-z][a-z0-9_]*")

Value = TypeVar("Value")


class Fields:
    """The fields of a control frame, each read as what it has to be; ones that nobody asks for are skipped.

    Raises KeyError, TypeError or ValueError.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        return text_of(self._values[name])

    def code(self, name: str) -> str:
        return _matching(_CODE, _string(self._values[name], characters_max=CODE_CHARACTERS_MAX))

    def method(self, name: str) -> str:
        return _matching(_METHOD, self.text(name))

    def target(self, name: str) -> bytes:
        return _matching(_TARGET, _string(self._values[name], characters_max=CONTROL_BYTES_MAX)).encode("ascii")

    def whole(self, name: str, *, least: int, most: int) -> int:
        return _whole(self._values[name], least=least, most=most)

    def number(self, name: str, *, least: float) -> float:
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= NUMBER_MAX:
            raise ValueError(name)
        return float(value)

    def optional_number(self, name: str) -> float | None:
        return None if self._values.get(name) is None else self.number(name, least=0)

    def switch(self, name: str) -> bool:
        value = self._values[name]
        if not isinstance(value, bool):
            raise TypeError(name)
        return value

    def octets(self, name: str, size: int) -> bytes:
        text = self.text(name)
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(content) != size or base64(content) != text:
            raise ValueError(name)
        return content

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(text_of(one) for one in _list(self._values[name], most=ITEMS_MAX))

    def map_of(self, name: str, read: Callable[[Any], Value]) -> dict[str, Value]:
        value = self._values[name]
        if not isinstance(value, dict) or len(value) > ITEMS_MAX:
            raise ValueError(name)
        return {text_of(key): read(one) for key, one in value.items()}

    def headers(self, name: str) -> Headers:
        pairs = _list(self._values[name], most=HEADERS_MAX)
        return tuple(_header(*_list(pair, most=2)) for pair in pairs)


def text_of(value: Any) -> str:
    """A name or a sentence. It may be printed in a terminal: nothing in it steers one, and none of it is half a character."""
    text = _string(value, characters_max=TEXT_CHARACTERS_MAX)
    if not text.isprintable():
        raise ValueError("not printable")
    return text


def _string(value: Any, *, characters_max: int) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    if len(value) > characters_max:
        raise ValueError("too long a text")
    return value


def _whole(value: Any, *, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("not a number within its bounds")
    return value


def limit_of(value: Any) -> int:
    return _whole(value, least=0, most=2**53)


def _list(value: Any, *, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("not a list within its bounds")
    return value


def _header(name: Any, value: Any) -> tuple[bytes, bytes]:
    text = _string(value, characters_max=CONTROL_BYTES_MAX)
    if not (text.isascii() and text.isprintable()):  # most values are: it spares them the pattern
        _matching(_VALUE, text)
    return _header_name(name), text.encode("latin-1")


@lru_cache(maxsize=NAMES_MAX)
def _header_name(name: Any) -> bytes:
    return _matching(_NAME, _string(name, characters_max=TEXT_CHARACTERS_MAX)).encode("ascii")


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not of its form")
    return text


def base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
