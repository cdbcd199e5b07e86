"""Bits turn and lines vanish in the files of a home: what is damaged is named, or nothing has changed."""

from __future__ import annotations

from proofs.catalogue import proof

from tests.proofs.conftest import Short


def test_no_damage_goes_unnoticed_and_a_damaged_log_is_repaired(short: Short) -> None:
    figures = short("damage")
    assert figures["lost or changed without a word"] == 0
    assert figures["named, with their line"] > 200
    assert figures["repairs"] == figures["named, with their line"]
    assert figures["named, with their file"] > 50
    assert proof("damage").long >= figures["damages there are"], "the long form tries them all"
