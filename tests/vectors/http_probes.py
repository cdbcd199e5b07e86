"""What hostile and clumsy clients send, byte by byte, and what a server has to do about it.

The same list runs against the serving layer alone and against the daemon of a room.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import hpack

END = b"\r\n"
HEAD = b"Host: localhost\r\n"


@dataclass(frozen=True, slots=True)
class Probe:
    """`pieces` go out one after another. `statuses`: an answer has to begin with one of them; empty: none is owed.

    `is_left`: the client closes without waiting for anything.
    """

    name: str
    pieces: tuple[bytes, ...]
    statuses: frozenset[int] = frozenset()
    is_left: bool = False


def request(line: str | bytes, *headers: bytes, body: bytes = b"", host: bool = True) -> bytes:
    start = line.encode() if isinstance(line, str) else line
    return END.join([start, *([b"Host: localhost"] if host else []), *headers, b"", b""]) + body


def refused(name: str, *pieces: bytes, statuses: set[int] | None = None) -> Probe:
    return Probe(name, pieces, frozenset(statuses or {400}))


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _http2(*headers: tuple[bytes, bytes]) -> bytes:
    encoder = hpack.Encoder()
    block = encoder.encode([(name, value) for name, value in headers])
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"") + _frame(1, 5, 1, block)


def _upgrade(*headers: bytes) -> bytes:
    return request(
        "GET / HTTP/1.1",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *headers,
    )


def probes(*, target: str = "/") -> Iterator[Probe]:
    """All of them. `target` is a path that answers a GET with 200 and takes a POST with a body."""
    get, post = f"GET {target} HTTP/1.1", f"POST {target} HTTP/1.1"
    chunked = b"Transfer-Encoding: chunked"
    # upgrades and other protocols
    yield refused("websocket subprotocol that is not ASCII", _upgrade(b"Sec-WebSocket-Protocol: \xff\xfe"))
    yield refused("websocket extension that is not ASCII", _upgrade(b"Sec-WebSocket-Extensions: \xe9"))
    yield refused("plain websocket upgrade", _upgrade())
    authority = (b":authority", b"localhost")
    for name, headers in (
        ("path that is not ASCII", ((b":method", b"GET"), (b":path", b"/\xff"), (b":scheme", b"http"), authority)),
        ("method that is not ASCII", ((b":method", b"G\xc9T"), (b":path", b"/"), (b":scheme", b"http"), authority)),
        ("CONNECT without a path", ((b":method", b"CONNECT"), authority)),
    ):
        yield refused(f"http/2 by prior knowledge, {name}", _http2(*headers), statuses={400, 505})
    tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2
    yield refused("a TLS client hello", tls)
    yield refused("ssh", b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    # request lines
    for name, line in (
        ("absolute-form", "GET http://evil.example/ HTTP/1.1"),
        ("absolute-form to us", "GET http://localhost/ HTTP/1.1"),
        ("asterisk", "OPTIONS * HTTP/1.1"),
        ("authority-form", "CONNECT localhost:80 HTTP/1.1"),
        ("no slash", "GET status HTTP/1.1"),
        ("no target", "GET  HTTP/1.1"),
        ("no version", "GET /"),
        ("HTTP/0.9", "GET / HTTP/0.9"),
        ("HTTP/3.0", "GET / HTTP/3.0"),
        ("two spaces", "GET  / HTTP/1.1"),
        ("tab", "GET\t/\tHTTP/1.1"),
        ("a method of spaces", "  / HTTP/1.1"),
    ):
        yield refused(f"request line: {name}", request(line), statuses={400, 405, 505})
    yield refused("target with a NUL byte", request(b"GET /\0 HTTP/1.1"))
    yield refused("target with raw UTF-8", request("GET /é HTTP/1.1"))
    yield refused("target with a control byte", request(b"GET /\x1b[2J HTTP/1.1"))
    yield refused("target of 1 MiB", request("GET /" + "a" * 2**20 + " HTTP/1.1"), statuses={400, 414, 431})
    yield refused("target of 9,000 bytes", request("GET /" + "a" * 9_000 + " HTTP/1.1"), statuses={414})
    for name, path in (
        ("//", "//"),
        ("encoded NUL", "/%00"),
        ("encoded slash", "/%2f%2e%2e%2f"),
        ("dots", "/../../etc"),
    ):
        yield Probe(f"path: {name}", (request(f"GET {path} HTTP/1.1"),), frozenset({200, 400, 404}))
    # headers
    yield refused("no Host", request(get, host=False))
    yield refused("no Host in HTTP/1.0", request(f"GET {target} HTTP/1.0", host=False))
    yield refused("two Hosts", request(get, b"Host: evil.example"))
    yield refused("header without a colon", request(get, b"Bogus"))
    yield refused("header with a space before its colon", request(get, b"Bogus : 1"))
    yield refused("header with a NUL", request(get, b"Bogus: a\0b"))
    yield refused("header name that is not ASCII", request(get, b"B\xf6gus: 1"))
    yield refused("header line of 64 KiB", request(get, b"X: " + b"a" * 65_536), statuses={431})
    yield refused("header of 17 KiB in one piece", request(get, b"X: " + b"a" * 17_408), statuses={431})
    yield refused("2,900 tiny headers", request(get, *[b"a:b"] * 2_900), statuses={431})
    yield refused("101 headers", request(get, *[b"X-%d: 1" % n for n in range(101)]), statuses={431})
    # where one message ends and the next begins
    yield refused("CL and TE", request(post, b"Content-Length: 5", chunked, body=b"0\r\n\r\n"))
    yield refused("TE and CL", request(post, chunked, b"Content-Length: 5", body=b"0\r\n\r\n"))
    yield refused("two different lengths", request(post, b"Content-Length: 1", b"Content-Length: 2", body=b"ab"))
    yield refused("negative length", request(post, b"Content-Length: -1"))
    yield refused("length with a plus", request(post, b"Content-Length: +1", body=b"a"))
    yield refused("length in hex", request(post, b"Content-Length: 0x10"))
    yield refused("length of 4,000 digits", request(post, b"Content-Length: " + b"9" * 4_000), statuses={400, 413})
    yield refused("huge length", request(post, b"Content-Length: 99999999999"), statuses={413})
    yield refused("TE identity", request(post, b"Transfer-Encoding: identity"), statuses={400, 501})
    yield refused("TE twice", request(post, chunked, b"Transfer-Encoding: gzip"), statuses={400, 501})
    yield refused("TE with a vertical tab", request(post, b"Transfer-Encoding:\x0bchunked"), statuses={400, 501})
    yield refused("TE in HTTP/1.0", request(f"POST {target} HTTP/1.0", chunked, body=b"0\r\n\r\n"))
    yield refused("chunk size that is no number", request(post, chunked, body=b"zz\r\n"))
    yield refused("chunk size with 0x", request(post, chunked, body=b"0x1\r\na\r\n0\r\n\r\n"))
    yield refused("chunk without its end", request(post, chunked, body=b"1\r\nabc\r\n0\r\n\r\n"))
    yield refused("chunk size of 40 digits", request(post, chunked, body=b"f" * 40 + b"\r\n"))
    # half-sent, half-closed, garbage
    yield Probe("nothing at all", (), is_left=True)
    yield Probe("half a request line", (b"GET / HT",), is_left=True)
    yield Probe("half the headers", (b"GET / HTTP/1.1\r\nHost: loc",), is_left=True)
    yield Probe("half a body", (request(post, b"Content-Length: 100", body=b"abc"),), is_left=True)
    yield Probe("half a chunk", (request(post, chunked, body=b"5\r\nab"),), is_left=True)
    yield Probe("pipelined, then gone", (request(get) * 50,), is_left=True)
    yield Probe("a wait with a second request behind it, then gone", (request(get), request(get)), is_left=True)
    yield Probe("empty lines", (b"\r\n" * 40,), is_left=True)
    chance = random.Random(20260105)
    for number in range(12):
        yield Probe(f"garbage {number}", (chance.randbytes(chance.randrange(1, 4_000)),), is_left=True)
    yield Probe(
        "garbage with line ends", (b"\r\n".join(chance.randbytes(20) for _ in range(40)) + b"\r\n\r\n",), is_left=True
    )
