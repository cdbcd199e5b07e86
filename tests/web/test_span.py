"""The stretch of the log that the page holds, and what of it is unread, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "room_fold.json").read_text())
SPAN = """async ([from, through, known]) => {
  const {spanOf} = await import("/span.js");
  const author = (id) => id % 2 ? {from: "rev", type: "message"} : {from: "system", type: "system"};
  const record = (id) => ({id, ...author(id), text: `line ${id}`, mentions: []});
  window.record = record;
  window.page = (from, through) => Array.from({length: through - from + 1}, (_, place) => record(from + place));
  window.all = () => true;
  window.span = spanOf(page(from, through), {isFirst: false, isLast: false, keeps: all, ...known});
  window.seen = (span) => [span.from, span.through, span.records.length, span.isFirst, span.isLast];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def begin(page: Page, first: int, last: int, **known: Any) -> None:
    page.evaluate(SPAN, [first, last, known])


def test_what_is_heard_joins_the_span_only_where_nothing_lies_between(page: Page) -> None:
    begin(page, 10, 20, isLast=True)
    attached, again, detached = page.evaluate(
        """async () => {
          const {heard} = await import("/span.js");
          const one = heard(span, record(21), all);
          return [one, heard(one, record(21), all), heard({...span, isLast: false}, record(21), all)].map(seen);
        }"""
    )
    assert attached == again == [10, 21, 12, False, True]
    assert detached == [10, 20, 11, False, False]


def test_pages_join_at_both_ends_without_gap_or_double(page: Page) -> None:
    begin(page, 10, 20)
    ids, ends = page.evaluate(
        """async () => {
          const {withEarlier, withLater} = await import("/span.js");
          const wide = withEarlier(span, page(1, 12), {hasMore: false, keeps: all});
          const whole = withLater(wide, page(18, 30), {isLast: true, keeps: all});
          return [whole.records.map((one) => one.id), seen(whole)];
        }"""
    )
    assert ids == list(range(1, 31))
    assert ends == [1, 30, 30, True, True]


@pytest.mark.parametrize(("eye", "ends"), [(15, [1, 400]), (590, [201, 600]), (300, [100, 499]), (999, [201, 600])])
def test_too_many_are_let_go_where_nobody_looks(page: Page, eye: int, ends: list[int]) -> None:
    begin(page, 1, 600, isFirst=True, isLast=True)
    first, last, count, is_first, is_last = page.evaluate(
        "async (eye) => seen((await import('/span.js')).trimmed(span, eye))", eye
    )
    assert [first, last, count] == [*ends, 400]
    assert (is_first, is_last) == (first == 1, last == 600)


def test_a_filter_leaves_records_out_and_the_span_covers_them_all_the_same(page: Page) -> None:
    begin(page, 10, 20, isLast=True)
    covered = page.evaluate(
        """async () => {
          const {heard, withEarlier} = await import("/span.js");
          const said = (one) => one.type !== "system";
          const kept = {...span, records: span.records.filter(said)};
          return seen(heard(withEarlier(kept, page(1, 9), {hasMore: false, keeps: said}), record(22), said));
        }"""
    )
    assert covered == [1, 22, 10, True, True]


def test_a_message_that_is_taken_back_is_blank_also_for_who_reads_the_past(page: Page) -> None:
    events = [record for step in VECTORS["steps"] for record in step["records"]]
    retracted = VECTORS["steps"][-1]["room"]["retracted"]
    assert retracted
    blank = page.evaluate(
        """async (records) => {
          const {heard, spanOf} = await import("/span.js");
          const early = spanOf(records.slice(0, -1), {isFirst: true, isLast: false, keeps: () => true});
          const late = records.reduce((span, one) => heard(span, one, () => true), early);
          return late.records.filter((one) => one.retracted && one.text === "").map((one) => one.id);
        }""",
        events,
    )
    assert blank == retracted


@pytest.mark.parametrize(
    ("read_id", "span", "line", "count"),
    [
        (0, (1, 20), None, 10),  # who is new here has no line; all of it is new
        (10, (1, 20), 11, 5),
        (11, (1, 20), 13, 4),  # 12 is a note of the room
        (20, (1, 20), None, 0),
        (10, (11, 20), 11, 5),
        (5, (11, 20), None, 5),  # the line is somewhere above what is loaded
    ],
)
def test_the_line_stands_above_the_first_message_that_is_new(
    page: Page, read_id: int, span: tuple[int, int], line: int | None, count: int
) -> None:
    begin(page, *span, isFirst=span[0] == 1, isLast=True)
    found = page.evaluate(
        """async (readId) => {
          const {Unread} = await import("/unread.js");
          const unread = new Unread({readId, me: "ops"});
          return [unread.lineId(span), unread.count(span, 0)];
        }""",
        read_id,
    )
    assert found == [line, count]


def test_the_line_stays_until_its_reader_goes_on_and_stands_anew_for_what_comes_unseen(page: Page) -> None:
    begin(page, 1, 20, isFirst=True, isLast=True)
    lines = page.evaluate(
        """async () => {
          const {Unread} = await import("/unread.js");
          const {heard} = await import("/span.js");
          const unread = new Unread({readId: 10, me: "ops"});
          const lines = [unread.lineId(span)];
          unread.goOn(20); // not everything was seen
          lines.push(unread.lineId(span));
          unread.see(20);
          lines.push(unread.lineId(span));
          unread.goOn(20);
          lines.push(unread.lineId(span));
          let later = span;
          for (const [id, isSeen] of [[21, true], [23, false], [25, false]]) {
            unread.hear(record(id), {isSeen, before: id - 1});
            if (isSeen) unread.see(id);
            later = heard(later, record(id), all);
            lines.push(unread.lineId(later));
          }
          return [...lines, unread.count(later, 0), unread.count(span, 7)];
        }"""
    )
    assert lines == [11, 11, 11, None, None, 23, 23, 2, 6]
