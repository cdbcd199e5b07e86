"""From a token to the room as it is now, in a real Chromium, with a room that answers as it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

ENTERED = """async ([told, ...briefs]) => {
  const {enter} = await import("/entrance.js");
  const seat = {alias: "ops", kind: "human", display_name: "Ops", has_joined: true, is_host: true};
  const status = {room: "lab", me: "ops", participants: [seat], room_status: "open", last_id: 7, brief_version: told};
  const api = {
    status: async () => status,
    join: async () => {},
    brief: async () => ({brief: {body: "", brief_version: briefs.shift()}}),
    before: async () => ({messages: [], has_more: false}),
  };
  const {room} = await enter(api, {show() {}, isKept: true});
  return [room.brief.brief_version, briefs.length];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_a_brief_that_changes_while_the_page_comes_is_asked_for_again(page: Page) -> None:
    assert page.evaluate(ENTERED, [2, 1, 2]) == [2, 0]


def test_a_brief_as_new_as_the_status_is_asked_for_once(page: Page) -> None:
    assert page.evaluate(ENTERED, [2, 2, 3]) == [2, 1]
