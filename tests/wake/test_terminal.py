"""What a terminal of ours would show of what a program wrote (agentgather.wake.terminal)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.wake.screen import Screen
from agentgather.wake.terminal.emulator import Terminal

CSI = "\x1b["


def terminal(written: str, *, width: int = 10, height: int = 4) -> Terminal:
    shown = Terminal(width=width, height=height)
    shown.feed(written.encode())
    return shown


def rows(written: str, *, width: int = 10, height: int = 4) -> list[str]:
    """What is shown, without styles and without the blank rows below."""
    captured = terminal(written, width=width, height=height).captured()
    return captured.rstrip("\n").split("\n")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\r\ntwo", ["one", "two"]),
        ("x" * 12, ["x" * 10, "xx"]),
        ("x" * 10 + "\ry", ["y" + "x" * 9]),
        (f"{CSI}?7l" + "x" * 10 + "yz", ["x" * 9 + "z"]),
        ("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
        (f"{CSI}2;3Habc{CSI}1;1Hd", ["d", "  abc"]),
        (f"abc{CSI}2Dx", ["axc"]),
        ("a\tb\bc", ["a       c"]),
        (f"abcdef{CSI}3G{CSI}2P{CSI}@x", ["abxef"]),
        (f"abcdef{CSI}3G{CSI}2X", ["ab  ef"]),
        (f"abcdef{CSI}3G{CSI}1K", ["   def"]),
        (f"1\r\n2\r\n3{CSI}2;1H{CSI}L", ["1", "", "2", "3"]),
        (f"1\r\n2\r\n3{CSI}2;1H{CSI}M", ["1", "3"]),
        (f"1\r\n2\r\n3\r\n4{CSI}2;3r{CSI}3;1H\nx", ["1", "3", "x", "4"]),
        (f"1\r\n2{CSI}1;1H\x1bM0", ["0", "1", "2"]),
        (f"a{CSI}3b", ["aaaa"]),
        (f"shell{CSI}?1049hfull{CSI}?1049l", ["shell"]),
        (f"shell{CSI}?1049h{CSI}2J{CSI}Hfull", ["full"]),
        ("\x1b]0;a title\x07a\x1bP1$r\x1b\\b\x1b]8;;http://x\x1b\\c", ["abc"]),
        (f"a{CSI}>1u{CSI}?2026hb{CSI}=5uc\x1b=d", ["abcd"]),
        ("\x1b(0lqk\x1b(B|", ["┌─┐|"]),
        (f"漢字{CSI}2Dx", ["漢x"]),
        ("x" * 9 + "漢", ["x" * 9, "漢"]),
        ("e\u0301é", ["e\u0301é"]),
        ("a\x1b[3\x18b\x1b[1\x1b[Cc", ["ab c"]),
        ("\x1bca", ["a"]),
    ],
)
def test_what_is_shown(written: str, shown: list[str]) -> None:
    assert rows(written) == shown


def test_a_hint_in_grey_is_no_draft_and_what_is_typed_is() -> None:
    prompt = f"{CSI}1m❯{CSI}0m {CSI}38;5;244mask it{CSI}39m{CSI}1;3H"
    hinted = terminal(prompt, width=40)
    assert Screen(hinted.captured(), hinted.cursor, 40).draft == ""
    typed = terminal(prompt + f"{CSI}K{CSI}39mhalf of", width=40)
    assert Screen(typed.captured(), typed.cursor, 40).draft == "half of"


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("31;1", "\x1b[0;1;31m"),
        ("1;2;22", ""),
        ("38:2::1:2:3", "\x1b[0;38;2;1;2;3m"),
        ("38;2;1;2;3;7", "\x1b[0;38;2;1;2;3;7m"),
        ("58;5;1;4:3", "\x1b[0;58;5;1;4m"),
        ("31;0", ""),
    ],
)
def test_styles_are_kept_as_they_are_in_force(style: str, shown: str) -> None:
    assert terminal(f"{CSI}{style}mx").captured().split("\n")[0] == f"{shown}x"


def test_a_program_that_asks_gets_the_answers_of_a_terminal() -> None:
    shown = Terminal(width=10, height=4)
    assert shown.feed(b"ab\r\nc\x1b[6n\x1b[5n") == b"\x1b[2;2R\x1b[0n"
    assert shown.feed(b"\x1b[c") == b"\x1b[?62;22c"
    assert shown.feed(b"nothing") == b""


def test_what_a_program_left_on_is_turned_off_in_the_terminal_that_showed_it() -> None:
    assert terminal("$ ls\r\n").farewell() == b""
    left = terminal(f"{CSI}?1049h{CSI}?2004h{CSI}?25l{CSI}?1000h{CSI}?1000l").farewell().decode()
    assert all(f"{CSI}{off}" in left for off in ("?1049l", "?2004l", "?25h"))
    assert "1000" not in left


def test_a_terminal_that_gets_smaller_keeps_the_row_of_the_cursor() -> None:
    shown = terminal("1\r\n2\r\n3\r\n$ ls")
    shown.resize(width=3, height=2)
    assert shown.captured() == "3\n$ l\n"
    assert (shown.cursor.column, shown.cursor.row) == (2, 1)
    shown.resize(width=20, height=5)
    shown.feed(b"x")
    assert shown.captured().startswith("3\n$ x")
    assert (
        terminal("ab  \x1b[Kc\r\n  ", width=9, height=2).captured() == "ab  c\n  \n"
    )  # a blank that was written counts


STEERING = st.builds(
    lambda numbers, final: f"\x1b[{numbers}{final}",
    st.text("0123456789;?", max_size=4),
    st.sampled_from("ABCDEFGHJKLMPSTXZ@bdefhlmnrsu"),
)
OTHER = (
    "\x1bM",
    "\x1b7",
    "\x1b8",
    "\x1bc",
    "\x1b]0;t\x07",
    "\x1bPq\x1b\\",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b(0",
    "\x18",
)
LETTERS = st.text("ab漢e\u0301 \t\r\n\b\x0e\x0f", max_size=8)
SEQUENCES = st.lists(st.one_of(LETTERS, STEERING, st.sampled_from(OTHER), st.text(max_size=3)), max_size=20)
WRITTEN = SEQUENCES.map(lambda parts: "".join(parts).encode(errors="replace"))


@given(written=st.one_of(WRITTEN, st.binary(max_size=40)), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_whatever_is_written_and_however_it_is_cut_the_same_is_shown(written: bytes, cuts: list[int]) -> None:
    whole, cut = Terminal(width=7, height=3), Terminal(width=7, height=3)
    whole.feed(written)
    places = [0, *sorted(min(cut, len(written)) for cut in cuts), len(written)]
    for first, end in pairwise(places):
        cut.feed(written[first:end])
    assert (cut.captured(), cut.cursor) == (whole.captured(), whole.cursor)
    assert all(len(row) <= 7 for row in whole._sheet.cells._rows)
    assert 0 <= whole.cursor.row < 3
    assert 0 <= whole.cursor.column < 7
    whole.resize(width=2, height=1)
    whole.feed(written)
