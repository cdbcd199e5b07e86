"""`python -m bench.parsers`: what reading a request's head costs, and which hostile ones are taken, reader by reader.

httptools is no dependency: it is one of the readers if somebody has installed it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from time import thread_time

import h11
from tests.vectors.http_probes import probes
from tests.vectors.smuggling_probes import smuggling_probes

from agentgather.serving.plain_head import END_OF_HEAD, plain_head

ROUNDS = 3_000
BATCHES = 7  # the quickest is told: the others were disturbed
_TYPICAL = (
    b"GET /messages?since_id=4711&limit=50 HTTP/1.1\r\nHost: 127.0.0.1:8787\r\nUser-Agent: python-httpx/0.28.1\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
    b"Authorization: Bearer agt_0123456789012345678901234567890123456789012\r\n\r\n"
)
Reader = Callable[[bytes], list[bytes] | None]  # the targets of the requests that it takes; None: it refuses


def by_h11(written: bytes) -> list[bytes] | None:
    """As a server reads it that answers nothing before all is read."""
    targets: list[bytes] = []
    while written:
        parser = h11.Connection(h11.SERVER)
        parser.receive_data(written)
        try:
            while not isinstance(event := parser.next_event(), h11.EndOfMessage):
                if event in (h11.NEED_DATA, h11.PAUSED):
                    return targets
                if isinstance(event, h11.Request):
                    targets.append(event.target)
        except h11.RemoteProtocolError:
            return None
        written = parser.trailing_data[0]
    return targets


def by_one_look(written: bytes) -> list[bytes] | None:
    head = plain_head(written[: written.index(END_OF_HEAD) + len(END_OF_HEAD)])
    return None if head is None else [head.target]


def httptools_reader() -> Reader | None:
    """None where httptools is not installed."""
    try:
        httptools = importlib.import_module("httptools")
    except ImportError:
        return None

    class Heard:
        def __init__(self) -> None:
            self.targets: list[bytes] = []
            self.headers: list[tuple[bytes, bytes]] = []

        def on_url(self, url: bytes) -> None:
            self.targets.append(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self.headers.append((name.lower(), value))

    def read(written: bytes) -> list[bytes] | None:
        heard = Heard()
        try:
            httptools.HttpRequestParser(heard).feed_data(written)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError:
            return None
        return heard.targets

    return read


def _microseconds(read: Reader) -> float:
    batches = []
    for _ in range(BATCHES):
        began = thread_time()
        for _ in range(ROUNDS):
            read(_TYPICAL)
        batches.append(thread_time() - began)
    return min(batches) / ROUNDS * 1e6


def main() -> None:
    readers: dict[str, Reader] = {"h11": by_h11, "one look": by_one_look}
    compiled = httptools_reader()
    if compiled is not None:
        readers["httptools"] = compiled
    for name, read in readers.items():
        print(f"{name:10}  {_microseconds(read):5.1f} µs a head")
    if compiled is None:
        print("httptools is not installed")
        return
    hostile = [one.content for one in smuggling_probes()]
    hostile += [
        b"".join(step for step in one.steps if isinstance(step, bytes)) for one in probes() if 400 in one.statuses
    ]
    strict = [written for written in hostile if by_h11(written) is None]
    lax = [written for written in strict if compiled(written)]
    print(f"of {len(hostile)} hostile requests h11 refuses {len(strict)}; httptools takes {len(lax)} of these:")
    for written in lax:
        print(f"    {written[:100]!r}")


if __name__ == "__main__":
    main()
