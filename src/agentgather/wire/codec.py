"""Frames to bytes and back, and every maximum. What comes back is well-formed; whether it may come now is `link`'s to say."""

from __future__ import annotations

import json
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Credit,
    Data,
    Drain,
    End,
    Frame,
    Headers,
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
CONTROL_BYTES_MAX = 65_536  # a request's whole head in JSON: 8 KiB of target and 16 KiB of headers, escaped at worst
DATA_BYTES_MAX = 32_768  # small enough that streams take turns, large enough that a frame's head does not matter
STREAM_CREDIT_BYTES = 262_144  # of each direction of a stream at its beginning
LINK_CREDIT_BYTES = 1_048_576  # of each direction of a link at its beginning
CREDIT_MAX = 2**31 - 1  # more than anybody may be owed
STREAMS_MAX = 1_024  # open at once on one link
STREAM_ID_MAX = 2**32 - 1
TOKEN_BYTES = 8
KEY_BYTES = 32
NONCE_BYTES = 32
SIGNATURE_BYTES = 64
HEADERS_MAX = 64  # of one message
NAMES_MAX = 256  # of headers, remembered as good: all that rooms and browsers use, and no more
CODE_CHARACTERS_MAX = 64
TEXT_CHARACTERS_MAX = 1_024  # of a sentence, a slug, a name
NUMBER_MAX = 10**9  # of seconds
HEARTBEAT_SECONDS_MIN = 0.01  # less would be a peer kept busy
ITEMS_MAX = 32  # of a list or a map in a control frame

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

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,128}")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]*")
_TARGET = re.compile(r"/[\x21-\x7e]*")
_CODE = re.compile(r"[a-z][a-z0-9_]*")

Value = TypeVar("Value")


def encode(frame: Frame) -> bytes:
    """The bytes of `frame`. Raises ValueError for one that no peer would take: it would cost the whole link."""
    kind = TYPES[type(frame)]
    stream = getattr(frame, "stream", 0)
    try:
        payload = _payload_of(frame, kind, stream)
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


def _payload_of(frame: Frame, kind: int, stream: int) -> bytes:
    if isinstance(frame, Data):
        return frame.content
    if isinstance(frame, End):
        return b""
    if isinstance(frame, Credit):
        return _COUNT.pack(frame.count)
    if isinstance(frame, Ping | Pong):
        return frame.token
    fields = _fields_of(frame)
    _READERS[kind](_Fields(fields), stream)
    return _written(fields).encode()


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
    if kind not in _READERS:
        if kind & IGNORABLE:
            return None
        raise PeerBroke("a frame is of a kind that is not known")
    try:
        return _READERS[kind](_Fields(_object(payload)), stream)
    except (ValueError, TypeError, KeyError):
        raise PeerBroke("the content of a frame is not what its kind holds") from None  # the cause holds the content


def _stream(stream: int) -> int:
    if stream == 0:
        raise PeerBroke("a frame of a stream names none")
    return stream


def _object(payload: bytes) -> Mapping[str, Any]:
    """The JSON object in `payload`. Raises ValueError or TypeError for anything that two readers could read differently."""
    try:
        value = _read(payload.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


# Built once: what json.dumps and json.loads build anew for each frame costs more than the frame.
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_read = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_constant).decode


