"""The id of a post that its caller gave none: the same call made again after a lost answer is recorded once.

A model whose result was lost makes the same call again, word for word; nothing else says that it is a retry. So the id is a
digest of the words and of the last thing its author said before them. Said again at once it is the same id, whichever process
asks, and also while the first is still on its way; once its author has said anything else, or two minutes have passed, the same
words are a new message.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from agentgather.api.search_query import SearchQuery
from agentgather.client.answers import Record
from agentgather.client.room_client import RoomClient
from agentgather.room.message import moment

AGAIN_SECONDS = 120.0  # words that are repeated within this time are the same post
LOOKED_AT = 20  # of the author's own records


async def own_id(room: RoomClient, *, me: str, said: dict[str, Any]) -> str:
    """The client_msg_id of a post of `said` (its text and all that goes with it) by `me`."""
    content = _digest(said)
    found = await room.search(SearchQuery(author=me), records_max=LOOKED_AT)
    before = next((one.id for one in found.records if not _is_this(one, content)), 0)
    return f"mcp-{content}-{before}"


async def own_task_id(room: RoomClient, task: dict[str, Any]) -> str:
    """The client_id of a task that is added: as of a post, with the tasks that the same author added before it."""
    me = (await room.profile())["participant"]["alias"]
    before, after_id = 0, None
    while True:
        page = await room.tasks(after_id=after_id)
        for one in page["tasks"]:
            if one["added_by"] == me and not (one["title"] == task["title"] and _is_young(one["added_at"])):
                before = one["id"]
        after_id = page["next_after_id"]
        if after_id is None:
            return f"mcp-{_digest(task)}-{before}"


def _digest(said: dict[str, Any]) -> str:
    written = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _is_this(record: Record, content: str) -> bool:
    """Whether `record` may be this very post, made a moment ago."""
    given = record.raw.get("client_msg_id")
    return isinstance(given, str) and given.startswith(f"mcp-{content}-") and _is_young(record.ts)


def _is_young(ts: str) -> bool:
    try:
        return (datetime.now(UTC) - moment(ts)).total_seconds() < AGAIN_SECONDS
    except ValueError:
        return False
