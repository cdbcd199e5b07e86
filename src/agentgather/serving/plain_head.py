"""A request's head as nearly every client writes it, read in one look; whatever is written otherwise is h11's to judge.

What is taken here is a part of what h11 takes, and h11 understands it the same: tests hold one beside the other. It holds
nothing that two readers could understand differently: no folded or bare line breaks, no control characters, no chunks, no second
length or Host, no upgrade and no Expect, and nothing about the connection but that it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agentgather.serving.limits import LENGTH_DIGITS_MAX

END_OF_HEAD = b"\r\n\r\n"

# RFC 9112 sections 3 and 5. Possessive throughout: each byte is looked at once, whatever a stranger sends.
_LINE = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t\x20-\x7e\x80-\xff]*+\r\n"
_HEAD = re.compile(rb"(GET|POST|HEAD) (/[\x21-\x7e]*+) HTTP/1\.1\r\n((?:%s)*+)\r\n" % _LINE)
_ANOTHER_WAY = frozenset((b"transfer-encoding", b"upgrade", b"expect"))


class Head(Protocol):
    """What a head says: this one, or h11's Request. Names of headers are in lower case."""

    @property
    def method(self) -> bytes: ...
    @property
    def target(self) -> bytes: ...
    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...
    @property
    def http_version(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PlainHead:
    """The head of a request of HTTP/1.1, with the length of the body that follows it."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body_bytes: int = 0
    http_version: bytes = b"1.1"


def plain_head(written: bytes) -> PlainHead | None:
    """The head that `written` is, its empty line included; None for one that h11 has to look at, and perhaps to refuse."""
    matched = _HEAD.fullmatch(written)
    if matched is None:
        return None
    method, target, lines = matched.groups()
    headers, hosts, length = [], 0, None
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name in _ANOTHER_WAY or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        if name == b"content-length":
            if length is not None or not value.isdigit() or len(value) > LENGTH_DIGITS_MAX:
                return None
            length = int(value)
        elif name == b"host":
            hosts += 1
        headers.append((name, value))
    if hosts != 1:
        return None
    return PlainHead(method, target, headers, length or 0)
