"""Each adapter wakes exactly once, whatever its agent is in the middle of (proofs/wakes)."""

from __future__ import annotations

from proofs.wakes.stand_ins import STAND_INS

from tests.proofs.conftest import Short

TERMINALS = [name for name in STAND_INS if name.startswith(("tmux, ", "pty, "))]


def test_an_agent_is_woken_exactly_once_by_each_adapter(short: Short) -> None:
    figures = short("wakes")
    for name in STAND_INS:
        assert figures[f"{name}: wakes"] == 5
        assert figures[f"{name}: submitted exactly once"] >= 4  # of one it may be unsure, on a machine that is busy
        assert figures[f"{name}: lost"] == figures[f"{name}: doubled"] == 0
    for name in TERMINALS:
        assert figures[f"{name}: drafts typed over"] == 0
    for name in (*TERMINALS, "Codex", "OpenCode"):
        assert figures[f"{name}: turns cancelled"] == 0
