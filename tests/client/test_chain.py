"""The chain, as a reader of an export follows it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.api.seal import START, parse_line, seal, sealed_line
from agentgather.client.chain import Chain, ChainBroken


def log(count: int, *, unsealed: int = 0) -> list[dict[str, Any]]:
    """A log of `count` records of which the first `unsealed` are of 0.1."""
    lines: list[dict[str, Any]] = []
    previous = START
    for number in range(1, count + 1):
        written = {
            "id": number, "room": "lab", "ts": "2026-01-01T00:00:00.000Z", "from": "bob", "type": "message",
            "text": f"text {number}", "mentions": [],
        }  # fmt: skip
        if number <= unsealed:
            lines.append(written)
            continue
        mark = seal(written, previous=previous, salt=f"salt {number}")
        if number % 3 == 0:
            mark = mark.without_text(written)
        previous = mark.chain
        lines.append(parse_line(sealed_line(written, mark)))
    return lines


def follow(lines: list[dict[str, Any]]) -> Chain:
    chain = Chain()
    for fields in lines:
        chain.follow(fields)
    return chain


def test_a_whole_log_holds_and_says_what_it_found() -> None:
    chain = follow(log(9, unsealed=2))
    assert (chain.unsealed, chain.sealed, chain.withheld, chain.first_id, chain.last_id) == (2, 7, 3, 1, 9)
    assert chain.head == log(9, unsealed=2)[-1]["chain"]


@given(place=st.integers(0, 7), name=st.sampled_from(["ts", "from", "type", "text", "chain", "mentions", "id"]))
def test_a_change_of_any_field_is_noticed(place: int, name: str) -> None:
    lines = log(8)
    lines[place][name] = {"id": 99, "mentions": ["rev"]}.get(name, "changed")
    with pytest.raises(ChainBroken):
        follow(lines)


@given(place=st.integers(0, 6))
def test_a_missing_record_is_noticed(place: int) -> None:
    lines = log(8)
    del lines[place]
    with pytest.raises(ChainBroken):
        follow(lines)


@given(place=st.integers(1, 7))
def test_a_record_whose_seal_was_taken_off_is_noticed(place: int) -> None:
    lines = log(8)
    for name in ("chain", "salt", "digest"):
        lines[place].pop(name, None)
    with pytest.raises(ChainBroken):
        follow(lines)


@pytest.mark.parametrize(
    "fields", [{}, {"id": "1"}, {"id": 1}, {"id": 1, "text": "x", "chain": 3}, {"id": True, "text": ""}]
)
def test_what_is_no_record_is_noticed(fields: dict[str, Any]) -> None:
    with pytest.raises(ChainBroken):
        follow([fields])
