"""A page of Markdown for people. Whatever was said is an indented block in which nothing is markup."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentgather.room.message import timestamp
from agentgather.transcript.enclosed import enclosed
from agentgather.transcript.facts import Ending, Facts
from agentgather.transcript.shown import INDENT, indented, single

_MARKUP = re.compile(r"([\\`*_\[\]<>!|~&#])")


class MarkdownWriter:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def begin(self) -> str:
        facts, status, brief = self._facts, self._facts.status, self._facts.brief
        people = status.get("participants")
        return _lines(
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

    def resume(self, _last: Mapping[str, object], /) -> None:
        pass  # every record stands for itself

    def record(self, fields: Mapping[str, object]) -> str:
        notes = [f"**#{fields['id']}**", _plain(fields.get("ts")), f"**{_plain(fields.get('from'))}**"]
        if fields.get("type") not in ("message", "system"):
            notes.append(_plain(fields.get("type")))
        if "reply_to" in fields:
            notes.append(f"reply to {_plain(fields['reply_to'])}")
        if isinstance(to := fields.get("to"), list):
            notes.append("to " + " ".join(_plain(alias) for alias in to))
        if fields.get("done") is True:
            notes.append("done")
        if fields.get("need_reply") is True:
            notes.append("wants an answer")
        taken_back = "digest" in fields or fields.get("retracted")
        said = _lines("", " · ".join(notes), "", _block("(taken back)" if taken_back else fields.get("text")))
        return said + "".join(_lines("", f"{label}:", "", _block(words)) for label, words in enclosed(fields))

    def end(self, ending: Ending, /) -> str:
        return _lines(
            "",
            "---",
            f"{ending.records} records. Head of the chain: `{ending.chain or 'none'}`.",
            "An export in jsonl or json can be checked offline with `agentgather verify`.",
        )


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


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
