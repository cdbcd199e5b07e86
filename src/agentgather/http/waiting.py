"""GET /wait: held until there is something to hear, or the hold is over."""

from __future__ import annotations

from agentgather.api.answers import wait_answer
from agentgather.api.errors import RequestRefused
from agentgather.api.query_values import read_hold, read_id, read_peek
from agentgather.http.asked import Asked, bytes_answer
from agentgather.live.waited import Reason, Waited
from agentgather.room.concern import concern
from agentgather.room.participant import Attention
from agentgather.room.shell_commands import next_command
from agentgather.serving.answer import Answer


async def wait(asked: Asked) -> Answer:
    """The wait object of contract section 2.6 with `reason`; a caller who leaves frees its place at once."""
    room = asked.room
    named = asked.query("participant")
    if named is not None and named != asked.alias:
        raise RequestRefused(
            "participant_mismatch",
            f"your token is {asked.alias}'s; wait as {asked.alias}, or leave participant out",
            field="participant",
        )
    since_id = read_id(asked.query("since_id") or "", code="invalid_since_id", field="since_id")
    hold = asked.query("hold")
    rules = asked.rules
    hold_seconds = rules.hold_seconds if hold is None else read_hold(hold, seconds_max=rules.hold_seconds_max)
    is_peek = read_peek(asked.query("peek"))
    if not asked.seat.is_removed and not is_peek:  # who is told to go is no longer seen here
        room.presence.touch(asked.alias, now=room.clock(), attention=Attention.ATTENDING)
        room.presence.rest(asked.alias)
    waited = await room.wait(
        asked.credential,
        since_id=since_id,
        hold_seconds=hold_seconds,
        records_max=rules.page_records_max,
        is_peek=is_peek,
    )
    return bytes_answer(_answer(asked, waited, since_id=since_id, hold=hold, is_peek=is_peek))


def _answer(asked: Asked, waited: Waited, *, since_id: int, hold: str | None, is_peek: bool) -> bytes:
    room = asked.room
    if waited.reason is Reason.UNAUTHORIZED:
        asked.check_still_admitted()
    next_since_id = room.timeline.cursor_after(waited.kept, since_id=since_id)
    if waited.kept and not is_peek:
        asked.delivered(waited.kept, through_id=next_since_id)
    has_next = waited.reason is not Reason.REMOVED and (room.state.is_open or waited.has_more)
    return wait_answer(
        waited.kept,
        room=room.id,
        is_open=room.state.is_open,
        alias=asked.alias,
        reason=waited.reason,
        next_since_id=next_since_id,
        concerns=[found for one in waited.kept if (found := concern(one.record, asked.alias, room.state)) is not None],
        next_cmd=next_command(asked.base_url, asked.alias, next_since_id, hold=hold) if has_next else None,
        is_removed=waited.reason is Reason.REMOVED,
    )
