"""What a host signs: one transcript for one broker, slug, nonce and key, and for no other four."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agentgather.wire.proof import transcript

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "wire" / "proof.json").read_text())
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
PARTS = st.tuples(TEXTS, TEXTS, st.binary(max_size=40), st.binary(max_size=40))


def read_back(content: bytes) -> list[bytes]:
    """The parts of a transcript; that it can be read back is why no two are alike."""
    parts = []
    while content:
        size = int.from_bytes(content[:4], "big")
        assert len(content) >= 4 + size
        parts.append(content[4 : 4 + size])
        content = content[4 + size :]
    return parts


@given(PARTS)
def test_a_transcript_holds_each_part_whole(parts: tuple[str, str, bytes, bytes]) -> None:
    origin, slug, nonce, key = parts
    assert read_back(transcript(*parts)) == [
        b"agentgather.tunnel.v1 proof",
        origin.encode(),
        slug.encode(),
        nonce,
        key,
    ]


@given(PARTS, PARTS)
def test_different_parts_never_make_the_same_transcript(
    one: tuple[str, str, bytes, bytes], other: tuple[str, str, bytes, bytes]
) -> None:
    assert (transcript(*one) == transcript(*other)) == (one == other)


@given(st.binary(max_size=30), st.data())
def test_where_one_part_ends_and_the_next_begins_counts(content: bytes, data: st.DataObject) -> None:
    cuts = [sorted(data.draw(st.lists(st.integers(0, len(content)), min_size=1, max_size=1))) for _ in range(2)]
    made = [transcript("o", "s", content[: cut[0]], content[cut[0] :]) for cut in cuts]
    assert (made[0] == made[1]) == (cuts[0] == cuts[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("https://a", "bc"), ("https://ab", "c")),
        (("https://a", ""), ("", "https://a")),
        (("https://rooms.example", "room"), ("http://rooms.example", "room")),
        (("https://rooms.example", "room"), ("https://rooms.example:8443", "room")),
        (("https://rooms.example", "room"), ("https://rooms.example/", "room")),
        (("https://rooms.example", "room"), ("https://rooms.example", "Room")),
    ],
)
def test_a_proof_for_one_place_is_worth_nothing_at_another(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert transcript(*one, b"n" * 32, b"k" * 32) != transcript(*other, b"n" * 32, b"k" * 32)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["slug"])
def test_the_proof_is_byte_for_byte_what_other_implementations_make(vector: dict[str, str]) -> None:
    seed = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
    assert seed.public_key().public_bytes_raw().hex() == vector["key"]
    signed = transcript(vector["origin"], vector["slug"], bytes.fromhex(vector["nonce"]), bytes.fromhex(vector["key"]))
    assert signed.hex() == vector["transcript"]
    assert seed.sign(signed).hex() == vector["signature"]
