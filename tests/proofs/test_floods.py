"""Each storm once, of some hundred, at a room or at its broker."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_whoever_is_slow_greedy_or_gone_is_in_nobodys_way(short: Short) -> None:
    figures = short("floods")
    assert figures["storms, direct door"] == figures["storms, broker door"] == 5
    assert figures["requests of others, answered"] == 200
    assert figures["requests of others that were refused or wrong"] == figures["crashes"] == 0
