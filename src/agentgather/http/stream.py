"""GET /events: the records of a room as server-sent events, from where the reader was."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from quart.wrappers import Response

from agentgather.api.query_values import read_id
from agentgather.api.record_json import compact
from agentgather.http.asked import Asked
from agentgather.live.waited import Reason
from agentgather.room.participant import Attention

EVENT_STREAM = "text/event-stream; charset=utf-8"
KEEPALIVE = b": here\n\n"


async def events(asked: Asked) -> Response:
    """A stream that ends with `event: closed`. `Last-Event-ID`, else `since_id`, says what the reader already has."""
    last_seen = asked.request.headers.get("last-event-id") or asked.query("since_id") or ""
    since_id = read_id(last_seen, code="invalid_since_id", field="since_id")
    with asked.room.holding(asked.alias):  # refused here, while an answer can still say so
        pass
    response = Response(_stream(asked, since_id), content_type=EVENT_STREAM)
    response.timeout = None
    return response


async def _stream(asked: Asked, since_id: int) -> AsyncGenerator[bytes, None]:
    room, rules = asked.room, asked.rules
    with room.holding(asked.alias):
        yield KEEPALIVE
        while True:
            room.presence.touch(asked.alias, now=room.clock(), attention=Attention.ATTENDING)
            waited = await room.next(
                asked.credential,
                since_id=since_id,
                hold_seconds=rules.keepalive_seconds,
                records_max=rules.page_records_max,
            )
            if waited.kept:
                since_id = room.timeline.cursor_after(waited.kept, since_id=since_id)
                asked.delivered(waited.kept, through_id=since_id)
                yield b"".join(
                    b"id: %d\nevent: message\ndata: %s\n\n" % (one.record.id, one.json) for one in waited.kept
                )
            elif waited.reason is Reason.HEARTBEAT:
                yield KEEPALIVE
            if waited.reason not in (Reason.MESSAGE, Reason.HEARTBEAT):
                yield b"event: closed\ndata: " + compact({"reason": waited.reason.value}) + b"\n\n"
                return
