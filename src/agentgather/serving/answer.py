"""A whole answer: all that most requests are answered with, at a tenth of what a framework's response costs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole answer as it is sent: all of its headers are here but those that are the connection's."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class Answer:
    """`headers` are lower-case names with their values; content type and length are added when it is sent."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)

    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers as ASGI wants them. An answer without a body by its nature (304) has neither type nor length."""
        written = [(name.encode(), value.encode("latin-1")) for name, value in self.headers]
        if self.status != 304:
            written.append((b"content-type", self.content_type.encode()))
            written.append((b"content-length", b"%d" % len(self.body)))
        return written
