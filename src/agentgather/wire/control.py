"""What a control frame says, as the JSON object that it is on the wire, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agentgather.wire.fields import Fields, base64, limit_of, text_of
from agentgather.wire.frames import (
    Answer,
    Bye,
    Challenge,
    Drain,
    Frame,
    Headers,
    Hello,
    Open,
    Proof,
    Refused,
    Registered,
    Reset,
)

KEY_BYTES = 32
NONCE_BYTES = 32
SIGNATURE_BYTES = 64
HEARTBEAT_SECONDS_MIN = 0.01  # less would be a peer kept busy


def written(frame: Frame) -> bytes:
    """The payload of `frame`. Raises KeyError, TypeError or ValueError for one that no peer would take."""
    fields = _fields_of(frame)
    _READERS[type(frame)](Fields(fields), getattr(frame, "stream", 0))
    return _write(fields).encode()


def read(kind: type, stream: int, payload: bytes) -> Frame:
    """The frame of this kind that `payload` says. Raises KeyError, TypeError or ValueError when it says none."""
    return _READERS[kind](Fields(_object(payload)), stream)


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
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_read = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_constant).decode


def _pairs(headers: Headers) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def _fields_of(frame: Frame) -> dict[str, Any]:
    """The JSON object of a control frame."""
    match frame:
        case Hello():
            return {
                "version": frame.version,
                "slug": frame.slug,
                "key": base64(frame.key),
                "software": frame.software,
                "capabilities": list(frame.capabilities),
            }
        case Challenge():
            return {"nonce": base64(frame.nonce)}
        case Proof():
            return {"signature": base64(frame.signature)}
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


_READERS: dict[type, Callable[[Fields, int], Frame]] = {
    Hello: lambda fields, _: Hello(
        fields.whole("version", least=1, most=255),
        fields.text("slug"),
        fields.octets("key", KEY_BYTES),
        fields.text("software"),
        fields.texts("capabilities"),
    ),
    Challenge: lambda fields, _: Challenge(fields.octets("nonce", NONCE_BYTES)),
    Proof: lambda fields, _: Proof(fields.octets("signature", SIGNATURE_BYTES)),
    Registered: lambda fields, _: Registered(
        fields.map_of("route", text_of),
        fields.text("public_url"),
        fields.map_of("limits", limit_of),
        fields.number("heartbeat_seconds", least=HEARTBEAT_SECONDS_MIN),
    ),
    Refused: lambda fields, _: Refused(
        fields.code("code"), fields.text("message"), fields.optional_number("retry_after")
    ),
    Open: lambda fields, stream: Open(
        stream, fields.method("method"), fields.target("target"), fields.headers("headers"), fields.switch("has_body")
    ),
    Answer: lambda fields, stream: Answer(
        stream, fields.whole("status", least=200, most=599), fields.headers("headers")
    ),
    Reset: lambda fields, stream: Reset(stream, fields.code("reason")),
    Drain: lambda *_: Drain(),
    Bye: lambda fields, _: Bye(fields.code("reason"), fields.text("message")),
}
