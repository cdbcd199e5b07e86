"""The line that people type to search: the vectors that the page's reading agrees on too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentgather.api.search_query import read_line, read_search
from agentgather.room.message import MessageType
from agentgather.room.search import search, terms

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "search_queries.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: repr(vector["line"]))
def test_a_line_asks_for_what_the_vectors_say(vector: dict[str, Any]) -> None:
    assert read_line(vector["line"]).parameters == vector["asked"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: repr(vector["line"]))
def test_what_is_looked_for_reads_as_itself(vector: dict[str, Any]) -> None:
    """`q` says the same words and phrases as the line did, without its filters."""
    query = vector["asked"].get("q", "")
    left = [term for term in terms(vector["line"]) if term in terms(query)]
    assert terms(query) == left


def test_a_line_becomes_a_search() -> None:
    asked = read_search(read_line('from:bob type:handoff mentions:ann "Held  Wait"'))
    assert asked == search('"held wait"', author="bob", type=MessageType.HANDOFF, mentions="ann")  # type: ignore[arg-type]
