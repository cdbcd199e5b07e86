"""JSON and JSON lines for whoever checks or reads a room by program: every record with its seal.

The characters that could drive a terminal are escaped, which JSON reads back as they were.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentgather import __version__
from agentgather.room.message import timestamp
from agentgather.transcript.facts import Ending, Facts
from agentgather.transcript.shown import json_line


class LineWriter:
    """The sealed lines of the log as they are, one JSON object a line. A log has no head and no end."""

    def __init__(self, facts: Facts) -> None:
        pass

    def begin(self) -> str:
        return ""

    def resume(self, _last: Mapping[str, object], /) -> None:
        pass

    def record(self, fields: Mapping[str, object]) -> str:
        return json_line(fields) + "\n"

    def end(self, _ending: Ending, /) -> str:
        return ""


class JsonWriter:
    """One JSON object: the room, its brief and people, every record with its seal, and the head of the chain."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._is_first = True

    def begin(self) -> str:
        facts = self._facts
        head = {
            "agentgather": __version__,
            "room": facts.room,
            "room_status": facts.status.get("room_status"),
            "exported_at": timestamp(facts.exported_at),
            "brief": facts.brief,
            "participants": facts.status.get("participants"),
        }
        return json_line(head)[:-1] + ',"messages":['

    def resume(self, _last: Mapping[str, object], /) -> None:
        self._is_first = False

    def record(self, fields: Mapping[str, object]) -> str:
        before = "\n" if self._is_first else ",\n"
        self._is_first = False
        return before + json_line(fields)

    def end(self, ending: Ending, /) -> str:
        return "\n]," + json_line({"records": ending.records, "chain": ending.chain})[1:] + "\n"
