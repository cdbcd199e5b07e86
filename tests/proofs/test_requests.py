"""A few thousand mutated requests, at a room and at its broker."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_whatever_a_client_sends_everybody_else_is_served(short: Short) -> None:
    figures = short("requests")
    assert figures["mutants, direct door"] == figures["mutants, broker door"] == 3_000
    for door in ("direct", "broker"):
        assert figures[f"answers of 2xx, {door} door"] > 200, "few got past the front door"
        assert figures[f"answers of 4xx, {door} door"] > 1_000
    assert figures["requests of honest clients beside"] > 20
    for name in ("of those, refused or wrong", "of those, lost", "answers of 500", "crashes", "hangs"):
        assert figures[name] == 0
