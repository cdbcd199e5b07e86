"""A page for people: it can be read, printed and sent on, and needs neither a script nor a server.

Every word of somebody else's goes through `html.escape`, control and bidirectional characters written out before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from agentgather.room.message import moment, timestamp
from agentgather.transcript.enclosed import enclosed
from agentgather.transcript.facts import Ending, Facts
from agentgather.transcript.html_document import END, beginning, long_text, plain

_KINDS = {"agent": "◆ agent", "human": "● person"}  # a shape and a word beside the colour


class HtmlWriter:
    """`ways` is markup of ours that leads to the other pages of a transcript which is shown page by page, `first_id`
    the first record on this one: what came before it is no place to jump to.
    """

    def __init__(self, facts: Facts, *, ways: str = "", first_id: int = 1, form_action: str = "'none'") -> None:
        self._facts = facts
        self._ways = ways
        self._first_id = first_id
        self._form_action = form_action
        self._day = ""
        people = facts.status.get("participants")
        self._people = [one for one in (people if isinstance(people, list) else []) if isinstance(one, dict)]
        self._kind_of = {one.get("alias"): one.get("kind") for one in self._people}

    def begin(self) -> str:
        facts, brief = self._facts, self._facts.brief
        people = "".join(f"<li>{_person(one)}</li>\n" for one in self._people)
        version = plain(brief.get("brief_version"))
        return (
            beginning(f"Room {facts.room}: transcript", form_action=self._form_action)
            + f"<header>\n<h1>Room {plain(facts.room)}</h1>\n"
            + f'<p class="soft">{plain(facts.status.get("room_status"))} · written {_full(facts.exported_at)}'
            + f" · times are UTC</p>\n</header>\n{self._ways}<main>\n"
            + '<section aria-labelledby="brief">\n<h2 id="brief">Brief</h2>\n'
            + f'<p class="soft">version {version} by {plain(brief.get("brief_updated_by"))}</p>\n'
            + f"{long_text(brief.get('body') or '(empty)')}\n</section>\n"
            + f'<section aria-labelledby="people">\n<h2 id="people">People</h2>\n<ul>\n{people}</ul>\n</section>\n'
            + '<section aria-labelledby="messages">\n<h2 id="messages">Messages</h2>\n'
        )

    def resume(self, last: Mapping[str, object], /) -> None:
        self._day = _day(last.get("ts"))

    def record(self, fields: Mapping[str, object]) -> str:
        day = _day(fields.get("ts"))
        heading = "" if day == self._day else f"<h3>{day}</h3>\n"
        self._day = day
        number, author = plain(fields["id"]), fields.get("from")
        parts = [f'<a href="#m{number}">#{number}</a>', _time(fields.get("ts")), *self._notes(fields)]
        is_gone = "digest" in fields or fields.get("retracted")
        text = long_text("(taken back)", kind="text gone") if is_gone else long_text(fields.get("text"))
        text += "".join(
            f'\n<p class="soft">{plain(label)}</p>\n{long_text(words)}' for label, words in enclosed(fields)
        )
        if author == "system":
            looks, who = "note", ""
        else:
            kind = self._kind_of.get(author)
            looks = "agent" if kind == "agent" else "person"
            who = f'<span class="who" id="by{number}">{plain(author)}</span> <span>{_kind(kind)}</span> '
        label = f' aria-labelledby="by{number}"' if who else ""
        return (
            f'{heading}<article id="m{number}" class="{looks}"{label}>\n<header>{who}{" ".join(parts)}</header>\n'
            f"{text}\n</article>\n"
        )

    def end(self, ending: Ending, /) -> str:
        chain = plain(ending.chain or "none")
        return (
            f"</section>\n</main>\n{self._ways}<footer>\n<p>{ending.records} records in this room. "
            f"Head of the chain: <code>{chain}</code>.</p>\n</footer>\n{END}"
        )

    def _notes(self, fields: Mapping[str, object]) -> list[str]:
        notes = []
        if (kind := fields.get("type")) not in ("message", "system", None):
            notes.append(f'<span class="type">{plain(str(kind).replace("_", " "))}</span>')
        if "reply_to" in fields:
            number = plain(reply_to := fields["reply_to"])
            is_here = isinstance(reply_to, int) and reply_to >= self._first_id
            named = f'<a href="#m{number}">#{number}</a>' if is_here else f"#{number}"
            notes.append(f"<span>reply to {named}</span>")
        if isinstance(to := fields.get("to"), list):
            notes.append(f"<span>to {' '.join(plain(alias) for alias in to)}</span>")
        if fields.get("done") is True:
            notes.append("<span>done</span>")
        if fields.get("need_reply") is True:
            notes.append("<span>wants an answer</span>")
        return notes


def _person(fields: Mapping[str, object]) -> str:
    role = fields.get("role") or ("host" if fields.get("is_host") else "guest")
    name, alias = fields.get("display_name"), fields.get("alias")
    called = f" · <bdi>{plain(name)}</bdi>" if name and name != alias else ""
    gone = " · removed" if fields.get("removed_at") else ""
    return f"<b>{plain(alias)}</b>{called} · {_kind(fields.get('kind'))} · {plain(role)}{gone}"


def _kind(kind: object) -> str:
    return _KINDS.get(str(kind), "○ unknown")


def _full(when: datetime) -> str:
    when = when.astimezone(UTC)
    return f'<time datetime="{timestamp(when)}">{when:%Y-%m-%d %H:%M} UTC</time>'


def _time(stamp: object) -> str:
    """The time of day of a record; a log of 0.1 may hold whatever it likes there, which is then shown as it is."""
    when = _moment(stamp)
    return f'<time datetime="{timestamp(when)}">{when:%H:%M:%S}</time>' if when else f"<span>{plain(stamp)}</span>"


def _day(stamp: object) -> str:
    when = _moment(stamp)
    return f'<time datetime="{when:%Y-%m-%d}">{when.day} {when:%B %Y}</time>' if when else "At an unknown time"


def _moment(stamp: object) -> datetime | None:
    try:
        return moment(stamp).astimezone(UTC) if isinstance(stamp, str) else None
    except (ValueError, OverflowError):
        return None
