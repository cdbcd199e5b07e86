"""Frames to bytes and back, and how much there may be. What comes back is well-formed; if it may come now is `link`'s to say."""

from __future__ import annotations

import struct

from agentgather.wire import control
from agentgather.wire.faults import PeerBroke
from agentgather.wire.fields import CONTROL_BYTES_MAX
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Credit,
    Data,
    Drain,
    End,
    Frame,
    Hello,
    Open,
    Ping,
    Pong,
    Proof,
    Refused,
    Registered,
    Reset,
)

HEADER_BYTES = 9
DATA_BYTES_MAX = 32_768  # small enough that streams take turns, large enough that a frame's head does not matter
STREAM_CREDIT_BYTES = 262_144  # of each direction of a stream at its beginning
LINK_CREDIT_BYTES = 1_048_576  # of each direction of a link at its beginning
CREDIT_MAX = 2**31 - 1  # more than anybody may be owed
STREAMS_MAX = 1_024  # open at once on one link
STREAM_ID_MAX = 2**32 - 1
TOKEN_BYTES = 8

IGNORABLE = 0x80  # set in the type of a frame that may be skipped by who does not know it

_HEADER = struct.Struct(">BII")
_COUNT = struct.Struct(">I")
TYPES: dict[type, int] = {
    Hello: 0x01,
    Challenge: 0x02,
    Proof: 0x03,
    Registered: 0x04,
    Refused: 0x05,
    Open: 0x06,
    Answer: 0x07,
    Data: 0x08,
    End: 0x09,
    Reset: 0x0A,
    Credit: 0x0B,
    Ping: 0x0C,
    Pong: 0x0D,
    Drain: 0x0E,
    Bye: 0x0F,
}
_DATA = TYPES[Data]
_FIXED = {TYPES[End]: 0, TYPES[Credit]: _COUNT.size, TYPES[Ping]: TOKEN_BYTES, TYPES[Pong]: TOKEN_BYTES}
_OF_A_STREAM = {TYPES[kind] for kind in (Open, Answer, Data, End, Reset)}
_OF_EITHER = {TYPES[Credit]}
_CONTROL = {number: kind for kind, number in TYPES.items() if number != _DATA and number not in _FIXED}


def encode(frame: Frame) -> bytes:
    """The bytes of `frame`. Raises ValueError for one that no peer would take: it would cost the whole link."""
    kind = TYPES[type(frame)]
    stream = getattr(frame, "stream", 0)
    try:
        payload = _payload_of(frame)
        if not 0 <= stream <= STREAM_ID_MAX or len(payload) > _payload_max(kind):
            raise ValueError("too long, or a stream that cannot be")
        if kind in _OF_A_STREAM:
            _stream(stream)
        if kind in _FIXED and len(payload) != _FIXED[kind]:
            raise ValueError("not as long as its kind is")
    except (ValueError, TypeError, struct.error, PeerBroke):
        # the cause could hold what is in the frame
        raise ValueError(f"no peer would take this {type(frame).__name__}") from None
    return _HEADER.pack(kind, stream, len(payload)) + payload


def _payload_of(frame: Frame) -> bytes:
    if isinstance(frame, Data):
        return frame.content
    if isinstance(frame, End):
        return b""
    if isinstance(frame, Credit):
        return _COUNT.pack(frame.count)
    if isinstance(frame, Ping | Pong):
        return frame.token
    return control.written(frame)


class Decoder:
    """Bytes, cut anywhere, to frames. Holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def receive(self, content: bytes) -> list[Frame]:
        """The frames that are whole now. Raises PeerBroke; the frames before the broken one are then lost with it."""
        self._rest += content
        frames: list[Frame] = []
        at = 0
        while len(self._rest) - at >= HEADER_BYTES:
            kind, stream, size = _HEADER.unpack_from(self._rest, at)
            if size > _payload_max(kind):
                raise PeerBroke("a frame is longer than its kind may be")
            end = at + HEADER_BYTES + size
            if len(self._rest) < end:
                break
            frame = _decode(kind, stream, bytes(self._rest[at + HEADER_BYTES : end]))
            if frame is not None:
                frames.append(frame)
            at = end
        del self._rest[:at]
        return frames


def _payload_max(kind: int) -> int:
    return DATA_BYTES_MAX if kind == _DATA else _FIXED.get(kind, CONTROL_BYTES_MAX)


def _decode(kind: int, stream: int, payload: bytes) -> Frame | None:
    """The frame, or None for one that may be skipped."""
    if kind == _DATA:
        return Data(_stream(stream), payload)
    if kind in _FIXED and len(payload) != _FIXED[kind]:
        raise PeerBroke("a frame is shorter than its kind is")
    if kind in _OF_A_STREAM:
        _stream(stream)
    elif kind in _OF_EITHER or kind & IGNORABLE:
        pass
    elif stream != 0:
        raise PeerBroke("a frame of the link names a stream")
    if kind == TYPES[End]:
        return End(stream)
    if kind == TYPES[Credit]:
        return Credit(stream, _COUNT.unpack(payload)[0])
    if kind == TYPES[Ping]:
        return Ping(payload)
    if kind == TYPES[Pong]:
        return Pong(payload)
    if kind not in _CONTROL:
        if kind & IGNORABLE:
            return None
        raise PeerBroke("a frame is of a kind that is not known")
    try:
        return control.read(_CONTROL[kind], stream, payload)
    except (ValueError, TypeError, KeyError):
        raise PeerBroke("the content of a frame is not what its kind holds") from None  # the cause holds the content


def _stream(stream: int) -> int:
    if stream == 0:
        raise PeerBroke("a frame of a stream names none")
    return stream
