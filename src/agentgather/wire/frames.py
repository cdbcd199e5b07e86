"""Every frame of the tunnel. On the wire: type (1 byte), stream (4), length of the payload (4), big-endian, payload.

Stream 0 is the link itself. The payload of a control frame is a compact JSON object; bytes in it are unpadded base64url,
targets and headers latin-1. Data is raw, a Credit's count 4 bytes big-endian, a Ping's or Pong's token 8 bytes; End has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Headers = tuple[tuple[bytes, bytes], ...]  # lower-case names, in the order they came


@dataclass(frozen=True, slots=True)
class Hello:
    """0x01, host to broker: who comes, and for which slug. {version, slug, key, software, capabilities}"""

    version: int
    slug: str
    key: bytes  # Ed25519 public key, 32 bytes
    software: str
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """0x02, broker to host. {nonce}"""

    nonce: bytes  # 32 bytes, never used twice


@dataclass(frozen=True, slots=True)
class Proof:
    """0x03, host to broker: an Ed25519 signature over `proof.transcript`. {signature}"""

    signature: bytes = field(repr=False)  # 64 bytes


@dataclass(frozen=True, slots=True)
class Registered:
    """0x04, broker to host: the route is live. {route, public_url, limits, heartbeat_seconds}"""

    route: Mapping[str, str]  # the seven keys of a route's metadata
    public_url: str  # where visitors reach the room, without a trailing slash
    limits: Mapping[str, int]  # in force on this route, by name
    heartbeat_seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """0x05, broker to host, in place of Challenge or Registered. {code, message, retry_after?}"""

    code: str
    message: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """0x06, broker to host: a visitor's request begins a stream. {method, target, headers, has_body}"""

    stream: int
    method: str
    target: bytes = field(repr=False)  # below the slug, byte-exact, with its query; starts with a slash
    headers: Headers = field(repr=False)
    has_body: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """0x07, host to broker: the head of the answer. {status, headers}"""

    stream: int
    status: int
    headers: Headers = field(repr=False)


@dataclass(frozen=True, slots=True)
class Data:
    """0x08, both ways: a piece of a body, within the credit of its stream and of the link."""

    stream: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """0x09, both ways: the body is whole. The host's End ends the stream."""

    stream: int


@dataclass(frozen=True, slots=True)
class Reset:
    """0x0a, both ways: the stream is over at once in both directions. {reason}"""

    stream: int
    reason: str


@dataclass(frozen=True, slots=True)
class Credit:
    """0x0b, both ways: so many more bytes may come on this stream, or (stream 0) on the link."""

    stream: int
    count: int


@dataclass(frozen=True, slots=True)
class Ping:
    """0x0c, both ways: answered with a Pong of the same token."""

    token: bytes  # 8 bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """0x0d, both ways."""

    token: bytes


@dataclass(frozen=True, slots=True)
class Drain:
    """0x0e, both ways: no new streams here; what runs is finished. {}"""


@dataclass(frozen=True, slots=True)
class Bye:
    """0x0f, both ways: the link ends on purpose; nothing follows. {reason, message}"""

    reason: str
    message: str


Frame = (
    Hello
    | Challenge
    | Proof
    | Registered
    | Refused
    | Open
    | Answer
    | Data
    | End
    | Reset
    | Credit
    | Ping
    | Pong
    | Drain
    | Bye
)
