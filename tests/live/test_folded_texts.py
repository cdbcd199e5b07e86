"""Blocks of folded texts: made once, and made anew where a text was taken away."""

from __future__ import annotations

from agentgather.live.folded_texts import BETWEEN_TEXTS, TEXTS_IN_A_BLOCK, FoldedTexts
from agentgather.live.timeline import Timeline
from agentgather.room.search import search
from tests.live.test_finder import kept, retraction


def test_a_full_block_is_made_once_and_one_that_grows_is_made_anew() -> None:
    records = [kept(number, f"Text {number}") for number in range(1, TEXTS_IN_A_BLOCK + 3)]
    texts = FoldedTexts()
    full, rest = texts.block(0, records), texts.block(TEXTS_IN_A_BLOCK, records)
    assert full.split(BETWEEN_TEXTS)[0] == b"text 1"
    assert texts.block(0, records) is full
    assert rest.count(BETWEEN_TEXTS) == 1
    records.append(kept(99, "one more"))
    assert texts.block(TEXTS_IN_A_BLOCK, records).endswith(b"one more")


def test_a_text_that_was_taken_back_is_nowhere_kept() -> None:
    timeline = Timeline(kept(number, f"secret {number}") for number in range(1, 2 * TEXTS_IN_A_BLOCK + 1))
    timeline.look(search("secret"), end=len(timeline), until=float("inf"))
    timeline.append(retraction(200, of=40))
    block = timeline._texts.block(TEXTS_IN_A_BLOCK, timeline._kept).split(BETWEEN_TEXTS)
    assert block[40 - 1 - TEXTS_IN_A_BLOCK] == b""
    assert block[-1] == b"secret 64"
