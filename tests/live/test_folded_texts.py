"""Blocks of folded texts: made once, and made anew where a text was taken away."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from agentgather.live.folded_texts import BETWEEN_TEXTS, TEXTS_IN_A_BLOCK, FoldedTexts
from agentgather.live.timeline import Timeline
from agentgather.room.keeping import Kept
from agentgather.room.search import search
from tests.live.test_finder import kept, retraction


def made(texts: FoldedTexts, first: int, records: Sequence[Kept]) -> bytes:
    block = texts.block(first, records, until=inf)
    assert block is not None
    return block


def test_a_full_block_is_made_once_and_one_that_grows_is_made_anew() -> None:
    records = [kept(number, f"Text {number}") for number in range(1, TEXTS_IN_A_BLOCK + 3)]
    texts = FoldedTexts()
    full, rest = made(texts, 0, records), made(texts, TEXTS_IN_A_BLOCK, records)
    assert full.split(BETWEEN_TEXTS)[0] == b"text 1"
    assert made(texts, 0, records) is full
    assert rest.count(BETWEEN_TEXTS) == 1
    records.append(kept(99, "one more"))
    assert made(texts, TEXTS_IN_A_BLOCK, records).endswith(b"one more")


def test_a_block_is_made_in_as_many_moments_as_it_takes() -> None:
    records = [kept(number, f"Text {number}") for number in range(1, TEXTS_IN_A_BLOCK + 3)]
    texts = FoldedTexts()
    for _ in range(TEXTS_IN_A_BLOCK - 1):
        assert texts.block(0, records, until=-inf) is None
    assert texts.block(0, records, until=-inf) == made(FoldedTexts(), 0, records)
    assert texts.block(TEXTS_IN_A_BLOCK, records, until=-inf) is None
    records[TEXTS_IN_A_BLOCK] = kept(TEXTS_IN_A_BLOCK + 1, "")
    texts.forget(TEXTS_IN_A_BLOCK)
    assert made(texts, TEXTS_IN_A_BLOCK, records) == BETWEEN_TEXTS + b"text 34"


def test_a_text_that_was_taken_back_is_nowhere_kept() -> None:
    timeline = Timeline(kept(number, f"secret {number}") for number in range(1, 2 * TEXTS_IN_A_BLOCK + 1))
    timeline.look(search("secret"), end=len(timeline), until=float("inf"))
    timeline.append(retraction(200, of=40))
    block = made(timeline._texts, TEXTS_IN_A_BLOCK, timeline._kept).split(BETWEEN_TEXTS)
    assert block[40 - 1 - TEXTS_IN_A_BLOCK] == b""
    assert block[-1] == b"secret 64"