class _Fields:
    """The fields of a control frame, each read as what it has to be; ones that nobody asks for are skipped.

    Raises KeyError, TypeError or ValueError.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        return _text(self._values[name])

    def code(self, name: str) -> str:
        return _matching(_CODE, _string(self._values[name], characters_max=CODE_CHARACTERS_MAX))

    def method(self, name: str) -> str:
        return _matching(_METHOD, self.text(name))

    def target(self, name: str) -> bytes:
        return _matching(_TARGET, _string(self._values[name], characters_max=CONTROL_BYTES_MAX)).encode("ascii")

    def whole(self, name: str, *, least: int, most: int) -> int:
        return _whole(self._values[name], least=least, most=most)

    def number(self, name: str, *, least: float) -> float:
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= NUMBER_MAX:
            raise ValueError(name)
        return float(value)

    def optional_number(self, name: str) -> float | None:
        return None if self._values.get(name) is None else self.number(name, least=0)

    def switch(self, name: str) -> bool:
        value = self._values[name]
        if not isinstance(value, bool):
            raise TypeError(name)
        return value

    def octets(self, name: str, size: int) -> bytes:
        text = self.text(name)
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(content) != size or _base64(content) != text:
            raise ValueError(name)
        return content

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(_text(one) for one in _list(self._values[name], most=ITEMS_MAX))

    def map_of(self, name: str, read: Callable[[Any], Value]) -> dict[str, Value]:
        value = self._values[name]
        if not isinstance(value, dict) or len(value) > ITEMS_MAX:
            raise ValueError(name)
        return {_text(key): read(one) for key, one in value.items()}

    def headers(self, name: str) -> Headers:
        pairs = _list(self._values[name], most=HEADERS_MAX)
        return tuple(_header(*_list(pair, most=2)) for pair in pairs)


def _text(value: Any) -> str:
    """A name or a sentence. It may be printed in a terminal: nothing in it steers one, and none of it is half a character."""
    text = _string(value, characters_max=TEXT_CHARACTERS_MAX)
    if not text.isprintable():
        raise ValueError("not printable")
    return text


def _string(value: Any, *, characters_max: int) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    if len(value) > characters_max:
        raise ValueError("too long a text")
    return value


def _whole(value: Any, *, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("not a number within its bounds")
    return value


def _limit(value: Any) -> int:
    return _whole(value, least=0, most=2**53)


def _list(value: Any, *, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("not a list within its bounds")
    return value


def _header(name: Any, value: Any) -> tuple[bytes, bytes]:
    text = _string(value, characters_max=CONTROL_BYTES_MAX)
    if not (text.isascii() and text.isprintable()):  # most values are: it spares them the pattern
        _matching(_VALUE, text)
    return _header_name(name), text.encode("latin-1")


@lru_cache(maxsize=NAMES_MAX)
def _header_name(name: Any) -> bytes:
    return _matching(_NAME, _string(name, characters_max=TEXT_CHARACTERS_MAX)).encode("ascii")


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not of its form")
    return text


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _pairs(headers: Headers) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def _fields_of(frame: Frame) -> dict[str, Any]:
    """The JSON object of a control frame."""
    match frame:
        case Hello():
            return {
                "version": frame.version,
                "slug": frame.slug,
                "key": _base64(frame.key),
                "software": frame.software,
                "capabilities": list(frame.capabilities),
            }
        case Challenge():
            return {"nonce": _base64(frame.nonce)}
        case Proof():
            return {"signature": _base64(frame.signature)}
        case Registered():
            return {
                "route": dict(frame.route),
                "public_url": frame.public_url,
                "limits": dict(frame.limits),
                "heartbeat_seconds": frame.heartbeat_seconds,
            }
        case Refused():
            fields: dict[str, Any] = {"code": frame.code, "message": frame.message}
            return fields if frame.retry_after_seconds is None else fields | {"retry_after": frame.retry_after_seconds}
        case Open():
            return {
                "method": frame.method,
                "target": frame.target.decode("ascii"),
                "headers": _pairs(frame.headers),
                "has_body": frame.has_body,
            }
        case Answer():
            return {"status": frame.status, "headers": _pairs(frame.headers)}
        case Reset():
            return {"reason": frame.reason}
        case Bye():
            return {"reason": frame.reason, "message": frame.message}
        case _:
            return {}


_READERS: dict[int, Callable[[_Fields, int], Frame]] = {
    TYPES[Hello]: lambda fields, _: Hello(
        fields.whole("version", least=1, most=255),
        fields.text("slug"),
        fields.octets("key", KEY_BYTES),
        fields.text("software"),
        fields.texts("capabilities"),
    ),
    TYPES[Challenge]: lambda fields, _: Challenge(fields.octets("nonce", NONCE_BYTES)),
    TYPES[Proof]: lambda fields, _: Proof(fields.octets("signature", SIGNATURE_BYTES)),
    TYPES[Registered]: lambda fields, _: Registered(
        fields.map_of("route", _text),
        fields.text("public_url"),
        fields.map_of("limits", _limit),
        fields.number("heartbeat_seconds", least=HEARTBEAT_SECONDS_MIN),
    ),
    TYPES[Refused]: lambda fields, _: Refused(
        fields.code("code"), fields.text("message"), fields.optional_number("retry_after")
    ),
    TYPES[Open]: lambda fields, stream: Open(
        stream, fields.method("method"), fields.target("target"), fields.headers("headers"), fields.switch("has_body")
    ),
    TYPES[Answer]: lambda fields, stream: Answer(
        stream, fields.whole("status", least=200, most=599), fields.headers("headers")
    ),
    TYPES[Reset]: lambda fields, stream: Reset(stream, fields.code("reason")),
    TYPES[Drain]: lambda *_: Drain(),
    TYPES[Bye]: lambda fields, _: Bye(fields.code("reason"), fields.text("message")),
}
