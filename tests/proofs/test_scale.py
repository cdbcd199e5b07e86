"""Hundreds wait in one room, and none is forgotten (proofs/scale; thousands there)."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_five_hundred_wait_and_all_are_woken(short: Short) -> None:
    figures = short("scale")
    assert figures["waits held"] == figures["waits woken"] == 3 * 500
    assert figures["refused, forgotten, or told something else"] == figures["descriptors left open"] == 0
