"""An answer as bytes of HTTP/1.1: what its head may hold, and how its body ends (RFC 9112 sections 5 and 6). Pure.

h11 parses what clients send. What our own apps answer is written here: it is checked as strictly, in one look at the whole
head, which costs a tenth of looking at each of its lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agentgather.serving.limits import LENGTH_DIGITS_MAX

BODILESS = frozenset({204, 304})  # answers that have no body, whatever their head says of its length

# No control character but the tab is in a value; a line break inside of one would make a line more than there are headers.
_LINES = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n)*")
_OURS = frozenset((b"connection", b"content-length", b"transfer-encoding"))  # how the answer is framed: looked at here


class Framing:
    """How one answer is written, piece by piece. `is_last`: whether it says that its connection closes after it.

    A body without a length is chunked, or for a client of HTTP/1.0 ends with the connection. Raises ValueError for a head
    that no client could read, and for a body that is not as long as it was said to be: bugs of the app.
    """

    def __init__(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], *, is_head: bool, is_http_1_0: bool, is_last: bool
    ) -> None:
        if not 200 <= status <= 999:
            raise ValueError("an answer has a status of three digits, from 200 on")
        lines = []
        length: bytes | None = None
        for name, value in headers:
            if (lower := name.lower()) in _OURS:
                if lower == b"connection":
                    is_last = is_last or b"close" in value.lower()
                    continue
                if lower == b"transfer-encoding":
                    continue
                if not (value.isdigit() and len(value) <= LENGTH_DIGITS_MAX) or length not in (None, value):
                    raise ValueError("the length of the answer's body is no number, or several")
                if length is not None:
                    continue
                length = value
            lines.append(b"%s: %s\r\n" % (name, value))
        has_body = not (is_head or status in BODILESS)
        self._left = None if length is None or not has_body else int(length)
        self._is_chunked = length is None and has_body and not is_http_1_0
        if self._is_chunked:
            lines.append(b"transfer-encoding: chunked\r\n")
        self.is_last = is_last or (length is None and has_body and is_http_1_0)
        if self.is_last:
            lines.append(b"connection: close\r\n")
        written = b"".join(lines)
        if written.count(b"\r\n") != len(lines) or not _LINES.fullmatch(written):
            raise ValueError("a header of the answer has no proper name or value")
        self.head = b"HTTP/1.1 %d \r\n%s\r\n" % (status, written)
        self.has_body = has_body

    def piece(self, content: bytes) -> bytes:
        """A piece of the body."""
        if not content or not self.has_body:
            return b""
        if self._is_chunked:
            return b"%x\r\n%s\r\n" % (len(content), content)
        if self._left is not None:
            self._left -= len(content)
            if self._left < 0:
                raise ValueError("the body is longer than the answer's head said")
        return content

    def end(self) -> bytes:
        """What is written when the body is over."""
        if self._left:
            raise ValueError("the body is shorter than the answer's head said")
        return b"0\r\n\r\n" if self._is_chunked else b""
