"""Some thousand mutated frames, most of them in process, and lies over real links to a broker and to a host."""

from __future__ import annotations

from tests.proofs.conftest import Short


def test_a_frame_breaks_its_link_and_nothing_else(short: Short) -> None:
    figures = short("frames")
    assert figures["mutated frames in process"] > 14_000
    assert figures["of those, links ended by PeerBroke"] > 4_000
    assert figures["mutated frames to a broker"] == figures["mutated frames to a host"] == 120
    for who in ("a broker", "a host"):
        assert figures[f"lies after which {who} ended its link"] > 10
    assert figures["requests of an honest client through the same broker"] > 0
    assert figures["of those, refused or wrong"] == 0
