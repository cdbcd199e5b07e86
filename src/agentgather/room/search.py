"""What somebody looks for in the records of a room, and what counts as found.

Texts are compared folded: whatever the case, whatever way an accent is written. A word is found within longer ones, so
that `ind` finds `index`; words between double quotes stay together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import category, normalize

from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias
from agentgather.room.refusals import InvalidQuery
from agentgather.room.text import is_storable, utf16_units

QUERY_UNITS_MAX = 200  # UTF-16 units; a search looks for all of them in every record
QUERY_TERMS_MAX = 16  # words and phrases

# What stands between words. Named one by one: `\s` is another set in every language, and the page reads queries too.
BLANK = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Accents upon one letter. They are sorted one past the other, so thousands of them hold a core for seconds; no language has
# more than a handful, and Unicode's own bound is this (UAX 15, section 13, the Stream-Safe Text Format).
ACCENTS_MAX = 30
_JOINER = "\u034f"  # is no accent, and is not seen: what stands behind it is sorted by itself
_MAY_BE_ACCENTS = re.compile(
    rf"[^\w\s]{{{ACCENTS_MAX + 1},}}"
)  # marks are no letters; a line of dashes is looked at too
_TERM = re.compile(f'"([^"]*)"?|([^{BLANK}]+)')  # a quote that nobody closes runs to the end


@dataclass(frozen=True, slots=True)
class Search:
    """A record is found when all that is set here is so of it. `words` and `phrases` are folded; phrases hold blanks.

    Every word of a phrase is among `words` too.
    """

    words: tuple[bytes, ...] = ()
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

    def has_words_in(self, folded_texts: bytes) -> bool:
        """Whether every word stands somewhere in texts that `folded` made: a quick look at many before one at each."""
        return all(word in folded_texts for word in self.words)

    def is_in(self, folded_text: bytes) -> bool:
        """Whether every word and phrase stands in this text. A line break counts as a blank."""
        if not self.has_words_in(folded_text):
            return False
        if not self.phrases:
            return True
        evenly = " ".join(folded_text.decode(errors="surrogatepass").split())
        return all(phrase in evenly for phrase in self.phrases)


def folded(text: str) -> bytes:
    """`text` as it is compared: canonical caseless matching (Unicode 15, section 3.13, D145), composed, as UTF-8.

    Compatibility forms stay apart (`x²` is not `x2`): folding them makes some texts 18 times as long. In UTF-8 the same
    is found as in text, and one emoji does not make each character of its surroundings four bytes long.
    """
    if text.isascii():
        return text.encode().lower()
    return _folded(text).encode(errors="surrogatepass")  # logs of 0.1 may hold half of a pair


def _folded(text: str) -> str:
    return normalize("NFC", normalize("NFC", _MAY_BE_ACCENTS.sub(_apart, text)).casefold())


def _apart(found: re.Match[str]) -> str:
    """The characters that were found, with no more than ACCENTS_MAX accents in a row."""
    kept: list[str] = []
    accents = 0
    for character in found[0]:
        accents = accents + 1 if category(character)[0] == "M" else 0
        if accents > ACCENTS_MAX:
            kept.append(_JOINER)
            accents = 1
        kept.append(character)
    return "".join(kept)


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
    parts = [_folded(term).split() for term, _ in said]
    words = sorted({word.encode() for part in parts for word in part}, key=len, reverse=True)  # the long ones are rare
    phrases = tuple(dict.fromkeys(" ".join(part) for part in parts if len(part) > 1))
    asked = Search(tuple(words), phrases, author, type, mentions)
    if asked.is_empty:
        raise InvalidQuery("there is nothing to look for: give words, or a filter", field="q")
    return asked
