"""GET /search: the records that somebody looks for."""

from __future__ import annotations

from agentgather.api.answers import search_answer
from agentgather.api.query_values import read_count, read_id
from agentgather.api.search_query import FOUND_RECORDS, FOUND_RECORDS_MAX, SearchQuery, read_search
from agentgather.http.asked import Asked, bytes_answer
from agentgather.serving.answer import Answer


async def search(asked: Asked) -> Answer:
    """A page of what is found, newest first. It touches nobody's presence: what was found is not thereby read."""
    sought = read_search(
        SearchQuery(asked.query("q") or "", asked.query("from"), asked.query("type"), asked.query("mentions"))
    )
    before = asked.query("before_id")
    before_id = None if before is None else read_id(before, code="invalid_before_id", field="before_id")
    count_max = min(FOUND_RECORDS_MAX, asked.rules.page_records_max)
    limit = asked.query("limit")
    records_max = (
        min(FOUND_RECORDS, count_max)
        if limit is None
        else read_count(limit, code="invalid_limit", field="limit", count_max=count_max)
    )
    found = await asked.room.finder.find(sought, asker=asked.alias, before_id=before_id, records_max=records_max)
    return bytes_answer(search_answer(found.kept, next_before_id=found.next_before_id))
