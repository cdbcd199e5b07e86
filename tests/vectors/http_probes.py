"""What hostile, broken and odd clients send to an HTTP/1.1 server, and what it has to answer.

Every probe is played on a connection of its own; whatever its outcome, the server then has to answer an ordinary
request. The list names no server: it is played on the bare serving layer and on the daemon of a room.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from hpack.hpack import encode_integer
from hyperframe.frame import Frame, HeadersFrame, SettingsFrame


class Step(Enum):
    """What a client does, other than sending bytes."""

    STOP_SENDING = auto()  # shutdown(SHUT_WR)
    RESET = auto()  # close with a RST; no answer can be seen


class Until(Enum):
    """What has to happen before the server answers: a deadline of its own, or nothing."""

    NOTHING = auto()
    HEADER_DEADLINE = auto()
    BODY_DEADLINE = auto()


@dataclass(frozen=True)
class Probe:
    """`statuses`: what the first answer may be; empty when the connection has to end without one.

    `code` is the error's code, None when an app may have answered. `closes`: whether the connection has to end.
    """

    name: str
    steps: tuple[bytes | Step, ...]
    statuses: frozenset[int] = frozenset()
    code: str | None = None
    closes: bool = True
    until: Until = Until.NOTHING


ANSWERED = frozenset(range(200, 500))  # by whichever app there is
HOST = b"Host: 127.0.0.1\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def probes() -> list[Probe]:
    """All of them."""
    return [
        *_upgrades(),
        *_http_2(),
        *_slow_and_gone(),
        *_too_much(),
        *_lengths(),
        *_encodings(),
        *_targets(),
        *_hosts(),
        *_header_lines(),
        *_request_lines(),
        *_other_protocols(),
        *_unusual_but_fine(),
    ]


def _get(*headers: bytes, target: bytes = b"/", method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> bytes:
    return b"%s %s %s\r\n" % (method, target, version) + HOST + b"".join(line + b"\r\n" for line in headers) + b"\r\n"


def _post(*headers: bytes, body: bytes = b"") -> bytes:
    return _get(*headers, method=b"POST", target=b"/echo") + body


def _refused(name: str, *steps: bytes | Step, status: int = 400, code: str = "bad_request") -> Probe:
    return Probe(name, steps, frozenset({status}), code)


def _late(name: str, *steps: bytes | Step) -> Probe:
    return Probe(name, steps, frozenset({408}), "request_timeout", until=Until.HEADER_DEADLINE)


def _passed(name: str, *steps: bytes | Step, closes: bool = False) -> Probe:
    return Probe(name, steps, ANSWERED, closes=closes)


def _upgrades() -> Iterator[Probe]:
    handshake = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13")
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    yield _refused("a websocket", _get(*handshake, key))
    yield _refused("a websocket without a key", _get(*handshake))
    yield _refused("a websocket of another version", _get(*handshake[:2], b"Sec-WebSocket-Version: 8", key))
    yield _refused("a websocket with a body", _get(*handshake, key, b"Content-Length: 3") + b"abc")
    yield _refused("a websocket among other upgrades", _get(b"Upgrade: h2c, WebSocket", *handshake[1:], key))
    for name in (b"Protocol", b"Extensions", b"Key", b"Version"):
        line = b"Sec-WebSocket-%s: caf\xe9\xff" % name
        yield _refused(f"a websocket with bytes beyond ASCII in its {name.decode()}", _get(*handshake, key, line))
    yield _passed("an upgrade nobody knows", _get(b"Upgrade: smtp", b"Connection: Upgrade"))
    h2c = (b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAMAAABkAAQAAP__")
    yield _passed("an upgrade to h2c is ignored", _get(*h2c))
    yield _passed("an upgrade to h2c with broken settings", _get(*h2c[:2], b"HTTP2-Settings: \xff\xfe%%%"))
    yield _passed("an upgrade to h2c with a body", _post(*h2c, b"Content-Length: 3", body=b"abc"))
    yield _passed("an upgrade to h2c, and its preface at once", _get(*h2c) + PREFACE, closes=True)


def _h2_frames(*frames: Frame) -> bytes:
    return PREFACE + b"".join(frame.serialize() for frame in (SettingsFrame(0), *frames))


def _h2_request(fields: list[tuple[bytes, bytes]]) -> bytes:
    """An HTTP/2 request of literal header fields that no well-behaved encoder would write."""
    block = b""
    for name, value in fields:
        block += b"\x00" + bytes(encode_integer(len(name), 7)) + name + bytes(encode_integer(len(value), 7)) + value
    return _h2_frames(HeadersFrame(1, data=block, flags=["END_HEADERS", "END_STREAM"]))


def _http_2() -> Iterator[Probe]:
    usual = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"127.0.0.1"), (b":path", b"/")]
    yield _refused("HTTP/2 by prior knowledge", _h2_request(usual))
    yield _refused("HTTP/2 with a path beyond ASCII", _h2_request([*usual[:3], (b":path", b"/caf\xe9")]))
    yield _refused("HTTP/2 with a method beyond ASCII", _h2_request([(b":method", b"G\xcbT"), *usual[1:]]))
    yield _refused("HTTP/2 CONNECT without a path", _h2_request([(b":method", b"CONNECT"), usual[2]]))
    yield _refused("HTTP/2 settings only", _h2_frames())
    yield _refused("an HTTP/2 preface and nothing else", PREFACE)
    yield _refused("half an HTTP/2 preface", PREFACE[:10], Step.STOP_SENDING)


def _slow_and_gone() -> Iterator[Probe]:
    yield Probe("a connection without a word", (), until=Until.HEADER_DEADLINE)
    yield Probe("a connection that only ends", (Step.STOP_SENDING,))
    yield Probe("a connection that is reset", (Step.RESET,))
    for part in (b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n" + HOST + b"X-Half: he"):
        name = f"{len(part)} bytes of a head"
        yield _late(f"{name}, and silence", part)
        yield _refused(f"{name}, and the end", part, Step.STOP_SENDING)
        yield Probe(f"{name}, and a reset", (part, Step.RESET))
    for name, head, part in (
        ("counted", _post(b"Content-Length: 10"), b"abc"),
        ("chunked", _post(b"Transfer-Encoding: chunked"), b"a\r\nabc"),
        ("announced", _post(b"Content-Length: 10", b"Expect: 100-continue"), b""),
    ):
        yield Probe(f"half a {name} body, and silence", (head + part,), ANSWERED, until=Until.BODY_DEADLINE)
        yield Probe(f"half a {name} body, and a reset", (head + part, Step.RESET))
        yield Probe(f"half a {name} body, and the end", (head + part, Step.STOP_SENDING), ANSWERED)
    yield Probe("requests behind one another, and a reset", (_get() * 50, Step.RESET))
    yield Probe("requests with bodies, and a reset", (_post(b"Content-Length: 3", body=b"abc") * 50, Step.RESET))


def _too_much() -> Iterator[Probe]:
    for name, lines in (
        ("2,900 tiny headers", [b"a:"] * 2_900),
        ("a header too many", [b"a:"] * 100),
        ("a header of 64 KiB", [b"X-Long: " + b"x" * 65_536]),
        ("a header of 17 KiB", [b"X-Long: " + b"x" * 17_408]),
        ("a header of spaces", [b"X-Wide:" + b" " * 18_000 + b"x"]),
        ("200,000 headers", [b"a: b"] * 200_000),
    ):
        yield _refused(name, _get(*lines), status=431, code="headers_too_large")
    for name, target in (
        ("a target of 9 KiB", b"/" + b"x" * 9_216),
        ("a query of 9 KiB", b"/?" + b"x" * 9_216),
        ("a target of 1 MiB", b"/" + b"x" * 1_048_576),
    ):
        yield _refused(name, _get(target=target), status=414, code="target_too_long")
    for name, asked in (
        ("a body of 2 GiB, announced", _post(b"Content-Length: 2147483648")),
        ("a body of 2 GiB that waits for leave", _post(b"Content-Length: 2147483648", b"Expect: 100-continue")),
        ("a body of 18 digits", _post(b"Content-Length: 999999999999999999")),
    ):
        yield _refused(name, asked, status=413, code="body_too_large")
    for name, body in (
        ("100,000 chunks of a byte", b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"),
        ("a body of 2 MiB in chunks", (b"8000\r\n" + b"x" * 32_768 + b"\r\n") * 64 + b"0\r\n\r\n"),
        ("a chunk extension of 100 KB", b"1;" + b"x" * 100_000 + b"\r\ny\r\n0\r\n\r\n"),
        ("20,000 trailers", b"0\r\n" + b"a: b\r\n" * 20_000 + b"\r\n"),
    ):
        yield Probe(name, (_post(b"Transfer-Encoding: chunked", body=body),), ANSWERED)


def _lengths() -> Iterator[Probe]:
    for value in (b"-1", b"+3", b"0x3", b"3.0", b"1e3", b"", b"3 3", b"3;", b"\xb2", b"three", b"3, 4"):
        yield _refused(f"Content-Length {value!r}", _post(b"Content-Length: " + value, body=b"abc"))
    yield _refused("Content-Length of 5,000 digits", _post(b"Content-Length: " + b"9" * 5_000))
    yield _refused("two Content-Lengths that differ", _post(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd"))
    yield _passed("two Content-Lengths that agree", _post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"))


def _encodings() -> Iterator[Probe]:
    chunked = b"Transfer-Encoding: chunked"
    yield _refused("both lengths", _post(b"Content-Length: 3", chunked, body=b"3\r\nabc\r\n0\r\n\r\n"))
    yield _refused("both lengths, the other way round", _post(chunked, b"Content-Length: 3", body=b"0\r\n\r\nabc"))
    yield _refused("Transfer-Encoding twice", _post(chunked, chunked, body=b"0\r\n\r\n"))
    yield _refused("two Transfer-Encodings", _post(chunked, b"Transfer-Encoding: gzip", body=b"0\r\n\r\n"))
    yield _refused("Transfer-Encoding in HTTP/1.0", _get(chunked, method=b"POST", version=b"HTTP/1.0") + b"0\r\n\r\n")
    for value in (b"identity", b"gzip, chunked", b"chunked, gzip", b"xchunked", b"\x0bchunked", b"chunked\x00", b""):
        yield _refused(f"Transfer-Encoding {value!r}", _post(b"Transfer-Encoding: " + value, body=b"0\r\n\r\n"))
    for name in (b"Transfer-Encoding ", b"Transfer\xffEncoding", b"Transfer Encoding"):
        yield _refused(f"a header named {name!r}", _post(name + b": chunked", body=b"0\r\n\r\n"))
    for size in (b"zz", b"-1", b"+1", b"0x1", b"", b"1 1", b"f" * 40, b"\n"):
        body = size + b"\r\nx\r\n0\r\n\r\n"
        yield Probe(f"a chunk of size {size!r}", (_post(chunked, body=body), Step.STOP_SENDING), ANSWERED)
    for name, body in (("too long", b"3\r\nabcd\r\n0\r\n\r\n"), ("that ends in \\n", b"3\r\nabc\n0\r\n\r\n")):
        yield Probe(f"a chunk {name}", (_post(chunked, body=body), Step.STOP_SENDING), ANSWERED)


def _targets() -> Iterator[Probe]:
    for target in (b"http://127.0.0.1/", b"https://example.org/", b"*", b"127.0.0.1:80", b"status", b"?a=b", b"\\"):
        yield _refused(f"the target {target!r}", _get(target=target))
    yield _refused("OPTIONS of everything", _get(target=b"*", method=b"OPTIONS"))
    yield _refused("CONNECT to elsewhere", _get(target=b"example.org:443", method=b"CONNECT"))
    yield _refused("CONNECT to a path", _get(target=b"/", method=b"CONNECT"))
    for target in (b"//", b"//example.org/x", b"/%00", b"/%2f%2e%2e%2fetc", b"/../../etc/passwd", b"/%", b"/%zz"):
        yield _passed(f"the target {target!r}", _get(target=target))
    for target in (b"/%ff%fe", b"/%0d%0aSet-Cookie:x", b"/#fragment", b"/?" + b"q" * 7_000, b"/;a=b", b"/" * 4_000):
        yield _passed(f"the target {target[:24]!r}", _get(target=target))
    for target in (b"/caf\xe9", b"/a b", b"/\x00", b"/\x7f", b"/\x1b[2J", b"/\t", b""):
        yield _refused(f"the raw target {target!r}", _get(target=target))


def _hosts() -> Iterator[Probe]:
    yield _refused("no Host", b"GET / HTTP/1.1\r\n\r\n")
    yield _refused("no Host in HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n")
    yield _refused("two Hosts", _get(b"Host: 127.0.0.1"))
    yield _refused("two Hosts in HTTP/1.0", _get(b"Host: example.org", version=b"HTTP/1.0"))
    for host in (b"", b"a b", b"[::1", b"127.0.0.1:port", b"caf\xe9", b"http://127.0.0.1/", b"127.0.0.1, evil"):
        yield _passed(f"the Host {host!r}", b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")


def _header_lines() -> Iterator[Probe]:
    for line in (b"no colon", b": no name", b"na me: x", b"nul: a\x00b", b"cr: a\rb", b"\x00: x", b"caf\xe9: x"):
        yield _refused(f"the header line {line!r}", _get(line))
    yield _refused("a first header that is folded", b"GET / HTTP/1.1\r\n folded: x\r\n" + HOST + b"\r\n")
    yield _passed("a folded header", _get(b"X-Folded: one\r\n two"))
    yield _passed("a header value beyond ASCII", _get(b"X-Odd: caf\xe9 \xff"))
    yield _passed("an empty header value", _get(b"X-Empty:"))
    yield _passed("lines that end in \\n only", _get().replace(b"\r\n", b"\n"))
    yield _passed("a hundred headers", _get(*[b"a: b"] * 99))
    yield _passed("Authorization beyond ASCII", _get(b"Authorization: Bearer \xff\xfe"))
    yield _passed("an Expect nobody knows", _get(b"Expect: a miracle"))


def _request_lines() -> Iterator[Probe]:
    for version in (b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/1", b"HTTP/11.1", b"HTTPS/1.1", b""):
        yield _refused(f"the version {version!r}", _get(version=version))
    yield _refused("empty lines", b"\r\n" * 5_000)
    for line in (b"GET /", b"GET", b"GET  / HTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"G(T / HTTP/1.1"):
        yield _refused(f"the request line {line!r}", line + b"\r\n" + HOST + b"\r\n")
    yield _refused("a request line of tabs", b"GET\t/\tHTTP/1.1\r\n" + HOST + b"\r\n")
    yield _refused("a request line that ends in \\r", b"GET / HTTP/1.1\r" + HOST + b"\r\n")
    for method in (b"get", b"BREW", b"TRACE", b"PRI", b"X" * 100):
        yield _passed(f"the method {method[:8]!r}", _get(method=method))


def _other_protocols() -> Iterator[Probe]:
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + b"\x20" + bytes(range(32)) + b"\x00" * 100
    yield _refused("a TLS ClientHello", hello)
    yield _refused("SOCKS", b"\x05\x01\x00")
    yield _late("SSH", b"SSH-2.0-OpenSSH_9.6\r\n")
    yield _refused("SSH that says more", b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    yield _late("SMTP", b"EHLO example.org\r\n")
    yield _late("Redis", b"*1\r\n$4\r\nPING\r\n")
    yield _refused("a PROXY line", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + _get())
    yield _refused("binary", struct.pack("<IIII", 0, 1, 2, 3) * 100, Step.STOP_SENDING)
    chance = random.Random(20261121)  # the same garbage in every run
    for size in (1, 100, 5_000):
        garbage = bytes(chance.randrange(0x80, 0x100) for _ in range(size))
        yield _refused(f"{size} bytes of garbage", garbage, Step.STOP_SENDING)
    for number in range(10):
        lines = b"\r\n".join(chance.randbytes(chance.randrange(100)) for _ in range(30))
        yield _refused(f"garbage in lines, {number}", lines + b"\r\n\r\n", Step.STOP_SENDING)
    yield _refused("a line without an end", b"\xfe" * 500_000, status=414, code="target_too_long")


def _unusual_but_fine() -> Iterator[Probe]:
    yield _passed("an ordinary request", _get())
    yield _passed("HEAD", _get(method=b"HEAD"))
    yield _passed("HTTP/1.0", _get(version=b"HTTP/1.0"), closes=True)
    yield _passed("a last request", _get(b"Connection: close"), closes=True)
    yield _passed("a body nobody asked for", _get(b"Content-Length: 5") + b"hello")
    yield _passed("a body of nothing", _post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"))
    yield _passed("a byte at a time", *[bytes([byte]) for byte in _post(b"Content-Length: 2", body=b"{}")])
