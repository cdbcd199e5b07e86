"""GET and POST /messages, one message, and taking one back."""

from __future__ import annotations

from agentgather.api.answers import message_answer, messages_answer
from agentgather.api.bodies import read_post
from agentgather.api.errors import RequestRefused
from agentgather.api.query_values import read_count, read_id, read_message_id
from agentgather.http.asked import Asked, bytes_answer
from agentgather.room.commands import Retract
from agentgather.serving.answer import Answer


def list_messages(asked: Asked) -> Answer:
    """A page of records: those after `since_id`, or the last ones before `before_id`."""
    room = asked.room
    since, before = asked.query("since_id"), asked.query("before_id")
    if since is not None and before is not None:
        raise RequestRefused(
            "conflicting_cursor", "ask with since_id or with before_id, not with both", field="before_id"
        )
    records_max = asked.rules.page_records_max
    if (limit := asked.query("limit")) is not None:
        records_max = read_count(limit, code="invalid_limit", field="limit", count_max=records_max)
    if before is not None:
        before_id = read_id(before, code="invalid_before_id", field="before_id")
        kept = room.timeline.before(before_id, records_max=records_max)
        next_since_id = room.timeline.cursor_after(kept, since_id=0)
        has_more = bool(kept) and kept[0].record.id > room.timeline.first_id()
    else:
        since_id = read_id(since or "", code="invalid_since_id", field="since_id")
        kept = room.timeline.since(since_id, records_max=records_max)
        next_since_id = room.timeline.cursor_after(kept, since_id=since_id)
        has_more = room.timeline.has_after(next_since_id)
    room.presence.touch(asked.alias, now=room.clock())
    if kept:
        asked.delivered(kept, through_id=kept[-1].record.id)
    return bytes_answer(
        messages_answer(kept, next_since_id=next_since_id, is_open=room.state.is_open, has_more=has_more)
    )


async def post_message(asked: Asked) -> Answer:
    """Say something. 201 once it is on disk; 200 with `idempotent` when it already was."""
    command = read_post(await asked.body(), actor=asked.alias)
    asked.room.presence.touch(asked.alias, now=asked.room.clock())
    outcome = await asked.room.submit(command)
    asked.room.presence.rest(asked.alias)
    assert outcome.post is not None  # a post that was not refused has its record
    return bytes_answer(message_answer(outcome.post, is_repeat=outcome.is_repeat), 200 if outcome.is_repeat else 201)


def show_message(asked: Asked, *, message_id: str) -> Answer:
    room = asked.room
    kept = room.timeline.find(read_message_id(message_id))
    if asked.request.method != "HEAD":
        room.deliveries.fetched(asked.alias, [kept], now=room.clock())
    return bytes_answer(message_answer(kept))


async def retract_message(asked: Asked, *, message_id: str) -> Answer:
    """Take a message back: every door shows it empty from now on."""
    await asked.body()
    command = Retract(asked.alias, read_message_id(message_id))
    await asked.room.submit(command)
    return show_message(asked, message_id=message_id)


async def scrub_message(asked: Asked, *, message_id: str) -> Answer:
    """Take a message back and its text out of the log, for good."""
    await asked.body()
    command = Retract(asked.alias, read_message_id(message_id), is_scrub=True)
    await asked.room.submit(command)
    await asked.open_room.scrub(command.message_id)
    return show_message(asked, message_id=message_id)
