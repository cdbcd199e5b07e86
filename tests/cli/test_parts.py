"""A long text in parts: nothing lost, nothing too long, cut where a reader would cut."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from agentgather.cli.parts import PART_BYTES_MAX, PART_UNITS_MAX, split
from agentgather.room.text import utf16_units


def head(number: int, count: int, first_id: int | None) -> str:
    return f"@rev HANDOFF {number}/{count} after {first_id}\n\n"


def check(text: str) -> list[str]:
    parts = split(text, head=head)
    assert "".join(parts) == text
    for number, part in enumerate(parts, start=1):
        said = head(number, len(parts), 123) + part
        assert utf16_units(said) <= PART_UNITS_MAX
        assert len(json.dumps(said, ensure_ascii=False).encode()) <= PART_BYTES_MAX + 2
    return parts


@given(line=st.text(st.sampled_from('a"\\\x01é中😀 \t'), min_size=1, max_size=40), count=st.integers(1, 3_000))
def test_parts_join_to_the_text_and_each_fits(line: str, count: int) -> None:
    check((line + "\n") * count)


def test_what_fits_is_one_part() -> None:
    assert check("short") == ["short"]
    assert len(check("x" * (PART_UNITS_MAX - len(head(1, 1, None))))) == 1
    assert len(check("x" * (PART_UNITS_MAX - len(head(1, 1, None)) + 1))) == 2


def test_parts_end_at_the_ends_of_lines() -> None:
    parts = check("a line of some words\n" * 3_000)
    assert all(part.endswith("\n") for part in parts)


def test_a_text_without_lines_is_cut_all_the_same() -> None:
    assert len(check("x" * 64_000)) == 3
    assert len(check("\x01" * 24_000)) == 3  # six bytes of JSON each
    assert len(check("中" * 24_000)) == 2
