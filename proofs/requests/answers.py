"""Answers, read as strictly as they should be written: what a server says to anybody, mutants included."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from agentgather.api.errors import STATUS_OF
from agentgather_broker.refusals import STATUS_OF as BROKER_STATUS_OF

STATUSES = {code: {status} for code, status in STATUS_OF.items()}
for _code, _status in BROKER_STATUS_OF.items():
    STATUSES.setdefault(_code, set()).add(_status)
for _code, _others in {
    "unsupported_route": {403, 405, 426},
    "host_unavailable": {503, 504},
    "invalid_registration": {413},
}.items():
    STATUSES[_code] |= _others
NEVER = ("Traceback", "internal_error", "storage_failed", "host_unavailable")
BODILESS = frozenset({204, 304})
PARSED_OF_WELL = 16  # of so many good answers one is parsed: parsing all would cost more than asking

_HEAD = re.compile(
    rb"HTTP/1\.1 ([1-5]\d\d) [ -~]*\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n)*)\r\n"
)


class Malformed(Exception):
    """An answer that no server of ours may give; the text says what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Answers:
    """Takes the bytes of one connection apart. Raises Malformed. `is_over`: another protocol goes on (101)."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._count = 0
        self.is_over = False

    @property
    def is_between(self) -> bool:
        """Whether everything that came was a whole answer."""
        return not self._rest

    def feed(self, content: bytes, *, has_ended: bool = False) -> list[Answer]:
        """The answers that are whole now."""
        self._rest += content
        answers = []
        while self._rest and not self.is_over and (answer := self._next(has_ended)) is not None:
            if answer.status == 101:
                self.is_over = True
            elif answer.status >= 200:
                self._count += 1
                check(answer, is_parsed=answer.status >= 400 or self._count % PARSED_OF_WELL == 0)
                answers.append(answer)
        return answers

    def _next(self, has_ended: bool) -> Answer | None:
        rest = self._rest
        end = rest.find(b"\r\n\r\n")
        if end < 0:
            if len(rest) > 32_768:
                raise Malformed(f"a head without an end: {bytes(rest[:200])!r}")
            return None
        found = _HEAD.match(rest)
        if found is None:
            raise Malformed(f"not a head of HTTP/1.1: {bytes(rest[:300])!r}")
        status, at = int(found[1]), found.end()
        headers = {
            name.lower(): value for name, _, value in (line.partition(b": ") for line in found[2].split(b"\r\n"))
        }
        if status < 200 or status in BODILESS:
            body: bytes | None = b""
        elif b"content-length" in headers:
            length = int(headers[b"content-length"])
            # HEAD is answered with the length of what GET would have got: the next answer follows at once, or nothing does.
            if rest[at : at + 9] == b"HTTP/1.1 " or (has_ended and len(rest) == at):
                length = 0
                headers[b"x-of-head"] = b"1"
            body = bytes(rest[at : at + length]) if len(rest) >= at + length else None
            at += length
        elif headers.get(b"transfer-encoding") == b"chunked":
            body, at = self._chunks(at)
        elif has_ended:
            body, at = bytes(rest[at:]), len(rest)
        else:
            body = None
        if body is None:
            return None
        del rest[:at]
        return Answer(status, headers, body)

    def _chunks(self, at: int) -> tuple[bytes | None, int]:
        pieces = []
        while True:
            end = self._rest.find(b"\r\n", at)
            if end < 0:
                return None, at
            size = int(self._rest[at:end], 16)
            if len(self._rest) < end + 4 + size:
                return None, at
            pieces.append(bytes(self._rest[end + 2 : end + 2 + size]))
            at = end + 4 + size
            if size == 0:
                return b"".join(pieces), at


def check(answer: Answer, *, is_parsed: bool) -> None:
    """Raise Malformed for an answer that is none of those that our pages describe."""
    headers, body = answer.headers, answer.body
    if headers.get(b"x-content-type-options") != b"nosniff" or b"unsafe" in headers.get(
        b"content-security-policy", b"unsafe"
    ):
        raise Malformed(f"an answer without its security headers: {answer}")
    if answer.status < 400:
        if is_parsed and body and headers.get(b"content-type", b"").startswith(b"application/json"):
            try:
                json.loads(body)
            except ValueError:
                raise Malformed(f"not JSON: {answer}") from None
        return
    if b"x-of-head" in headers or headers[b"content-type"].startswith(b"text/html"):
        if answer.status >= 500:
            raise Malformed(f"a mutant was answered with {answer.status}: {answer}")
        return
    try:
        told = json.loads(body)
        code, message, is_ok = told["error"], told["message"], told["ok"]
    except (ValueError, KeyError, TypeError):
        raise Malformed(f"not the body of an error: {answer}") from None
    if is_ok is not False or answer.status not in STATUSES.get(code, ()) or len(message) <= 20:
        raise Malformed(f"not the error that its code says: {answer}")
    if any(sign in code or sign in message for sign in NEVER):
        raise Malformed(f"a mutant was answered with {code}: {answer}")
