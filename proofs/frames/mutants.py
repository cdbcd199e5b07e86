"""Frames of which something is wrong: their bytes, their length, their JSON, or the moment."""

from __future__ import annotations

from random import Random

from fuzz.fuzz_link import LINK_FRAMES
from tests.wire.links import raw

from agentgather.wire.codec import CREDIT_MAX, DATA_BYTES_MAX, HEADER_BYTES, encode
from agentgather.wire.frames import Answer, Credit, Data, End, Frame, Open, Reset
from proofs.requests.nasty import JSON_VALUES, TOKENS

STREAMS = (1, 2, 3, 4, 7, 1_000, 2**31, 2**32 - 1)
TYPES = tuple(range(0x10))
LENGTHS = (0, 1, 8, 9, 255, 65_536, 65_537, DATA_BYTES_MAX + 1, 2**31, 2**32 - 1)
KEYS = (
    b"version slug key software capabilities nonce signature route public_url limits heartbeat_seconds code message "
    b"retry_after method target headers has_body status reason"
).split()
PAYLOAD_BYTES_MAX = 200  # of what is mutated byte by byte: larger ones only cost time


def mutated(random: Random) -> bytes:
    """One frame, or what passes for one."""
    kind = random.randrange(10)
    if kind == 0:
        return random.randbytes(random.randrange(1, 60))
    whole = _legal(random)
    if kind <= 2:
        return whole  # right in itself, and mostly at the wrong moment
    if kind == 3:
        return bytes((random.choice(TYPES) | random.choice((0, 0, 0x80)),)) + whole[1:]
    if kind == 4:
        return whole[:1] + random.choice(STREAMS).to_bytes(4, "big") + whole[5:]
    if kind == 5:
        return whole[:5] + random.choice(LENGTHS).to_bytes(4, "big") + whole[HEADER_BYTES:]
    if kind == 6:
        return raw(whole[0], int.from_bytes(whole[1:5], "big"), _json(random))
    payload = bytearray(whole[HEADER_BYTES:])
    for _ in range(random.choice((1, 1, 2, 5))):
        at, change = random.randrange(len(payload) + 1), random.randrange(4)
        if change == 0 and payload:
            payload[at - 1] ^= 1 << random.randrange(8)
        elif change == 1:
            payload[at:at] = random.choice(TOKENS)
        elif change == 2:
            del payload[at : at + random.choice((1, 2, 9))]
        else:
            payload[at:at] = random.choice(JSON_VALUES)[:PAYLOAD_BYTES_MAX]
    return raw(whole[0], int.from_bytes(whole[1:5], "big"), bytes(payload))


def _legal(random: Random) -> bytes:
    """A frame that may come at some moment."""
    if random.random() < 0.4:
        return encode(random.choice(LINK_FRAMES))
    stream = random.choice(STREAMS[:4])
    frames: list[Frame] = [
        Open(stream, "GET", b"/status", (), False),
        Open(stream, "POST", b"/join", ((b"a", b"b"),), True),
        Answer(stream, 200, ((b"content-type", b"text/plain"),)),
        Data(stream, b"x" * random.choice((1, 50, 2_000))),
        End(stream),
        Reset(stream, "visitor_gone"),
        Credit(random.choice((0, stream)), random.choice((1, 5_000, CREDIT_MAX))),
    ]
    return encode(random.choice(frames))


def _json(random: Random) -> bytes:
    """An object of our keys, whose values are anything."""
    chosen = random.sample(KEYS, random.randrange(1, 5))
    return b"{" + b",".join(b'"%s":%s' % (key, random.choice(JSON_VALUES)) for key in chosen) + b"}"
