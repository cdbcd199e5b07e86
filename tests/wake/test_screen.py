"""Where a program's input is on a screen, and what stands in it (agentgather.wake.screen)."""

from __future__ import annotations

import re

import pytest

from agentgather.wake.screen import Cursor, Screen

FAINT, GREY, OFF = "\x1b[2m", "\x1b[38;5;244m", "\x1b[0m"


def screen(
    *rows: str, at: tuple[int, int] | None = None, width: int = 40, is_shell: bool = False, prompt: str | None = None
) -> Screen:
    """Rows with the cursor `at` column and row, hidden without."""
    column, row = at or (0, 0)
    taught = re.compile(prompt) if prompt else None
    return Screen("\n".join(rows) + "\n", Cursor(column, row, at is not None), width, is_shell, taught)


BOX = ("╭" + "─" * 38 + "╮", "│ > {:<34} │", "╰" + "─" * 38 + "╯", "  ? for shortcuts")


def boxed(*drafts: str) -> list[str]:
    rows = [BOX[1].format(drafts[0]), *(f"│   {each:<34} │" for each in drafts[1:])]
    return ["> what was said before", "● an answer", BOX[0], *rows, *BOX[2:]]


@pytest.mark.parametrize(
    ("shown", "draft"),
    [
        (screen("$ ", at=(2, 0)), ""),
        (screen("ann@box:~/c#$ ls", at=(16, 0)), "ls"),
        (screen("total 3 > 2", "ann@box:/tmp$ ", at=(14, 1)), ""),
        (screen("50% done of it", "", at=(0, 1)), None),
        (screen("$ sleep 9", "", at=(0, 1), is_shell=True), None),
        (screen("$ echo 'a", "> ", at=(2, 1), is_shell=True), ">"),
        (screen("$ " + "x" * 38, "y # z", at=(5, 1), is_shell=True), "x" * 38 + "\ny # z"),
        (screen("$ " + "x" * 36 + " |", "y > z", at=(5, 1), is_shell=True), "x" * 36 + "\ny > z"),
        (screen("$ " + "x" * 35 + " | ", "y > z", at=(5, 1), is_shell=True), "x" * 35 + "\ny > z"),
        (screen("$ " + "x" * 37 + " ", "> z", at=(3, 1), is_shell=True), "x" * 37 + "\n> z"),
        (screen("$ " + "x" * 38, "> ", at=(2, 1), is_shell=True), "x" * 38 + "\n>"),
        (screen("> " + "x" * 20 + " " * 18, "> ", at=(2, 1)), ""),
        (screen("╭─ ~ " + "─" * 33 + "# │", "❯ ", at=(2, 1), is_shell=True), ""),
        (screen("host> ", at=(6, 0), is_shell=True), ""),
        (screen("$ " + "x" * 37, "$ ", at=(2, 1), is_shell=True), ""),
        (screen("$ " + "漢" * 18 + "x", "漢 # z", at=(6, 1), is_shell=True), "漢" * 18 + "x\n漢 # z"),
        (screen("ann@box:/$ " + "x" * 28 + "|", "a > b", at=(5, 1), is_shell=True), "x" * 28 + "\na > b"),
        (screen("ann@box:/$ " + "x" * 29, "ann@box:/$ ", at=(11, 1), is_shell=True), ""),
        (screen("ann@box:/$ " + "x" * 29, "box:/$ ls", at=(9, 1), is_shell=True), "x" * 29 + "\nbox:/$ ls"),
        (screen(*boxed("")), ""),
        (screen(*boxed("half of")), "half of"),
        (screen(*boxed("first", "> second # third")), "first\n> second # third"),
        (screen(*boxed("first", "> ")), "first\n>"),
        (screen(*boxed("first", "> "), at=(6, 4)), "first\n>"),
        (screen("› " + FAINT + "Ask it" + OFF, "", "  ⏎ send", at=(2, 0)), ""),
        (screen("› " + GREY + "Ask it" + OFF), ""),
        (screen("─" * 40, "\x1b[39m❯\u00a0\x1b[7m", "\x1b[0m" + "─" * 40, "  ? for shortcuts"), ""),  # Claude Code 2.1
        (screen("─" * 40, "❯\u00a0half of\x1b[7m", OFF + "─" * 40), "half of"),
        (screen("❯ \x1b[7mT\x1b[27;2mry this" + OFF), "T"),
        (screen("Do you want to proceed?", "❯ 1. Yes", "  2. No"), "1. Yes\n2. No"),
        (screen("no input at all", at=(3, 0)), None),
        (screen("ask me: ", at=(8, 0), prompt="ask me:"), ""),
        (screen("ask me: x", at=(9, 0), prompt="ask me:"), "x"),
        (screen("$ ", at=(2, 0), prompt="ask me:"), None),
        (screen("\x0elqqk\x0f", "\x0ex\x0f > hi \x0ex\x0f", at=(6, 1)), "hi"),
        (screen(""), None),
    ],
)
def test_what_stands_in_the_input(shown: Screen, draft: str | None) -> None:
    told = shown.draft
    assert (told and [line.strip() for line in told.splitlines()]) == (
        draft and [x.strip() for x in draft.splitlines()]
    )


def test_a_program_that_says_how_to_interrupt_it_is_working() -> None:
    assert screen("✻ Thinking… (3s · esc to interrupt)", *boxed("")).is_working
    assert not screen("press esc to interrupt it, somebody said", *[f"● {n}" for n in range(12)], *boxed("")).is_working


def test_a_time_of_day_does_not_make_a_screen_restless_but_a_spinner_and_a_count_of_seconds_do() -> None:
    def shows(row: str) -> str:
        return screen(row, "> ").fingerprint

    assert shows("23:59:59 up") == shows("00:00:00 up")
    assert shows("9:07") == shows("09:08")
    for first, second in [("⠋ work", "⠙ work"), ("(3s)", "(4s)"), ("1:2:3", "1:2:4"), ("x", "y")]:
        assert shows(first) != shows(second)


@pytest.mark.parametrize("line", ["[agentgather] 1 new for ann", "漢字かな漢字かな漢字", "!?", "e\u0301" * 20])
def test_a_line_is_known_again_however_it_is_wrapped(line: str) -> None:
    halves = line[: len(line) // 2], line[len(line) // 2 :]
    assert screen(*boxed(line)).holds(line)
    assert screen(*boxed(*halves)).holds(line)
    assert not screen(*boxed(line + "x")).holds(line)
    assert not screen(*boxed("")).holds(line)


def test_a_line_is_known_again_when_its_last_letter_in_a_row_has_lost_its_mark() -> None:
    line = "# " + "e\u0301" * 40
    assert screen("$ # " + "e\u0301" * 35 + "e", "e\u0301" * 4, at=(4, 1), is_shell=True).holds(line)


def test_a_line_is_known_by_its_end_where_the_input_scrolls_sideways() -> None:
    line = "[agentgather] there are 12 new records for ann in lab"
    assert screen("> " + line[-30:], at=(32, 0)).holds(line)
    assert not screen("> " + line[-6:], at=(8, 0)).holds(line)
