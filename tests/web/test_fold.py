"""The browser's pure modules in a real Chromium: the fold, and the reading of the stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.chromium import chromium, module_page

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "room_fold.json").read_text())

FOLD = """async ({steps}) => {
  const {opened, heard, shownName} = await import("/fold.js");
  const first = steps[0].room;
  const seats = Object.entries(first.seats).map(([alias, seat]) => ({alias, ...seat, attendance_state: "attending"}));
  const expiry = steps[0].records[0].event.expires_at;
  let room = opened({room: "lab", me: "ops", is_host: true, room_status: "open", role: "host", last_id: first.last_id,
    participants: seats, attendance_policy: first.policy, expires_at: expiry, paused: []},
    {body: first.brief.body, brief_version: first.brief.version});
  return steps.slice(1).map(({records}) => {
    room = records.reduce(heard, room);
    return {
      is_open: room.isOpen, policy: room.policy, ends: room.expiresAt !== null, last_id: room.lastId,
      brief: {body: room.brief.body, version: room.brief.brief_version},
      seats: Object.fromEntries([...room.roster.values()].map((seat) => [seat.alias, {
        shown_name: shownName(room, seat.alias), kind: seat.kind, role: seat.role, has_joined: seat.has_joined,
        is_removed: Boolean(seat.removed_at), labels: seat.labels}])),
      session: room.session,
      paused: [...room.paused].sort(),
    };
  });
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield module_page(browser)


def test_the_page_folds_the_records_of_the_vectors_into_what_they_say(page: Page) -> None:
    rooms: list[dict[str, Any]] = page.evaluate(FOLD, VECTORS)
    for step, room in zip(VECTORS["steps"][1:], rooms, strict=True):
        said = {name: value for name, value in step["room"].items() if name != "retracted"}  # test_span.py
        assert room == said, step["records"][-1]["text"]


def test_the_page_hears_of_labels_and_sessions(page: Page) -> None:
    told = page.evaluate(
        """async () => {
          const {opened, heard} = await import("/fold.js");
          let id = 0;
          const ts = "2026-01-05T09:30:00.000Z";
          const tell = (room, event) => heard(room, {id: ++id, ts, from: "system", mentions: [], event});
          const steps = [
            {kind: "participant.invited", alias: "rev", participant_kind: "agent", role: "guest", labels: ["reviewer"]},
            {kind: "session.started", by: "ops", expected_minutes: 30, policy: null},
            {kind: "labels.set", alias: "rev", labels: ["tester"], by: "ops"},
            {kind: "participant.invited", alias: "rev", participant_kind: "agent", role: "guest"},
            {kind: "session.ended", by: "ops"},
            {kind: "session.started", by: "ops", expected_minutes: null, policy: null},
            {kind: "room.closed", by_ttl: false},
          ];
          let room = opened({room: "lab", me: "ops", last_id: 0, participants: [], paused: []}, {});
          return steps.map((event) => {
            room = tell(room, event);
            return [room.roster.get("rev").labels, room.session?.expected_minutes ?? Boolean(room.session)];
          });
        }"""
    )
    reviews, tests = ["reviewer"], ["tester"]
    assert told == [
        [reviews, False],
        [reviews, 30],
        [tests, 30],
        [tests, 30],
        [tests, False],
        [tests, True],
        [tests, False],
    ]


def test_hearing_a_record_twice_changes_nothing(page: Page) -> None:
    once, twice = page.evaluate(
        """async (records) => {
          const {opened, heard} = await import("/fold.js");
          const empty = opened({room: "lab", me: "ops", last_id: 0, participants: [], paused: []}, {});
          const show = (room) => JSON.stringify([room.lastId, [...room.roster], room.paused, room.brief]);
          return [records, records.flatMap((one) => [one, one]).concat(records)].map((all) => show(all.reduce(heard, empty)));
        }""",
        [record for step in VECTORS["steps"] for record in step["records"]],
    )
    assert once == twice


def test_a_stream_is_read_the_same_however_it_is_cut(page: Page) -> None:
    stream = (
        ': here\n\nid: 7\nevent: message\ndata: {"text":"a: b"}\n\nevent: closed\r\ndata: {"reason":"closed"}\r\n\r\n'
    )
    whole, cut = page.evaluate(
        """async (stream) => {
          const {EventReader} = await import("/events.js");
          const read = (pieces) => { const reader = new EventReader(); return pieces.flatMap((one) => reader.feed(one)); };
          return [read([stream]), read([...stream])];
        }""",
        stream,
    )
    assert whole == cut
    assert [(event["event"], event["id"], json.loads(event["data"])) for event in whole] == [
        ("message", "7", {"text": "a: b"}),
        ("closed", "7", {"reason": "closed"}),
    ]
