"""The messages that others answer, in a real Chromium, with a room that answers as it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

DRAWN = """async () => {
  const {Quotes} = await import("/quotes.js");
  const {Refused, Unreachable} = await import("/asking.js");
  const asked = [];
  let isThere = false;
  const message = async (id) => {
    asked.push(id);
    if (!isThere) throw new Unreachable("the room does not answer");
    if (id === 1) throw new Refused(404, {error: "message_not_found"});
    return {message: {id, text: "found"}};
  };
  const quotes = new Quotes({message}, () => {});
  const ids = [1, 2, 3, 4, 5, 6, 7, 8];
  const drawn = async () => {
    asked.length = 0;
    for (const id of ids) quotes.get(id);
    await new Promise((resolve) => setTimeout(resolve));
    return asked.length;
  };
  const while_away = await drawn();
  isThere = true;
  return [while_away, await drawn(), await drawn(), ids.map((id) => quotes.get(id)?.text ?? null)];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_what_could_not_be_had_while_the_room_was_away_is_asked_for_again_and_once(page: Page) -> None:
    while_away, back, again, texts = page.evaluate(DRAWN)
    assert (while_away, back, again) == (4, 8, 0)
    assert texts == [None, *["found"] * 7]
