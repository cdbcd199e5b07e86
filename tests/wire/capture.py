"""Writes tests/vectors/wire: what two ends said to one another, as it went over the wire.

    python -m tests.wire.capture NAME…

Only for what is new: a capture that exists is what an older peer says, and is never written again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64encode
from dataclasses import fields
from pathlib import Path
from typing import Any

from agentgather.wire.codec import DATA_BYTES_MAX, Decoder, encode
from agentgather.wire.faults import LEAVING, ROOM_UNREACHABLE, TOO_LARGE, VISITOR_GONE
from agentgather.wire.frames import Bye, Data, Frame, Hello, Refused, Registered
from agentgather.wire.link import BrokerEnd, HostEnd
from tests.wire.links import everything, raw

FOLDER = Path(__file__).parents[1] / "vectors" / "wire"

HELLO = Hello(1, "quiet-otter", bytes(range(32)), "agentgather/0.3.0", ("relay",))
REGISTERED = Registered(
    {
        "route_slug": "quiet-otter",
        "route_id": "rte_AAECAwQFBgcICQoL",
        "host_connection_id": "conn_DA0ODxAREhMUFRYX",
        "created_at": "2026-11-21T10:00:00.000Z",
        "last_seen_at": "2026-11-21T10:00:00.000Z",
        "expires_at": "2026-11-21T10:15:00.000Z",
        "status": "active",
    },
    "https://rooms.example/quiet-otter",
    {"requests": 64, "waits": 32},
    15,
)
BODY = bytes(range(256)) * 300  # 75 KiB: three frames


class Recorded:
    """Two ends, and all that went over the wire each way."""

    def __init__(self) -> None:
        self.broker, self.host = BrokerEnd(), HostEnd()
        self.from_broker, self.from_host = b"", b""

    def carry(self) -> None:
        while (up := everything(self.host)) + (down := everything(self.broker)):
            self.from_host += up
            self.from_broker += down
            self.broker.receive(up)
            self.host.receive(down)

    def shake_hands(self) -> None:
        self.host.hello(HELLO)
        self.carry()
        self.broker.challenge(bytes(range(100, 132)))
        self.carry()
        self.host.prove(bytes(range(64)))
        self.carry()
        self.broker.register(REGISTERED)
        self.carry()


def handshake() -> Recorded:
    link = Recorded()
    link.shake_hands()
    return link


def refused() -> Recorded:
    link = Recorded()
    link.host.hello(HELLO)
    link.carry()
    link.broker.refuse(Refused("route_slug_taken", "this subdomain is another key's; choose another", 3600.5))
    link.carry()
    return link


def exchange() -> Recorded:
    link = Recorded()
    link.shake_hands()
    headers = ((b"authorization", b"Bearer x"), (b"accept", b"*/*"), (b"user-agent", b'a \xe9\t"\\z'))
    stream = link.broker.open("POST", b"/messages?since=1&q=%2F", headers, has_body=True)
    link.broker.send_data(stream, b'{"text":"hello"}')
    link.broker.end(stream)
    held = link.broker.open("GET", b"/wait?since_id=7&hold=25", headers[1:2], has_body=False)
    link.carry()
    link.host.answer(stream, 201, ((b"content-type", b"application/json"), (b"vary", b"origin")))
    link.host.send_data(stream, b'{"ok":true}')
    link.host.end(stream)
    link.carry()
    link.broker.ping(b"\x00broker\xff")
    link.host.ping(b"\x00host__\xff")
    link.host.answer(held, 204, ())
    link.host.end(held)
    link.carry()
    return link


def resets() -> Recorded:
    link = Recorded()
    link.shake_hands()
    streams = [link.broker.open("GET", b"/events", (), has_body=False) for _ in range(4)]
    link.carry()
    link.host.reset(streams[0], ROOM_UNREACHABLE)
    link.broker.reset(streams[1], VISITOR_GONE)
    link.host.answer(streams[2], 200, ())
    link.host.send_data(streams[2], b"data: 1\n\n")
    link.broker.reset(streams[2], TOO_LARGE)  # crosses the data
    link.host.reset(streams[3], LEAVING)
    link.broker.reset(streams[3], VISITOR_GONE)  # crosses a reset
    link.carry()
    return link


def big_bodies() -> Recorded:
    link = Recorded()
    link.shake_hands()
    stream = link.broker.open("POST", b"/messages", (), has_body=True)
    for at in range(0, len(BODY), DATA_BYTES_MAX):
        link.broker.send_data(stream, BODY[at : at + DATA_BYTES_MAX])
    link.broker.end(stream)
    link.carry()
    link.host.answer(stream, 200, ())
    for _ in range(2):
        for at in range(0, len(BODY), DATA_BYTES_MAX):
            link.host.send_data(stream, BODY[at : at + DATA_BYTES_MAX])
        link.carry()
        link.broker.consumed(stream, len(BODY))
    link.host.end(stream)
    link.carry()
    return link


def leaving() -> Recorded:
    link = Recorded()
    link.shake_hands()
    link.broker.drain()
    link.carry()
    link.host.drain()
    link.host.bye("closed", "the room is closed")
    link.carry()
    return link


def from_a_newer_peer() -> Recorded:
    """What a peer of today does not know yet, and skips."""
    link = Recorded()
    link.from_host = (
        raw(0x01, 0, encode(HELLO)[9:-1] + b',"colour":{"of":["a",1.5,null]},"colors":[]}')
        + raw(0x90, 0, b"a frame of tomorrow")
        + raw(0xFF, 77, b"\x00" * 300)
        + encode(Bye("closed", "the room is closed"))
    )
    return link


CAPTURES = {
    "handshake": handshake,
    "refused": refused,
    "exchange": exchange,
    "resets": resets,
    "big_bodies": big_bodies,
    "leaving": leaving,
    "from_a_newer_peer": from_a_newer_peer,
}


def described(frame: Frame) -> dict[str, Any]:
    """A frame in JSON, long contents by their digest."""
    found: dict[str, Any] = {"frame": type(frame).__name__}
    for one in fields(frame):
        value = getattr(frame, one.name)
        if one.name == "headers":
            value = [[name.decode("latin-1"), content.decode("latin-1")] for name, content in value]
        elif isinstance(frame, Data) and one.name == "content" and len(value) > 100:
            value = {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        elif isinstance(value, bytes):
            value = b64encode(value).decode()
        found[one.name] = list(value) if isinstance(value, tuple) else value
    return found


def write(name: str) -> None:
    link = CAPTURES[name]()
    for side, content in (("broker", link.from_broker), ("host", link.from_host)):
        if not content:
            continue
        path = FOLDER / f"{name}.{side}.bin"
        with path.open("xb") as file:  # never over what is there
            file.write(content)
        frames = [described(frame) for frame in Decoder().receive(content)]
        path.with_suffix(".json").write_text(json.dumps(frames, indent=1) + "\n")


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        write(asked)
