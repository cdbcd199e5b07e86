"""Agents that obey any text fall silent at the guard's number, and people do not notice (proofs/loops)."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_agents_that_answer_everything_fall_silent_and_people_speak_on(short: Short) -> None:
    figures = short("loops")
    assert figures["words beyond the guard"] == figures["bytes beyond the guard"] == 0
    assert figures["words of agents"] > 100
    assert figures["refused by the guard"] > 100
    assert figures["tries to undo the guard, refused"] > 50
    assert figures["words of people"] > 15
    assert figures["rounds by the host's continue"] > 0
    assert figures["agents by HTTP"] > 8
    assert (figures["agents by command line"], figures["agents by curl"]) == (1, 1)
