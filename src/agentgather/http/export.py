"""GET /export: the whole room as one file; and /export/parts, for ways on which an answer has a maximum.

Nothing of it holds a token or a digest of one: it is written from what every participant may read.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from quart.wrappers import Response

from agentgather.api.answers import brief_answer
from agentgather.api.errors import RequestRefused
from agentgather.api.query_values import read_id
from agentgather.api.seal import parse_line
from agentgather.http.asked import Asked, json_answer
from agentgather.http.status import status_fields
from agentgather.live.timeline import Timeline
from agentgather.live.turns import give_way
from agentgather.serving.answer import Answer
from agentgather.transcript.facts import Ending, Facts, Writer
from agentgather.transcript.formats import FORMATS

SLICE_CHARACTERS = 65_536  # written in a few milliseconds; then whoever else waits has their turn
# A part is as large as this and one record, at worst 168 KiB; as a string in JSON at most twice that. So it fits the 1 MiB
# that a broker passes on of a plain answer.
PART_CHARACTERS = 262_144
_READ_RECORDS = 200  # at once from the timeline


async def export(asked: Asked) -> Response:
    """The file, streamed: it is never whole in memory, and holds what is recorded while it is written."""
    kind = _kind(asked)
    response = Response(
        _whole(asked, FORMATS[kind].writer(facts_of(asked))),
        content_type=f"{FORMATS[kind].media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{asked.room.id}-export.{kind}"'},
    )
    response.timeout = None
    return response


async def export_part(asked: Asked) -> Answer:
    """What of the file comes after `since_id`: the head too when that is 0, and the end when there is nothing more."""
    kind = _kind(asked)
    since_id = read_id(asked.query("since_id") or "", code="invalid_since_id", field="since_id")
    timeline, writer = asked.room.timeline, FORMATS[kind].writer(facts_of(asked))
    texts = [_begin(timeline, writer, since_id=since_id)]
    characters, has_more = len(texts[0]), False
    for text, record_id in _records(timeline, writer, since_id=since_id):
        texts.append(text)
        characters, since_id = characters + len(text), record_id
        has_more = characters >= PART_CHARACTERS and timeline.has_after(since_id)
        if has_more:
            break
    if not has_more:
        texts.append(writer.end(_ending(timeline)))
    await give_way()
    return json_answer({"ok": True, "text": "".join(texts), "next_since_id": since_id, "has_more": has_more})


def facts_of(asked: Asked) -> Facts:
    """What a transcript says before its first record, as the asking participant may know it."""
    room = asked.room
    return Facts(room.id, status_fields(asked), brief_answer(room.state.brief), room.clock())


async def _whole(asked: Asked, writer: Writer) -> AsyncGenerator[bytes, None]:
    """Slices of the file. It ends where its reader is shown the door: a slow one would go on hearing the room."""
    timeline, texts = asked.room.timeline, [writer.begin()]
    characters = len(texts[0])
    for text, _ in _records(timeline, writer, since_id=0):
        texts.append(text)
        characters += len(text)
        if characters >= SLICE_CHARACTERS:
            yield "".join(texts).encode()
            await give_way()
            if not asked.is_still_admitted:
                return
            texts, characters = [], 0
    yield "".join([*texts, writer.end(_ending(timeline))]).encode()


def _begin(timeline: Timeline, writer: Writer, *, since_id: int) -> str:
    before = timeline.before(since_id + 1, records_max=1)
    if not before:
        return writer.begin()
    writer.resume(parse_line(before[-1].line))
    return ""


def _records(timeline: Timeline, writer: Writer, *, since_id: int) -> Iterator[tuple[str, int]]:
    """Each record after `since_id` as it is written, with its id, up to the last one there is when it is come to."""
    while kept := timeline.since(since_id, records_max=_READ_RECORDS):
        for one in kept:
            yield writer.record(parse_line(one.line)), one.record.id
        since_id = timeline.cursor_after(kept, since_id=since_id)


def _ending(timeline: Timeline) -> Ending:
    return Ending(len(timeline), timeline.chain_head())


def _kind(asked: Asked) -> str:
    kind = asked.query("format")
    if kind is None:
        return "md"
    if kind not in FORMATS:
        raise RequestRefused("invalid_format", f"format is one of {', '.join(FORMATS)}", field="format")
    return kind
