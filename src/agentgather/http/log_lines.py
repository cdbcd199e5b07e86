"""GET /log: the sealed lines of the log, so that an export can be verified by whoever holds it."""

from __future__ import annotations

from agentgather.api.query_values import read_count, read_id
from agentgather.http.asked import Asked, bytes_answer
from agentgather.serving.answer import Answer

NDJSON = "application/x-ndjson; charset=utf-8"


def log_lines(asked: Asked) -> Answer:
    """A page of lines after `since_id`; an empty answer is the end. Lines whose text was taken back verify without it."""
    records_max = asked.rules.page_records_max
    if (limit := asked.query("limit")) is not None:
        records_max = read_count(limit, code="invalid_limit", field="limit", count_max=records_max)
    since_id = read_id(asked.query("since_id") or "", code="invalid_since_id", field="since_id")
    kept = asked.room.timeline.since(since_id, records_max=records_max)
    return bytes_answer(b"".join([one.line for one in kept]), content_type=NDJSON)
