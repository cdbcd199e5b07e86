"""A busy room loses nothing and gives everything back (proofs/soak; hours of it there)."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_a_busy_room_loses_nothing_and_gives_everything_back(short: Short) -> None:
    figures = short("soak")
    assert figures["posts acknowledged"] > 60
    assert figures["waits ended"] > 50
    assert figures["records heard"] > 9 * 60
    assert figures["exports"] == 1
    for happened in ("searches", "seats given and taken", "visitors: hang up", "visitors: leave a stream"):
        assert figures[happened] > 0, happened
    for nought in ("posts lost or doubled", "records unheard or heard twice", "waits and streams that did not end"):
        assert figures[nought] == 0, nought
    assert figures["descriptors that the daemon kept"] == figures["descriptors that the broker kept"] == 0
