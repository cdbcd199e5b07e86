"""What changed between two texts, line by line, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

DIFF = "async ([before, after]) => (await import('/line-diff.js')).lineDiff(before, after)"
SIGNS = {"same": " ", "added": "+", "removed": "-"}
TOOK_MS_MAX = 1_000


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def diff(page: Page, before: str, after: str) -> list[str]:
    lines: list[dict[str, Any]] = page.evaluate(DIFF, [before, after])
    return [SIGNS[line["kind"]] + line["text"] for line in lines]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a\nb\nc", "a\nb\nc", [" a", " b", " c"]),
        ("a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]),
        ("a\nc", "a\nb\nc", [" a", "+b", " c"]),
        ("a\nb\nc", "a\nc", [" a", "-b", " c"]),
        ("a\na", "a\na\na", [" a", " a", "+a"]),
        ("", "a", ["-", "+a"]),
        ("a\nb\nc\nd\ne", "b\nc\nx\ne\nf", ["-a", " b", " c", "-d", "+x", " e", "+f"]),
    ],
)
def test_as_few_lines_as_possible_go_and_come(page: Page, before: str, after: str, lines: list[str]) -> None:
    assert diff(page, before, after) == lines


def test_nothing_is_lost_of_either_text(page: Page) -> None:
    chance = Random(7)
    for _ in range(50):
        before, after = ("\n".join(chance.choices("abcd", k=chance.randint(1, 30))) for _ in range(2))
        lines = diff(page, before, after)
        assert "\n".join(line[1:] for line in lines if line[0] != "+") == before
        assert "\n".join(line[1:] for line in lines if line[0] != "-") == after


def test_briefs_of_nothing_but_lines_are_compared_in_no_time(page: Page) -> None:
    took_ms = page.evaluate(
        """async () => {
          const {lineDiff} = await import("/line-diff.js");
          const began = performance.now();
          for (const lines of [990, 8000]) {
            const text = (first) => Array.from({length: lines}, (_, n) => String((n * first) % 97)).join("\\n");
            lineDiff("x\\n" + text(3) + "\\nx", "y\\n" + text(5) + "\\ny");
          }
          return performance.now() - began;
        }"""
    )
    assert took_ms < TOOK_MS_MAX
