"""Each adapter wakes exactly once, whatever its agent is in the middle of (proofs/wakes)."""

from __future__ import annotations

from proofs.wakes.stand_ins import STAND_INS

from tests.proofs.conftest import Short


def test_an_agent_is_woken_exactly_once_by_each_adapter(short: Short) -> None:
    figures = short("wakes")
    for name in STAND_INS:
        assert figures[f"{name}: submitted exactly once"] + figures[f"{name}: said to be unsure"] >= 5
        for never in ("lost", "doubled", "turns cancelled", "drafts typed over"):
            assert figures[f"{name}: {never}"] == 0
