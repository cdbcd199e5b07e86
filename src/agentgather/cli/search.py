"""`search`: find what was said, however long ago."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from agentgather.api.search_query import FOUND_RECORDS, FOUND_RECORDS_MAX, SearchQuery, read_line
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.record_lines import record_lines
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.answers import Record
from agentgather.client.asking import Json
from agentgather.client.room_client import RoomClient


def search(
    *words: str,
    author: Annotated[str | None, Parameter(name="--from")] = None,
    type: str | None = None,
    mentions: str | None = None,
    limit: int = FOUND_RECORDS,
    all: Annotated[bool, Parameter(negative=())] = False,
    before: int | None = None,
    flags: Flags = ANYONE,
) -> int:
    """Find what was said: the records that hold all the words, whatever their case.

    Words are found within longer ones. Words that belong together stand between double quotes, which the shell wants
    quoted: `agentgather search '"held wait"'`. Filters may be among the words: `from:bob type:handoff`.

    Parameters
    ----------
    words
        What to look for.
    author
        What this alias said; `system` for the room's notes.
    type
        message, question, reply, status, request_review, request_debug, handoff or system.
    mentions
        What calls this alias.
    limit
        The newest so many of what is found.
    all
        All that is found.
    before
        Only what stands before this message.
    """
    if limit < 1:
        raise Failure("usage", "--limit is a number of messages, 1 or more", field="limit")
    if before is not None and before < 1:
        raise Failure("usage", "--before is the number of a message", field="before")
    typed = read_line(" ".join(words))
    query = replace(
        typed,
        author=_name(author) or typed.author,
        type=type or typed.type,
        mentions=_name(mentions) or typed.mentions,
    )
    if not query.parameters:
        raise Failure("usage", "what are you looking for?", hint="agentgather search WORDS, or --from ALIAS")
    return take_turn(flags, partial(_search, query=query, limit=None if all else limit, before_id=before))


async def _search(turn: Turn, *, query: SearchQuery, limit: int | None, before_id: int | None) -> None:
    _, me = await turn.who()
    found, next_before_id = await _found(turn, query, limit=limit, before_id=before_id)
    next_cmd = None if next_before_id is None else _next_command(turn, query, before_id=next_before_id)
    answer: Json = {
        "ok": True,
        "messages": [record.raw for record in found],
        "next_before_id": next_before_id,
        "has_more": next_before_id is not None,
        "next_cmd": next_cmd,
    }
    lines = [record_lines(record, me=me, output=turn.output) for record in reversed(found)]
    turn.output.answer(answer, *(lines or ["nothing found"]))
    if next_cmd is not None and not turn.output.is_json:
        turn.output.note(f"note: there is more, older than this: {next_cmd}")


async def _found(
    turn: Turn, query: SearchQuery, *, limit: int | None, before_id: int | None
) -> tuple[list[Record], int | None]:
    """What is found before `before_id`, newest first, up to `limit` records; and where it goes on.

    A page may be short without being the last: the room looks for so long and no longer.
    """
    found: list[Record] = []
    while True:
        asked = FOUND_RECORDS_MAX if limit is None else min(FOUND_RECORDS_MAX, limit - len(found))
        page = await turn.ask(partial(RoomClient.search, query=query, before_id=before_id, records_max=asked))
        found += page.records
        is_stuck = before_id is not None and page.next_before_id is not None and page.next_before_id >= before_id
        if page.next_before_id is None or is_stuck or len(found) == limit:
            return found, page.next_before_id
        before_id = page.next_before_id


def _next_command(turn: Turn, query: SearchQuery, *, before_id: int) -> str:
    """The command that finds what is older, as the same seat."""
    filters = {"--from": query.author, "--type": query.type, "--mentions": query.mentions}
    options = [word for name, value in filters.items() if value is not None for word in (name, value)]
    words = ["--", query.q] if query.q.startswith("-") else [query.q] if query.q else []
    return shlex.join(["agentgather", "search", *options, "--before", str(before_id), *turn.seat.again, *words])


def _name(text: str | None) -> str | None:
    return text.removeprefix("@") if text is not None else None
