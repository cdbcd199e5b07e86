"""Disks, file tables and clocks that fail below real daemons; the short form tries each kind of fault once."""

from __future__ import annotations

import os
import warnings

import pytest
from proofs.faults.small_disk import NotPermitted

from tests.proofs.conftest import Short


@pytest.mark.timeout(600)
def test_nothing_that_fails_below_a_daemon_makes_it_lie_or_stand_still(short: Short) -> None:
    try:
        figures = short("faults")
    except NotPermitted as missing:
        if os.environ.get("CI"):
            raise
        warnings.warn(f"NOT PROVEN HERE: {missing}", stacklevel=1)
        pytest.skip(str(missing))
    assert figures["posts acknowledged"] > 100
    assert figures["posts refused"] > 10
    assert figures["reads answered while nothing could be recorded"] > 4
    assert figures["tokens refused"] + figures["tokens given"] >= 9
    assert figures["clients who waited at a shut door"] > 10
    assert figures["names refused"] > 0
    assert figures["names asked for by a stranger"] > 6
    assert figures["names that changed hands"] == 0
    assert figures["jumps of a room's clock"] > 1
    assert figures["bugs that a daemon logged"] == 0
