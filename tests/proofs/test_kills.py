"""Kills: the short form."""

from __future__ import annotations

import pytest
from proofs.kills.moments import MOMENTS

from tests.proofs.conftest import Short


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9(short: Short) -> None:
    figures = short("kills")
    assert figures["kills"] == 300
    for moment in MOMENTS:
        assert figures[f"kills while {moment.__name__}"] > 0
    assert figures["kills before it served"] > 10
    assert figures["kills of a daemon that was executed anew"] == 12
    assert figures["posts acknowledged"] > 600
    assert figures["records heard, by all readers"] > 3_000
    assert figures["marks of reading confirmed"] > 50
    assert figures["tokens handed out"] > 0
    assert figures["verifications of the whole chain"] >= 30
