"""The power goes at every step of one recorded life of a machine."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_whatever_the_disk_holds_after_an_outage_the_room_opens_with_all_that_was_acknowledged(short: Short) -> None:
    figures = short("power-loss")
    assert figures["promises broken"] == 0
    assert figures["acknowledgements"] > 0
    assert figures["distinct disks"] > 300
    assert figures["torn ends repaired"] > 50
    assert figures["outages while coming up"] > 300
