"""What an export looks like: Markdown for people, JSON and JSON lines for whoever checks or reads it by program.

Whatever was said stays inside its record: in Markdown it is an indented block in which nothing is markup, in JSON the
characters that could drive a terminal are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from agentgather import __version__
from agentgather.cli.output import INDENT, indented, json_line, single
from agentgather.client.asking import Json
from agentgather.client.chain import Chain
from agentgather.room.message import timestamp
from agentgather.room.names import RoomId

_SEAL = frozenset({"salt", "digest", "chain"})
_MARKUP = re.compile(r"([\\`*_\[\]<>!|~&#])")


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands before the records: `status` as GET /status answers it, `brief` as GET /brief does."""

    room: RoomId
    status: Json
    brief: Json
    exported_at: datetime


class Writer(Protocol):
    def begin(self, facts: Facts) -> None: ...
    def record(self, fields: Mapping[str, object]) -> None: ...
    def end(self, chain: Chain) -> None: ...


class LineWriter:
    """The sealed lines of the log as they are, one JSON object a line."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def begin(self, facts: Facts) -> None:
        pass  # a log has no head: its first line is its first record

    def record(self, fields: Mapping[str, object]) -> None:
        self._file.write(json_line(fields) + "\n")

    def end(self, chain: Chain) -> None:
        pass


class JsonWriter:
    """One JSON object: the room, its brief and people, every record with its seal, and the head of the chain."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._is_first = True

    def begin(self, facts: Facts) -> None:
        head = {
            "agentgather": __version__,
            "room": facts.room,
            "room_status": facts.status.get("room_status"),
            "exported_at": timestamp(facts.exported_at),
            "brief": facts.brief,
            "participants": facts.status.get("participants"),
        }
        self._file.write(json_line(head)[:-1] + ',"messages":[')

    def record(self, fields: Mapping[str, object]) -> None:
        self._file.write(("\n" if self._is_first else ",\n") + json_line(fields))
        self._is_first = False

    def end(self, chain: Chain) -> None:
        tail = {"records": chain.sealed + chain.unsealed, "chain": chain.head or None}
        self._file.write("\n]," + json_line(tail)[1:] + "\n")


class MarkdownWriter:
    """A page for people."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def begin(self, facts: Facts) -> None:
        status, brief = facts.status, facts.brief
        people = status.get("participants")
        self._lines(
            f"# Room {_plain(facts.room)}",
            "",
            f"- Status: {_plain(status.get('room_status'))}",
            f"- Exported: {timestamp(facts.exported_at)}",
            f"- Brief: version {_plain(brief.get('brief_version'))}, {_plain(brief.get('brief_updated_at'))}"
            f" by {_plain(brief.get('brief_updated_by'))}",
            f"- Attendance policy: {_plain(status.get('attendance_policy'))}",
            "",
            "## Room brief",
            "",
            _block(brief.get("body") or "(empty)"),
            "",
            "## Participants",
            "",
            *(_person(one) for one in (people if isinstance(people, list) else []) if isinstance(one, dict)),
            "",
            "## Messages",
        )

    def record(self, fields: Mapping[str, object]) -> None:
        notes = [f"**#{fields['id']}**", _plain(fields.get("ts")), f"**{_plain(fields.get('from'))}**"]
        if fields.get("type") not in ("message", "system"):
            notes.append(_plain(fields.get("type")))
        if "reply_to" in fields:
            notes.append(f"reply to {_plain(fields['reply_to'])}")
        if isinstance(to := fields.get("to"), list):
            notes.append("to " + " ".join(_plain(alias) for alias in to))
        taken_back = "digest" in fields or fields.get("retracted")
        self._lines("", " · ".join(notes), "", _block("(taken back)" if taken_back else fields.get("text")))

    def end(self, chain: Chain) -> None:
        self._lines(
            "",
            "---",
            f"{chain.sealed + chain.unsealed} records. Head of the chain: `{chain.head or 'none'}`.",
            "An export in jsonl or json can be checked offline with `agentgather verify`.",
        )

    def _lines(self, *lines: str) -> None:
        self._file.write("\n".join(lines) + "\n")


WRITERS: dict[str, type[LineWriter | JsonWriter | MarkdownWriter]] = {
    "jsonl": LineWriter,
    "json": JsonWriter,
    "md": MarkdownWriter,
}


def _person(fields: Mapping[str, object]) -> str:
    role = fields.get("role") or ("host" if fields.get("is_host") else "guest")
    said = f"{_plain(fields.get('kind'))}, {_plain(role)}, {_plain(fields.get('location'))},"
    said += f" {_plain(fields.get('install'))}, {_plain(fields.get('attention'))}"
    gone = ", removed" if fields.get("removed_at") else ""
    return f"- {_plain(fields.get('alias'))} ({said}{gone}), last seen {_plain(fields.get('lastSeenAt'))}"


def _plain(value: object) -> str:
    """A short text as itself: one line, in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", single("" if value is None else value))


def _block(text: object) -> str:
    """A long text as an indented block: whatever it holds, no line of it can pass for one of ours."""
    return INDENT + indented(str(text))
