"""What counts as text, how long it is, and how it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.room.text import is_storable, utf16_units, visible, without_tokens


@pytest.mark.parametrize(("text", "units"), [("", 0), ("abc", 3), ("äß", 2), ("😀", 2), ("👩‍💻", 5), ("\ud800", 1)])
def test_lengths_are_in_utf16_units(text: str, units: int) -> None:
    assert utf16_units(text) == units


@given(st.text())
def test_lengths_agree_with_an_encoder(text: str) -> None:
    assert utf16_units(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "is_good"), [("a", True), ("😀", True), ("a\0", False), ("\ud800", False), ("a\udfff", False)]
)
def test_halves_of_pairs_and_nul_cannot_be_kept(text: str, is_good: bool) -> None:
    assert is_storable(text) is is_good


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edef", "abc\\u202edef"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("half \ud83d", "half \\ud83d"),
        ("tab\tline\nend", "tab\tline\nend"),
        ("ä😀", "ä😀"),
    ],
)
def test_what_could_drive_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_what_is_shown_on_one_line_is_one_line_without_controls(text: str) -> None:
    shown = visible(text, keep_newlines=False)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /agt_" + "aB3-_" * 8 + "xyz/status", "GET /agt_***/status"),
        ("'agt_" + "x" * 43 + "', twice agt_" + "y" * 43, "'agt_***', twice agt_***"),
        ("a token begins with agt_", "a token begins with agt_"),
        ("nothing", "nothing"),
    ],
)
def test_a_token_in_a_text_is_left_out(text: str, shown: str) -> None:
    assert without_tokens(text) == shown
