"""What somebody looks for in the records of a room, and what counts as found.

Texts are compared folded: whatever the case, whatever way an accent is written. A word is found within longer ones, so
that `ind` finds `index`; words between double quotes stay together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize

from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias
from agentgather.room.refusals import InvalidQuery
from agentgather.room.text import is_storable, utf16_units

QUERY_UNITS_MAX = 200  # UTF-16 units; a search looks for all of them in every record
QUERY_TERMS_MAX = 16  # words and phrases

# What stands between words. Named one by one: `\s` is another set in every language, and the page reads queries too.
BLANK = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TERM = re.compile(f'"([^"]*)"?|([^{BLANK}]+)')  # a quote that nobody closes runs to the end


@dataclass(frozen=True, slots=True)
class Search:
    """A record is found when all that is set here is so of it. `words` and `phrases` are folded; phrases hold blanks."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    author: Alias | None = None
    type: MessageType | None = None
    mentions: Alias | None = None

    @property
    def has_filter(self) -> bool:
        return self.author is not None or self.type is not None or self.mentions is not None

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.has_filter

    def admits(self, record: Message) -> bool:
        """Whether `record` is what the filters ask for. One that was taken back is nothing anybody looks for."""
        return (
            (self.author is None or record.author == self.author)
            and (self.type is None or record.type is self.type)
            and (self.mentions is None or self.mentions in record.mentions)
            and not record.is_retracted
        )

    def is_in(self, folded_text: str) -> bool:
        """Whether every word and phrase stands in a text that `folded` made."""
        for word in self.words:
            if word not in folded_text:
                return False
        return not self.phrases or self._has_phrases(folded_text)

    def _has_phrases(self, folded_text: str) -> bool:
        """A line break counts as a blank. Only texts that hold all the words come this far."""
        evenly = " ".join(folded_text.split())
        return all(phrase in evenly for phrase in self.phrases)


def folded(text: str) -> str:
    """`text` as it is compared: canonical caseless matching (Unicode 15, section 3.13, D145), composed.

    Compatibility forms stay apart (`x²` is not `x2`): folding them makes some texts 18 times as long.
    """
    if text.isascii():
        lower = text.lower()
        return text if lower == text else lower  # the same object: most of a room's memory is its texts
    return normalize("NFC", normalize("NFC", text).casefold())


def terms(query: str) -> list[tuple[str, bool]]:
    """The words of `query` in order, and its phrases without their quotes; True marks a phrase.

    A quote opens a phrase only where a word could begin.
    """
    return [(match[2] or match[1], match[2] is None) for match in _TERM.finditer(query)]


def search(
    query: str, *, author: Alias | None = None, type: MessageType | None = None, mentions: Alias | None = None
) -> Search:
    """The search for `query` among the records that the filters admit.

    Raises InvalidQuery for a query that is too long, is no text, or leaves nothing to look for.
    """
    if not is_storable(query):
        raise InvalidQuery("q holds NUL or half of a surrogate pair, which no text here has", field="q")
    if utf16_units(query) > QUERY_UNITS_MAX:
        raise InvalidQuery(f"q has more than {QUERY_UNITS_MAX} UTF-16 units; look for less of it", field="q")
    said = terms(query)
    if len(said) > QUERY_TERMS_MAX:
        raise InvalidQuery(
            f"q has more than {QUERY_TERMS_MAX} words; put those that belong together in quotes", field="q"
        )
    parts = [folded(term).split() for term, _ in said]
    words = sorted({word for part in parts for word in part}, key=len, reverse=True)  # long ones are rare: sooner done
    phrases = tuple(dict.fromkeys(" ".join(part) for part in parts if len(part) > 1))
    asked = Search(tuple(words), phrases, author, type, mentions)
    if asked.is_empty:
        raise InvalidQuery("there is nothing to look for: give words, or a filter", field="q")
    return asked
