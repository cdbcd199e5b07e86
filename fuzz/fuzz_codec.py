"""Any bytes, cut anywhere: the frames are the same, nothing but PeerBroke comes of junk, and little is held."""

from __future__ import annotations

from itertools import cycle

from agentgather.wire.codec import HEADER_BYTES, Decoder, encode
from agentgather.wire.faults import PeerBroke
from agentgather.wire.fields import CONTROL_BYTES_MAX
from agentgather.wire.frames import Frame

CUTS_MAX = 8  # bytes at the beginning of an input that say how the rest is cut


def explore(content: bytes) -> None:
    """The first byte says how many of the following are lengths of pieces; the rest is what comes over the wire."""
    count = content[0] % CUTS_MAX if content else 0
    lengths, wire = content[1 : 1 + count], content[1 + count :]
    whole, fault = receive(wire, [len(wire)])
    pieces, fault_in_pieces = receive(wire, [1 + length for length in lengths] or [1])
    assert fault == fault_in_pieces
    if fault is None:
        assert whole == pieces
    for frame in pieces:
        assert Decoder().receive(encode(frame)) == [frame]


def receive(wire: bytes, lengths: list[int]) -> tuple[list[Frame], str | None]:
    """The frames that came before the fault, and the fault's reason if there was one."""
    decoder, frames, at = Decoder(), [], 0
    for length in cycle(lengths):
        try:
            frames += decoder.receive(wire[at : at + length])
        except PeerBroke as broken:
            return frames, broken.reason
        assert len(decoder._rest) < HEADER_BYTES + CONTROL_BYTES_MAX
        at += length
        if at >= len(wire):
            return frames, None
    raise AssertionError
