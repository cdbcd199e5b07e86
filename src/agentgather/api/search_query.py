"""A search as it is asked for: the parameters of GET /search, and the one line that people type."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agentgather.room.message import MessageType
from agentgather.room.names import Alias, alias
from agentgather.room.refusals import InvalidAlias, InvalidType
from agentgather.room.search import Search, search, terms

FOUND_RECORDS = 50  # in a page that nobody says the length of
FOUND_RECORDS_MAX = 200  # as many as stay well below what any door on the way lets pass

_FILTER = re.compile("([A-Za-z]+):@?([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """The parameters of a search, none of them checked: words and phrases as typed, and the three filters."""

    q: str = ""
    author: str | None = None
    type: str | None = None
    mentions: str | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """Those that are given, by their names in the URL."""
        named = {"q": self.q or None, "from": self.author, "type": self.type, "mentions": self.mentions}
        return {name: value for name, value in named.items() if value is not None}


def read_line(line: str) -> SearchQuery:
    """What somebody typed, such as `from:bob type:handoff "held wait" index`, as parameters.

    `from:`, `type:` and `mentions:` are filters wherever they stand outside quotes, in any case, with or without an
    `@`; of one that stands twice the last counts. All else is looked for. The page's twin is web/search-query.js; both
    are held to tests/vectors/search_queries.json.
    """
    asked = SearchQuery()
    kept: list[str] = []
    for term, is_phrase in terms(line):
        named = None if is_phrase else _FILTER.fullmatch(term)
        name = named[1].lower() if named else ""
        if named and name in ("from", "type", "mentions"):
            asked = replace(asked, **{"author" if name == "from" else name: named[2].lower()})
        else:
            kept.append(f'"{term}"' if is_phrase else term)
    return replace(asked, q=" ".join(kept))


def read_search(asked: SearchQuery) -> Search:
    """The search that the parameters stand for.

    Raises InvalidQuery, InvalidType or InvalidAlias with the parameter at fault.
    """
    return search(
        asked.q,
        author=_alias(asked.author, field="from"),
        type=_type(asked.type),
        mentions=_alias(asked.mentions, field="mentions"),
    )


def _alias(text: str | None, *, field: str) -> Alias | None:
    try:
        return None if text is None else alias(text)
    except InvalidAlias as refusal:
        refusal.field = field
        raise


def _type(text: str | None) -> MessageType | None:
    if text is None:
        return None
    if text not in MessageType.__members__.values():
        raise InvalidType(f"type is one of {', '.join(MessageType)}", field="type")
    return MessageType(text)
