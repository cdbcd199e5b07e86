from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.api.seal import START, Seal, is_intact, parse_line, read_seal, resealed, seal, sealed_line

RECORD: dict[str, Any] = {
    "id": 7,
    "room": "lab",
    "ts": "2026-01-05T09:30:00.123Z",
    "from": "ops",
    "type": "message",
    "text": "Grüße",
    "mentions": [],
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
CONTEXTS = st.none() | st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=3)


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def as_the_page_says(written: dict[str, Any], *, previous: str, salt: str) -> str:
    """The chain value, computed by nothing but the words of the chain's description."""
    content = json.dumps([written["text"], written.get("context")], ensure_ascii=False, separators=(",", ":"))
    digest = base64url(sha256(f"{salt}\n{content}".encode()).digest())
    header = {name: value for name, value in written.items() if name not in ("text", "context")}
    compact = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    return base64url(sha256(f"{previous}\n{compact}\n{digest}".encode()).digest())


@given(TEXTS, CONTEXTS, st.sampled_from(["", "abc"]))
def test_a_chain_value_is_what_its_description_says(text: str, context: dict[str, Any] | None, previous: str) -> None:
    written = RECORD | {"text": text} | ({} if context is None else {"context": context})
    sealed = seal(written, previous=previous, salt="salt")
    assert sealed == Seal(as_the_page_says(written, previous=previous, salt="salt"), salt="salt")
    fields = parse_line(sealed_line(written, sealed))
    assert is_intact(fields, sealed, previous=previous)
    assert not is_intact(fields, sealed, previous=previous + "x")


@pytest.mark.parametrize("name", [*RECORD, "context", "reply_to"])
def test_whatever_of_a_record_is_changed_the_chain_does_not_hold(name: str) -> None:
    sealed = seal(RECORD, previous=START, salt="salt")
    assert not is_intact(RECORD | {name: "changed"}, sealed, previous=START)


def test_a_text_taken_away_leaves_a_digest_that_still_holds_and_no_salt() -> None:
    sealed = seal(RECORD, previous=START, salt="salt")
    line = sealed_line(RECORD, sealed.without_text(RECORD))
    fields = parse_line(line)
    assert b"salt" not in line
    assert "Grüße".encode() not in line
    assert read_seal(fields) == sealed.without_text(RECORD)
    assert is_intact(fields, sealed.without_text(RECORD), previous=START)
    assert not is_intact(fields | {"text": "put back"}, sealed.without_text(RECORD), previous=START)


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_record_is_sealed_anew_after_another_one(is_gone: bool) -> None:
    sealed = seal(RECORD, previous=START, salt="salt")
    sealed = sealed.without_text(RECORD) if is_gone else sealed
    again = resealed(RECORD, sealed, previous="other")
    fields = parse_line(sealed_line(RECORD, again))
    assert (again.salt, again.digest) == (sealed.salt, sealed.digest)
    assert is_intact(fields, again, previous="other")
    assert not is_intact(fields, again, previous=START)


@pytest.mark.parametrize(
    "mark", [{"chain": "x"}, {"salt": "x"}, {"chain": "x", "salt": "x", "digest": "x"}, {"chain": 7, "salt": "x"}]
)
def test_half_a_seal_is_no_seal(mark: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        read_seal(RECORD | mark)
    assert read_seal(RECORD) is None
