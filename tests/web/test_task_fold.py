"""The browser's fold of the task board, in a real Chromium, held to the vectors of the core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

STEPS = json.loads((Path(__file__).parents[1] / "vectors" / "task_board.json").read_text())["steps"]
RECORDS = [record for step in STEPS for record in step["records"]]

FOLD = """async ([steps, tasks]) => {
  const {opened, heard, blockedBy} = await import("/task-fold.js");
  let board = opened(tasks, 0);
  return steps.map((records) => {
    board = records.reduce(heard, board);
    return [...board.tasks.values()].map((task) => ({...task, blocked_by: blockedBy(board, task)}));
  });
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_the_page_folds_the_records_of_the_vectors_into_the_boards_they_say(page: Page) -> None:
    boards: list[Any] = page.evaluate(FOLD, [[step["records"] for step in STEPS], []])
    for step, board in zip(STEPS, boards, strict=True):
        assert board == step["tasks"], step["says"]


def test_a_board_that_is_ahead_of_what_is_heard_comes_out_the_same(page: Page) -> None:
    """The pages of a board are asked for one after another; what happens between is in the later ones, and is heard too."""
    for step in STEPS:
        (board,) = page.evaluate(FOLD, [[RECORDS], step["tasks"]])
        assert board == STEPS[-1]["tasks"], step["says"]


def test_hearing_a_record_twice_changes_nothing(page: Page) -> None:
    once, twice = (page.evaluate(FOLD, [[records], []]) for records in (RECORDS, [*RECORDS, *RECORDS]))
    assert once == twice
