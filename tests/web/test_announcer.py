"""What a screen reader is told, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_each_line_is_an_event_of_its_own_and_only_the_last_few_stay(page: Page) -> None:
    said, shouted = page.evaluate(
        """async () => {
          const {Announcer} = await import("/views/announcer.js");
          const announcer = new Announcer();
          document.body.append(announcer.node);
          for (const text of ["one", "two", "two", "three", "four", "<b>five</b>"]) announcer.say(text);
          announcer.alert("the room was closed");
          const lines = (kind) => [...document.querySelectorAll(`[aria-live=${kind}] p`)].map((line) => line.textContent);
          return [lines("polite"), lines("assertive")];
        }"""
    )
    assert said == ["two", "two", "three", "four", "<b>five</b>"]
    assert shouted == ["the room was closed"]
