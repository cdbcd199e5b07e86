"""What counts as found, and what may be looked for."""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, RoomId
from agentgather.room.refusals import InvalidQuery
from agentgather.room.search import QUERY_TERMS_MAX, QUERY_UNITS_MAX, folded, search, terms


def finds(query: str, text: str) -> bool:
    return search(query).is_in(folded(text))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ind", "the Index"),
        ("wait held", "held, then wait"),
        ('"held wait"', "A HELD \t wait"),
        ('"index', "the index"),
        ("ÉTÉ", "l'e\u0301te\u0301"),
        ("groß", "GROSS"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\u00c5", "\u212b is an angstrom"),  # another character for the same letter
        ("中文", "写中文字"),
        ("a.b(c)*", "call a.b(c)* here"),
        ("``` \\d+", "```\n\\d+\n```"),
    ],
)
def test_this_is_found(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("index wait", "the index"),
        ('"held wait"', "held a wait"),
        ('"wait held"', "held wait"),
        ("resume", "résumé"),
        ("x2", "x²"),
        ("a", ""),
    ],
)
def test_this_is_not(query: str, text: str) -> None:
    assert not finds(query, text)


ACCENTS = ("\u0301\u0316", "\u0f73", "\u0345\u0301", "a" + "\u0301" * 99 + "\u0316" * 99)


@pytest.mark.parametrize("accents", ACCENTS)
def test_a_text_of_nothing_but_accents_is_folded_in_no_time_and_found(accents: str) -> None:
    text = (accents * 24_000)[:24_000]
    began = thread_time()
    shown = folded(text + " end")
    assert thread_time() - began < 0.1  # of a core, where it was a second
    assert search("end").is_in(shown)
    assert search(text[:20]).is_in(shown)


@given(st.text(min_size=1, max_size=60).filter(lambda text: not text.isspace()), st.text(max_size=20))
def test_every_text_is_found_by_itself_and_whatever_its_case(text: str, around: str) -> None:
    quoted = f'"{text}"'
    if "\0" in text or '"' in text or not text.strip():
        return
    whole = f"{around} {text} {around}"
    assert finds(quoted, whole)
    assert search(quoted).is_in(folded(whole.casefold()))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a  b\u3000c", [("a", False), ("b", False), ("c", False)]),
        ('a "b c" d', [("a", False), ("b c", True), ("d", False)]),
        ('say"hi there"', [('say"hi', False), ('there"', False)]),
        ('"a"b', [("a", True), ("b", False)]),
        ('"never closed', [("never closed", True)]),
        ("", []),
    ],
)
def test_a_query_is_words_and_phrases(query: str, expected: list[tuple[str, bool]]) -> None:
    assert terms(query) == expected


@pytest.mark.parametrize(
    "query", ["", " \n", '""', '" "', "a\0", "\ud800", "x" * (QUERY_UNITS_MAX + 1), "a " * (QUERY_TERMS_MAX + 1)]
)
def test_a_query_out_of_bounds_is_refused(query: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        search(query)
    assert refused.value.field == "q"


def test_a_query_at_its_bounds_is_taken() -> None:
    assert finds("x" * QUERY_UNITS_MAX, "x" * QUERY_UNITS_MAX)
    assert finds("a " * QUERY_TERMS_MAX, "a")
    assert search("", author=Alias("ops")).has_filter


def test_filters_are_all_held_and_a_message_taken_back_is_nothing_to_find() -> None:
    record = Message(
        MessageId(3), RoomId("lab"), "", Alias("ops"), MessageType.HANDOFF, "@rev yours", mentions=(Alias("rev"),)
    )
    ops, rev = Alias("ops"), Alias("rev")
    assert search("", author=ops, type=MessageType.HANDOFF, mentions=rev).admits(record)
    assert not search("", author=rev).admits(record)
    assert not search("", type=MessageType.STATUS).admits(record)
    assert not search("", mentions=ops).admits(record)
    assert not search("", author=ops).admits(record.retracted())
