"""Taking a text out of a log for good: the line stays, sealed by its digest, and the chain still verifies."""

from __future__ import annotations

import re

from agentgather.api.record_json import compact, record_json
from agentgather.api.seal import sealed_line
from agentgather.room.keeping import Kept
from agentgather.room.names import MessageId
from agentgather.room.refusals import MessageNotFound
from agentgather.store.log_file import lines_of, parse_record

_SEAL_FIELDS = ("salt", "digest", "chain")


def scrubbed_log(content: bytes, message_id: MessageId) -> tuple[bytes, Kept]:
    """`content` without the text and context of a record, and that record as it is kept now. Raises MessageNotFound.

    In a log of 0.1, where an id may stand twice, every record of that id loses its text; the first is answered.
    """
    lines: list[bytes] = []
    found: Kept | None = None
    needle = re.compile(rb'"id"\s*:\s*%d\b' % message_id)  # spares parsing all the others
    for _, line in lines_of(content):
        if needle.search(line) and (kept := _without_text(line, message_id)) is not None:
            lines.append(kept.line)
            found = found or kept
        else:
            lines.append(line)
    if found is None:
        raise MessageNotFound(f"there is no message {message_id} in this room's log")
    return b"".join(lines), found


def _without_text(line: bytes, message_id: MessageId) -> Kept | None:
    """The record on `line` without its text, None when the line is another record's."""
    record, seal, fields = parse_record(line)
    if record.id != message_id:
        return None
    written = {name: value for name, value in fields.items() if name not in _SEAL_FIELDS}
    if seal is not None:
        new_line = sealed_line(written, seal.without_text(written))
    else:
        written["text"] = ""
        written.pop("context", None)
        new_line = compact(written) + b"\n"
    record = record.retracted()
    return Kept(record, compact(record_json(record)), new_line)
