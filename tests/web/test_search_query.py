"""The page's reading of the search line, held to the vectors of the command line's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from agentgather.room.search import terms
from tests.web.chromium import chromium, module_page

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "search_queries.json").read_text(encoding="utf-8"))
LINES = [vector["line"] for vector in VECTORS]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_the_page_asks_for_what_the_vectors_say(page: Page) -> None:
    asked = page.evaluate("async (lines) => lines.map((await import('/search-query.js')).readLine)", LINES)
    assert dict(zip(LINES, asked, strict=True)) == {vector["line"]: vector["asked"] for vector in VECTORS}


def test_the_page_tells_words_from_phrases_as_the_room_does(page: Page) -> None:
    told = page.evaluate("async (lines) => lines.map((await import('/search-query.js')).terms)", LINES)
    for line, parts in zip(LINES, told, strict=True):
        assert [(part["text"], part["isPhrase"]) for part in parts] == terms(line), line
