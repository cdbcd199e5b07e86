"""Whom a text calls: the vectors that every implementation has to agree on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentgather.room.mentions import mentions

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "mentions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: repr(vector["text"]))
def test_a_text_calls_whom_the_vectors_say(vector: dict[str, Any]) -> None:
    assert list(mentions(vector["text"], roster=vector["roster"])) == vector["mentions"]


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    for text in (
        "`" * 24_000,
        "`a" * 12_000,
        "@" * 24_000,
        "@a-" * 8_000,
        "".join("`" * (n % 50) + "x" for n in range(900)),
    ):
        assert mentions(text, roster=["b"]) == ()
