"""`messages` and `read`: what was said since one last read; `read` remembers that one has."""

from __future__ import annotations

from functools import partial

from agentgather.cli.cursor import Cursor, next_command, open_cursor
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.record_lines import record_lines
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.answers import Page, Record
from agentgather.client.asking import Json
from agentgather.client.errors import Refused, Unreachable
from agentgather.client.room_client import RoomClient

PAGE_RECORDS = 200  # a page stays well below what any door on the way lets pass


def messages(*, since: int | None = None, limit: int | None = None, flags: Flags = ANYONE) -> int:
    """Show what is new, and leave it new.

    Parameters
    ----------
    since
        Show what came after this message; 0 for everything. Default: after the last one read.
    limit
        At most so many messages.
    """
    return take_turn(flags, lambda turn: _show(turn, "messages", since=since, limit=limit))


def read(*, since: int | None = None, limit: int | None = None, flags: Flags = ANYONE) -> int:
    """Show what is new, and mark it read.

    Parameters
    ----------
    since
        Show what came after this message; 0 for everything. Default: after the last one read.
    limit
        At most so many messages.
    """
    return take_turn(flags, lambda turn: _show(turn, "read", since=since, limit=limit))


async def _show(turn: Turn, word: str, *, since: int | None, limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise Failure("usage", "--limit is a number of messages, 1 or more", field="limit")
    cursor = await open_cursor(turn, since=since)
    pages = await _pages(turn, cursor.since_id, limit=limit)
    records = [record for page in pages for record in page.records]
    last = pages[-1]
    answer: Json = {
        "ok": True,
        "messages": [record.raw for record in records],
        "next_since_id": last.next_since_id,
        "room_status": "open" if last.is_open else "closed",
        "has_more": last.has_more,
        "next_cmd": next_command(turn, word, since_id=last.next_since_id),
    }
    lines = [record_lines(record, me=cursor.alias, output=turn.output) for record in records]
    turn.output.answer(answer, *(lines or ["no new messages"]))
    if word == "read":
        await _mark_read(turn, cursor, records, through_id=last.next_since_id)


async def _pages(turn: Turn, since_id: int, *, limit: int | None) -> list[Page]:
    """Every page after `since_id`, up to `limit` records; at least one, which may be empty."""
    pages: list[Page] = []
    left = limit
    while True:
        asked = PAGE_RECORDS if left is None else min(PAGE_RECORDS, left)
        page = await turn.ask(partial(RoomClient.messages, since_id=since_id, records_max=asked))
        pages.append(page)
        if left is not None:
            left -= len(page.records)
        if not page.has_more or left == 0 or page.next_since_id <= since_id:
            return pages
        since_id = page.next_since_id


async def _mark_read(turn: Turn, cursor: Cursor, records: list[Record], *, through_id: int) -> None:
    cursor.keep(through_id)
    if records:
        try:
            await turn.ask(lambda room: room.mark_read(through_id))
        except (Refused, Unreachable) as error:  # what was shown is shown; others only see it later
            turn.output.note(f"note: the room could not be told that you read it ({error})")
