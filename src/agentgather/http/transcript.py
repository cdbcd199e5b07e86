"""GET /transcript.html: the room to read, a page at a time, the newest first; nothing runs in it.

A page holds what fits into an answer that a broker passes on; most rooms are one page. The whole room in one file, of
whatever size, is GET /export?format=html.
"""

from __future__ import annotations

from html import escape

from agentgather.api.query_values import read_id
from agentgather.api.seal import parse_line
from agentgather.http.asked import Asked, bytes_answer
from agentgather.http.export import SLICE_CHARACTERS, facts_of
from agentgather.live.turns import give_way
from agentgather.room.keeping import Kept
from agentgather.serving.answer import Answer
from agentgather.transcript.enclosed import enclosed
from agentgather.transcript.facts import Ending
from agentgather.transcript.html_document import plain
from agentgather.transcript.html_style import page_policy
from agentgather.transcript.html_writer import HtmlWriter
from agentgather.transcript.shown import shown

HTML = "text/html; charset=utf-8"
# The records of a page. One more record takes 144 KiB at worst, the brief 96, the roster 120: all of it fits the 1 MiB that
# a broker passes on.
PAGE_BYTES = 524_288
RECORD_BYTES = 400  # what the markup of one adds
RECORDS_MAX = 2_000

FORM = "'self'"


async def show(asked: Asked) -> Answer:
    """The newest records, or the last ones before `before_id`; older pages are links, for who can send a header."""
    before = asked.query("before_id")
    before_id = read_id(before, code="invalid_before_id", field="before_id") if before is not None else None
    kept = await page_of(asked, before_id)
    ways = f'<nav aria-label="Pages">{span(asked, kept)}'
    if has_older(asked, kept):
        ways += f' <a href="?before_id={kept[0].record.id}">Older</a>'
    if before_id is not None:
        ways += ' <a href="transcript.html">Newest</a>'
    return await written(asked, kept, ways=f"{ways}</nav>\n")


async def page_of(asked: Asked, before_id: int | None) -> list[Kept]:
    """The records of the page that ends before `before_id` (None: with the newest), as many as fit."""
    timeline = asked.room.timeline
    end = timeline.last_id + 1 if before_id is None else before_id
    kept = list(timeline.before(end, records_max=RECORDS_MAX))
    room_bytes, start = PAGE_BYTES, len(kept)
    while start and room_bytes > 0:
        start -= 1
        shown_bytes = _shown_bytes(kept[start])
        if room_bytes // SLICE_CHARACTERS != (room_bytes - shown_bytes) // SLICE_CHARACTERS:
            await give_way()  # a page of the worst of texts takes a tenth of a second
        room_bytes -= shown_bytes
    return kept[start:]


def has_older(asked: Asked, kept: list[Kept]) -> bool:
    return bool(kept) and kept[0].record.id > asked.room.timeline.first_id()


async def written(asked: Asked, kept: list[Kept], *, ways: str) -> Answer:
    """A page of these records; `ways` is markup of ours that leads to the others."""
    timeline = asked.room.timeline
    first_id = kept[0].record.id if kept else 1
    writer = HtmlWriter(facts_of(asked), ways=ways, first_id=first_id, form_action=FORM)
    parts, characters = [writer.begin()], 0
    for one in kept:
        parts.append(writer.record(parse_line(one.line)))
        characters += len(parts[-1])
        if characters >= SLICE_CHARACTERS:
            await give_way()
            characters = 0
    parts.append(writer.end(Ending(len(timeline), timeline.chain_head())))
    return document("".join(parts))


def document(text: str, status: int = 200) -> Answer:
    answer = bytes_answer(text.encode(), status, HTML)
    answer.headers.append(("content-security-policy", f"{page_policy(form_action=FORM)}; frame-ancestors 'none'"))
    return answer


def span(asked: Asked, kept: list[Kept]) -> str:
    last_id = asked.room.timeline.last_id
    if not kept:
        return f"No records here; the newest is {last_id}."
    return f"Records {plain(kept[0].record.id)} to {plain(kept[-1].record.id)} of {last_id}."


def _shown_bytes(kept: Kept) -> int:
    """How many bytes a record takes on the page."""
    texts = [kept.record.text]
    if kept.record.event is not None:
        texts += [words for _, words in enclosed(parse_line(kept.line))]
    return sum(RECORD_BYTES + len(escape(shown(text)).encode()) for text in texts)
