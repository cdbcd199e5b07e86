"""When something was said, in a real Chromium against the real daemon: the days between the messages, the hours beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import Somebody, enter, person
from tests.web.long_room import SETTLED, long_room, reader, scroll

RECORDS = 120
DAYS = 3
ZONE = "Pacific/Auckland" if datetime.now(UTC).hour in (14, 15) else "Asia/Tokyo"  # it is not about midnight there
STUCK = """() => {
  const { top, bottom } = document.querySelector(".scroller").getBoundingClientRect();
  return [...document.querySelectorAll(".day time")]
    .filter((one) => { const box = one.getBoundingClientRect(); return box.bottom > top && box.top < bottom; })
    .map((one) => [one.dateTime, Math.round(one.getBoundingClientRect().top - top)]);
}"""

FOCUSED_TOP = """() => document.activeElement.getBoundingClientRect().top
  - document.querySelector(".scroller").getBoundingClientRect().top"""  # pixels below the top of the timeline
NAME_BOTTOM = """() => {
  const { top } = document.querySelector(".scroller").getBoundingClientRect();
  const bottoms = [...document.querySelectorAll(".day time")].map((one) => one.getBoundingClientRect().bottom - top);
  return bottoms.find((bottom) => bottom > 0);
}"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with long_room(tmp_path_factory.mktemp("room"), records=RECORDS, days=DAYS) as somebody:
        yield somebody


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with person(browser, timezone_id=ZONE, locale="en-GB") as opened:
        yield opened


def moment(record: dict[str, str]) -> datetime:
    """When `record` was said, by its reader's clock."""
    return datetime.fromisoformat(record["ts"]).astimezone(ZoneInfo(ZONE))


def test_days_and_hours_are_its_readers_own(page: Page, host: Somebody) -> None:
    enter(page, reader(host, "mira"))
    records = [one for one in host.ask("GET", "/messages?limit=1000")["messages"] if one["type"] != "system"]
    days = list(dict.fromkeys(str(moment(one).date()) for one in records))
    scroll(page, "0")
    said = page.locator(".day time")
    expect(said).to_have_count(len(days))
    assert said.evaluate_all("all => all.map((one) => one.dateTime)") == days
    expect(said.nth(len(days) - 2)).to_have_text("Yesterday")
    expect(said.last).to_have_text("Today")
    expect(said.first).to_have_text(f"{moment(records[0]):%A} {moment(records[0]).day} {moment(records[0]):%B}")
    for one in (records[0], records[RECORDS // 2], records[-1]):
        when = page.locator(f".rows [data-id='{one['id']}'] time")
        expect(when).to_have_attribute("datetime", one["ts"])
        expect(when).to_have_text(f"{moment(one):%H:%M}")
        full = re.compile(rf"{moment(one):%A}.*{moment(one):%B %Y}.*{moment(one):%H:%M:%S}.*#{one['id']}$")
        expect(when).to_have_attribute("title", full)


def to_the_start(page: Page) -> None:
    scroll(page, "0")
    expect(page.locator(".rows [data-id='2']")).to_be_attached()  # what came in above has moved nothing
    scroll(page, "0")
    expect(page.locator(".rows .message").first).to_be_in_viewport()


def test_one_who_goes_on_within_minutes_is_named_once(page: Page, host: Somebody) -> None:
    enter(page, reader(host, "june"))
    to_the_start(page)
    expect(page.locator(".message[data-continued]")).to_have_count(0)  # all of one author, half an hour apart
    host.say("a thought")
    host.say("and its end")
    expect(page.locator(".message").last).to_have_attribute("data-continued", "")


def test_the_day_that_is_read_stays_in_sight_and_no_other(page: Page, host: Somebody) -> None:
    enter(page, reader(host, "cleo"))
    to_the_start(page)
    rows = page.locator(".rows .message")
    for number in range(20, RECORDS - 1, 9):
        row = rows.nth(number)
        row.evaluate("row => row.scrollIntoView({block: 'start'})")
        page.evaluate(SETTLED)
        before = row.evaluate("row => row.previousElementSibling?.matches('.day') ?? true")
        record = host.ask("GET", f"/messages/{row.get_attribute('data-id')}")["message"]
        shown = page.evaluate(STUCK)
        assert shown[0][0] == str(moment(record).date()) or before, number
        assert len([top for _, top in shown if top < 20]) == 1 or before, (number, shown)  # none looks out behind it


def test_who_goes_up_by_keys_sees_the_row_below_the_name_of_its_day(page: Page, host: Somebody) -> None:
    enter(page, reader(host, "vera"))
    scroll(page, "1500")
    rows = page.locator(".rows .message")
    rows.nth(20).focus()
    tops = []
    for _ in range(8):
        page.keyboard.press("ArrowUp")
        page.evaluate(SETTLED)
        tops.append(page.evaluate(FOCUSED_TOP))
    assert min(tops) >= page.evaluate(NAME_BOTTOM), tops
