"""The chain: what makes a log, and every export of it, verifiable by whoever holds it (docs/protocol.md, Chain).

A sealed line is a record's JSON object with two more fields at its end: `salt` and `chain`. The chain value of a record is

    base64url(SHA-256(previous chain value + "\\n" + header + "\\n" + digest))

where `header` is the record's compact JSON without `text`, `context`, `retracted` and the seal's own fields, and `digest` is
base64url(SHA-256(salt + "\\n" + compact JSON of [text, context])). The chain covers the digest, not the text: a line whose
text was taken away keeps its `digest` in place of its `salt` and still verifies, and without the salt nobody can find
a short text by trying. The value before the first sealed record is the empty string.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from agentgather.api.record_json import Json, compact

START = ""  # the chain value before the first sealed record
_NOT_IN_HEADER = frozenset({"text", "context", "retracted", "salt", "digest", "chain"})


@dataclass(frozen=True, slots=True)
class Seal:
    """What the log keeps beside a record: its chain value, and the salt of its text or, once that is gone, its digest."""

    chain: str
    salt: str | None = None
    digest: str | None = None

    def without_text(self, written: Mapping[str, Any]) -> Seal:
        """The seal of the same record once its text and context are taken away."""
        return self if self.salt is None else Seal(self.chain, digest=_digest(written, self.salt))


def seal(written: Mapping[str, Any], *, previous: str, salt: str) -> Seal:
    """Seal a record's JSON object after the record whose chain value is `previous`. `salt`: 128 random bits as text."""
    return Seal(_chain(written, previous=previous, digest=_digest(written, salt)), salt=salt)


def resealed(written: Mapping[str, Any], seal: Seal, *, previous: str) -> Seal:
    """The seal of a record, its text there or gone, once another record than before precedes it."""
    digest = seal.digest if seal.salt is None else _digest(written, seal.salt)
    if digest is None:
        raise ValueError("a seal has either a salt or a digest")
    return replace(seal, chain=_chain(written, previous=previous, digest=digest))


def sealed_line(written: Mapping[str, Any], seal: Seal) -> bytes:
    """The line of the log for a record and its seal, newline included. A seal without salt goes with an empty text."""
    fields: Json = dict(written)
    if seal.salt is not None:
        fields["salt"] = seal.salt
    else:
        fields["text"] = ""
        fields.pop("context", None)
        fields["digest"] = seal.digest
    fields["chain"] = seal.chain
    return compact(fields) + b"\n"


def read_seal(fields: Mapping[str, Any]) -> Seal | None:
    """The seal that a line's object carries; None for a record of 0.1. Raises ValueError for half a seal."""
    chain, salt, digest = (fields.get(name) for name in ("chain", "salt", "digest"))
    if chain is None and salt is None and digest is None:
        return None
    if not isinstance(chain, str) or isinstance(salt, str) == isinstance(digest, str):
        raise ValueError("a seal is a chain value with either a salt or a digest")
    return Seal(chain, salt=salt, digest=digest)


def is_intact(fields: Mapping[str, Any], seal: Seal, *, previous: str) -> bool:
    """Whether a line's object is what was sealed after `previous`."""
    if seal.salt is None and (fields.get("text") or "context" in fields):
        return False
    digest = seal.digest if seal.salt is None else _digest(fields, seal.salt)
    return digest is not None and _chain(fields, previous=previous, digest=digest) == seal.chain


def parse_line(line: bytes | str) -> Json:
    """The object on a line of the log, without its newline. Raises ValueError or TypeError when there is none."""
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise TypeError("a line of the log is a JSON object")
    return fields


def digest_of(written: Mapping[str, Any], seal: Seal) -> str:
    """The digest of a sealed record's text and context, whether they are still there or not."""
    if seal.salt is not None:
        return _digest(written, seal.salt)
    assert seal.digest is not None  # a seal has one or the other
    return seal.digest


def _digest(written: Mapping[str, Any], salt: str) -> str:
    text, context = written["text"], written.get("context")
    # The two ways write the same bytes; nearly every record goes the first, which takes a fifth of the time.
    content = f"[{encode_basestring(text)},null]".encode() if context is None else compact([text, context])
    return _base64url(sha256(salt.encode() + b"\n" + content).digest())


def _chain(written: Mapping[str, Any], *, previous: str, digest: str) -> str:
    header = compact({name: value for name, value in written.items() if name not in _NOT_IN_HEADER})
    return _base64url(sha256(b"\n".join((previous.encode(), header, digest.encode()))).digest())


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
