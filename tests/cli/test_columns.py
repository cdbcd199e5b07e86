from __future__ import annotations

from agentgather.cli.columns import columns, width


def test_columns_begin_at_the_same_place() -> None:
    assert columns([("a", "bb", 3), ("aaaa", "b", 33)]) == ["a     bb  3", "aaaa  b   33"]


def test_wide_and_combining_characters_keep_the_columns() -> None:
    assert (width("日本"), width("e\u0301"), width("abc")) == (4, 1, 3)
    first, second = columns([("日本", "x"), ("abcd", "x")])
    assert width(first) == width(second)


def test_a_cell_can_neither_forge_a_row_nor_drive_a_terminal() -> None:
    assert columns([("a\nb", "\x1b[2J")]) == ["a\\nb  \\x1b[2J"]
