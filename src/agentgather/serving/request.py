"""A request as a view sees it: what the rooms ask of one, at a tenth of what a framework's request costs to make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, overload
from urllib.parse import parse_qsl

from werkzeug.datastructures import Accept, MIMEAccept
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_accept_header

Receive = Callable[[], Awaitable[Any]]


class Fields:
    """Named texts, in the order they came in. Names of headers are asked for in lower case."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The first of that name."""
        values = self._values.get(name)
        return values[0] if values else default

    def getlist(self, name: str) -> Sequence[str]:
        """All of that name."""
        return self._values.get(name, ())

    def __contains__(self, name: str) -> bool:
        return name in self._values


class Request:
    """What an ASGI scope says. Its body is what `read_body` read, up to `body_bytes_max`."""

    def __init__(self, scope: dict[str, Any], *, body_bytes_max: int) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._body = bytearray()
        self._body_bytes_max = body_bytes_max

    @cached_property
    def headers(self) -> Fields:
        return Fields([(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"]])

    @cached_property
    def args(self) -> Fields:
        """The query; bytes beyond UTF-8 stay quoted."""
        query = self.scope["query_string"].decode()
        return Fields(parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote") if query else ())

    @property
    def accept_mimetypes(self) -> MIMEAccept:
        return parse_accept_header(self.headers.get("accept"), MIMEAccept)

    @property
    def accept_encodings(self) -> Accept:
        return parse_accept_header(self.headers.get("accept-encoding"))

    async def read_body(self, receive: Receive) -> bool:
        """Read the body, to its end or beyond what is accepted; False: the client left."""
        length = self.headers.get("content-length") or ""
        if length.isdigit() and int(length) > self._body_bytes_max:
            self._body = bytearray(self._body_bytes_max + 1)  # refused without reading a byte of it
            return True
        while len(self._body) <= self._body_bytes_max:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        return True

    def content(self) -> bytes:
        """The body. Raises RequestEntityTooLarge when it is more than what is accepted."""
        if len(self._body) > self._body_bytes_max:
            raise RequestEntityTooLarge
        return bytes(self._body)
