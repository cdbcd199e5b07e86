"""The page of a transcript: whole, quiet, and made of nothing that somebody said."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from agentgather.room.names import RoomId
from agentgather.transcript.facts import Ending, Facts
from agentgather.transcript.html_writer import HtmlWriter

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOSTILE = "</div></article><script>alert(1)</script><img src=x onerror=alert(1)>\"'&lt;\u202e\x1b[2J\n</style>"
ROSTER = [
    {"alias": "ops", "kind": "human", "role": "host", "display_name": HOSTILE},
    {"alias": "rev", "kind": "agent", "role": "guest", "removed_at": "2026-01-05T11:00:00.000Z"},
]


def said(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "ts": "2026-01-05T09:30:00.000Z", "from": "rev", "type": "message", "text": "hello"} | more


def page(*records: dict[str, Any], first_id: int = 1, brief: str = "Ship it.") -> str:
    facts = Facts(RoomId("lab"), {"room_status": "open", "participants": ROSTER}, {"body": brief}, NOON)
    writer = HtmlWriter(facts, first_id=first_id)
    return "".join([writer.begin(), *map(writer.record, records), writer.end(Ending(len(records), None))])


class Seen(HTMLParser):
    """What a parser makes of a page: its elements with their attributes, in order, and that each one is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts[self._open[-1] if self._open else ""] = data

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def test_nothing_that_was_said_becomes_part_of_the_page() -> None:
    plain = said(2, type="question", to=["rev"], context={}, reply_to=1)
    hostile = said(2, type=HOSTILE, to=[HOSTILE], context={"x": HOSTILE}, reply_to=1, text=HOSTILE)
    hostile["from"] = HOSTILE
    shown = page(said(1), hostile, brief=HOSTILE)
    assert Seen(shown).shape() == Seen(page(said(1), plain)).shape()
    assert "alert(1)</script>" not in shown
    assert "\u202e" not in shown
    assert "\\u202e\\x1b[2J" in shown


def test_the_page_lets_in_its_own_style_and_nothing_else() -> None:
    text = page(said(1))
    seen = Seen(text)
    (policy,) = [a["content"] for _, a in seen.elements if a.get("http-equiv") == "Content-Security-Policy"]
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert {tag for tag, _ in seen.elements} & {"script", "link", "img", "iframe", "form"} == set()
    assert all("style" not in attributes for _, attributes in seen.elements)
    assert "url(" not in style
    assert "@import" not in style


def test_a_reply_leads_to_what_it_answers_where_that_is_on_the_page() -> None:
    assert '<span>reply to <a href="#m4">#4</a></span>' in page(said(4), said(5, reply_to=4), first_id=4)
    assert "<span>reply to #3</span>" in page(said(4, reply_to=3), first_id=4)


def test_a_day_is_said_once_and_goes_on_in_the_next_part() -> None:
    first, same, other = said(1), said(2), said(3, ts="2026-01-06T00:00:00.000Z")
    shown = page(first, same, other)
    assert [shown.count(f'<h3><time datetime="2026-01-0{day}">{day} January 2026</time></h3>') for day in (5, 6)] == [
        1,
        1,
    ]
    writer = HtmlWriter(Facts(RoomId("lab"), {}, {}, NOON))
    writer.resume(first)
    assert "<h3>" not in writer.record(same)
    assert "<h3>" in writer.record(other)


@pytest.mark.parametrize("gone", [{"retracted": True}, {"digest": "x"}])
def test_what_was_taken_back_leaves_its_place(gone: dict[str, Any]) -> None:
    shown = page(said(1, text="secret", **gone))
    assert "secret" not in shown
    assert '<article id="m1"' in shown
    assert "(taken back)" in shown


def test_who_speaks_is_told_in_words_and_shapes() -> None:
    shown = page(
        said(1), said(2, **{"from": "ops"}), said(3, **{"from": "system", "type": "system", "text": "rev left"})
    )
    for words in ("◆ agent", "● person", "host", "removed"):
        assert words in shown
    assert [a["class"] for tag, a in Seen(shown).elements if tag == "article"] == ["agent", "person", "note"]


@pytest.mark.parametrize("stamp", ["", "yesterday", 7, None, "0001-01-01T00:00:00+14:00", "2026-01-05"])
def test_a_moment_that_is_none_stops_nobody(stamp: object) -> None:
    assert "hello" in page(said(1, ts=stamp))
