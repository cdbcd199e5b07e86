"""A room of 50,000 records, in a real Chromium against the real daemon: as quick as a short one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import Somebody, enter, message, person
from tests.web.long_room import SETTLED, long_room, reader, shown_ids

RECORDS = 50_000
OPEN_MS_MAX = 1_000
TRIES = 5  # to open it
FRAME_MS = 50  # what a browser calls a long task; a machine that others use takes some of it
ROWS_MAX = 500
OPENED = """() => new Promise((done) => {
  const isThere = () => document.querySelector(".rows .message");
  const look = () => (isThere() ? setTimeout(() => done(performance.now())) : requestAnimationFrame(look));
  look();
})"""
SHOW_COST = """async () => {
  const look = (rows) => { const began = performance.now(); rows(); return performance.now() - began; };
  const scroller = document.querySelector(".scroller");
  const times = [];
  for (let turn = 0; turn < 40; turn += 1) {
    times.push(look(() => { scroller.scrollTop -= 300; scroller.getBoundingClientRect(); }));
    await new Promise((done) => requestAnimationFrame(done));
  }
  return times.sort((one, other) => one - other)[times.length >> 1];
}"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Somebody]:
    with long_room(tmp_path_factory.mktemp("room"), records=RECORDS) as somebody:
        yield somebody


def opening_ms(browser: Browser, somebody: Somebody) -> float:
    """From the link to the first message on screen."""
    with person(browser) as page:
        page.goto(somebody.link, wait_until="commit")
        took_ms = float(page.evaluate(OPENED))
        assert len(shown_ids(page)) <= ROWS_MAX
        return took_ms


def test_it_opens_within_a_second(browser: Browser, host: Somebody, tmp_path: Path) -> None:
    mira = reader(host, "mira", read_id=RECORDS // 2)
    with long_room(tmp_path, records=400) as other:
        cleo = reader(other, "cleo", read_id=200)
        took: list[tuple[float, float]] = []
        for _ in range(TRIES):  # a machine that others use is slow for both, though not at the same moment
            long_ms, short_ms = opening_ms(browser, mira), opening_ms(browser, cleo)
            if long_ms < max(OPEN_MS_MAX, 1.5 * short_ms):
                return
            took.append((long_ms, short_ms))
    pytest.fail(f"a long room opens later than a short one: {took} ms")


def test_from_one_end_to_the_other_and_back_it_holds_a_window_of_rows(browser: Browser, host: Somebody) -> None:
    with person(browser) as page:
        enter(page, reader(host, "cleo", read_id=RECORDS - 5))
        page.locator(".rows [data-id]").last.focus()
        page.keyboard.press("Home")
        expect(page.locator(".rows [data-id='1']")).to_be_focused()
        for _ in range(12):
            page.evaluate("() => { const scroller = document.querySelector('.scroller'); scroller.scrollTop += 8000; }")
            page.evaluate(SETTLED)
            page.wait_for_function(
                "() => document.querySelectorAll('.edge[data-state=loading]:not([hidden])').length < 3"
            )
            ids = shown_ids(page)
            assert ids == list(range(ids[0], ids[-1] + 1))
            assert len(ids) <= ROWS_MAX
        assert page.evaluate(SHOW_COST) < FRAME_MS
        page.locator(".latest").click()
        host.say("the newest of them all")
        expect(message(page, "the newest of them all")).to_be_in_viewport()
