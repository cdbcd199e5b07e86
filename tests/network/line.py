"""A visitor's own connection to a URL: one request at a time, as curl would, and as little work as can be (h11)."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import h11
import trio

RECEIVED_BYTES_MAX = 65_536


class ConnectionLost(Exception):
    """No whole answer came; the request may have been heard or not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """Kept alive between requests, and dialled again after it was lost. `headers` go with each of them."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        assert parts.scheme == "http", url
        self._address = parts.hostname or "", parts.port or 80
        self._host = parts.netloc
        self._path = parts.path.rstrip("/")
        self._headers = list((headers or {}).items())
        self._stream: trio.SocketStream | None = None
        self._http = h11.Connection(h11.CLIENT)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str,
        within_seconds: float,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Raises ConnectionLost, also when no answer came `within_seconds`."""
        content = b"" if body is None else json.dumps(body).encode()
        target = self._path + path + (f"?{urlencode(query)}" if query else "")
        headers = [("Host", self._host), ("Authorization", f"Bearer {token}"), *self._headers]
        if body is not None:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        request = h11.Request(method=method, target=target, headers=headers)
        is_whole = False
        try:
            with trio.fail_after(within_seconds):
                answer = await self._exchange(request, content)
            is_whole = True
            return answer
        except trio.TooSlowError:
            raise ConnectionLost("no answer in time") from None
        finally:
            if not is_whole:
                self.hang_up()

    def hang_up(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.socket.close()

    async def _exchange(self, request: h11.Request, content: bytes) -> Answer:
        if self._stream is not None and _is_over(self._stream):  # closed between two requests: that is no loss
            self.hang_up()
        try:
            stream = self._stream or await self._dialled()
        except OSError:
            raise ConnectionLost("nobody listens") from None
        try:
            head = self._http.send(request) or b""
            body = (self._http.send(h11.Data(content)) or b"") if content else b""
            await stream.send_all(head + body + (self._http.send(h11.EndOfMessage()) or b""))
            answer = await self._answer(stream)
        except (trio.BrokenResourceError, h11.RemoteProtocolError) as error:
            raise ConnectionLost("closed" if isinstance(error, h11.RemoteProtocolError) else "broken") from None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self.hang_up()
        return answer

    async def _dialled(self) -> trio.SocketStream:
        self._http = h11.Connection(h11.CLIENT)
        self._stream = await trio.open_tcp_stream(*self._address)
        return self._stream

    async def _answer(self, stream: trio.SocketStream) -> Answer:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await stream.receive_some(RECEIVED_BYTES_MAX))
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                names = {name.decode(): value.decode("latin-1") for name, value in head.headers}
                return Answer(head.status_code, names, bytes(body))
            elif isinstance(event, h11.ConnectionClosed):
                raise h11.RemoteProtocolError("closed")


def _is_over(stream: trio.SocketStream) -> bool:
    """Whether the other side has hung up already."""
    plain = socket.fromfd(stream.socket.fileno(), socket.AF_INET, socket.SOCK_STREAM)
    try:
        return not plain.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        plain.close()
