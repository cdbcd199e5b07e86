"""What a board asks the room for again once something happened to it, in a real Chromium, without a room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

ASKED = """async () => {
  const {AskedAgain} = await import("/asked-again.js");
  const told = [];
  let isThere = true;
  const ask = async () => {
    told.push("asked");
    if (!isThere) throw new Error("the room does not answer");
  };
  const [show, refused] = [() => told.push("shown"), () => told.push("refused")];
  const board = new AskedAgain({node: {checkVisibility: () => true}, ask, show, refused});
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  await board.learn();
  isThere = false;
  board.changed();
  await settled();
  isThere = true;
  board.catchUp();
  await settled();
  board.catchUp();
  await settled();
  return told;
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_what_could_not_be_asked_for_is_asked_for_when_it_is_next_shown_and_no_more(page: Page) -> None:
    assert page.evaluate(ASKED) == ["asked", "asked", "refused", "asked", "shown"]
