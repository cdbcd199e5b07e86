"""Two ends of a link joined by an imaginary wire, and their books laid open."""

from __future__ import annotations

import copy
from typing import Any

from agentgather.wire.codec import HEADER_BYTES, Decoder
from agentgather.wire.frames import Frame, Hello, Registered
from agentgather.wire.link import BrokerEnd, HostEnd

HELLO = Hello(1, "room", b"k" * 32, "agentgather/0.3", ("relay",))
NONCE = b"n" * 32
SIGNATURE = b"s" * 64
REGISTERED = Registered({"route_slug": "room"}, "https://rooms.example/room", {"waits": 32}, 15)

End = BrokerEnd | HostEnd


def raw(kind: int, stream: int, payload: bytes, *, size: int | None = None) -> bytes:
    """A frame as nobody's encoder would let it out; `size` lies about the payload's."""
    length = len(payload) if size is None else size
    return bytes((kind,)) + stream.to_bytes(4, "big") + length.to_bytes(4, "big") + payload


def everything(end: End) -> bytes:
    """All that `end` has to send."""
    pieces = []
    while piece := end.outgoing():
        pieces.append(piece)
    return b"".join(pieces)


def said(end: End) -> list[Frame]:
    """All that `end` has to send, as frames."""
    return Decoder().receive(everything(end))


def settle(broker: BrokerEnd, host: HostEnd) -> tuple[list[Frame], list[Frame]]:
    """Carry everything over until nobody has anything to say; what the broker and what the host were told."""
    told_broker: list[Frame] = []
    told_host: list[Frame] = []
    while (up := everything(host)) + (down := everything(broker)):
        told_broker += broker.receive(up)
        told_host += host.receive(down)
    return told_broker, told_host


def live() -> tuple[BrokerEnd, HostEnd]:
    """A link whose handshake has passed."""
    broker, host = BrokerEnd(), HostEnd()
    host.hello(HELLO)
    settle(broker, host)
    broker.challenge(NONCE)
    settle(broker, host)
    host.prove(SIGNATURE)
    settle(broker, host)
    broker.register(REGISTERED)
    settle(broker, host)
    assert broker.is_live
    assert host.is_live
    return broker, host


def books(end: End) -> dict[str, Any]:
    """Everything an end knows about its link but that it is over: what a broken rule must not change."""
    fate = ("state", "_broken", "_queue", "_waiting_bytes", "_decoder")
    return {name: copy.deepcopy(value) for name, value in vars(end).items() if name not in fate}


def head(content: bytes) -> tuple[int, int, int]:
    """Type, stream and length of the frame that `content` begins with."""
    assert len(content) >= HEADER_BYTES
    return content[0], int.from_bytes(content[1:5], "big"), int.from_bytes(content[5:9], "big")
