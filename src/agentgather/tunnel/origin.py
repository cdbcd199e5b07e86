"""The room's own server, asked on a visitor's behalf: one fixed address on this machine, whatever a request says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore
import trio

Headers = Iterable[tuple[bytes, bytes]]

CONNECTIONS_MAX = 1_100  # a stream each, as many as a link may have, and some that close
KEEPALIVE_MAX = 128
KEEPALIVE_SECONDS = 30.0  # less than the room's server keeps them
CONNECT_SECONDS = 5.0  # a room that restarts is back by then; what was never handed over can wait for it
CONNECT_PAUSE_SECONDS = 0.1
_READS = frozenset({"GET", "HEAD"})


class OriginGone(Exception):
    """The room's server cannot be reached, or broke off. `has_begun`: in the middle of an answer."""

    def __init__(self, *, has_begun: bool) -> None:
        super().__init__("the room's server is gone")
        self.has_begun = has_begun


@dataclass(slots=True)
class OriginAnswer:
    status: int
    headers: list[tuple[bytes, bytes]]  # lower-case names
    _response: httpcore.Response

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises OriginGone."""
        try:
            async for piece in self._response.aiter_stream():
                if piece:
                    yield piece
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            raise OriginGone(has_begun=True) from None


class Origin:
    """The server at `target_url` (`http://127.0.0.1:8787`, or a room of several below it). Nothing else is ever dialled.

    A request that names a page of `public_url` names one of the room's own: the room knows it by its own origin.
    """

    def __init__(self, target_url: str | Callable[[], str]) -> None:
        self._target_url = target_url if callable(target_url) else lambda: target_url
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=CONNECTIONS_MAX,
            max_keepalive_connections=KEEPALIVE_MAX,
            keepalive_expiry=KEEPALIVE_SECONDS,
        )
        self.public_url: str | None = None

    async def __aenter__(self) -> Origin:
        return self

    async def __aexit__(self, *_: object) -> None:
        with trio.CancelScope(shield=True):
            await self._pool.aclose()

    @asynccontextmanager
    async def ask(self, method: str, target: bytes, headers: Headers, body: Any = None) -> AsyncIterator[OriginAnswer]:
        """Ask the room. `body` is bytes, an async iterable of them, or None. Raises OriginGone."""
        response = await self._first_answer(method, target, headers, body)
        try:
            yield OriginAnswer(response.status, [(name.lower(), value) for name, value in response.headers], response)
        finally:
            with trio.CancelScope(shield=True):
                await response.aclose()

    async def _first_answer(self, method: str, target: bytes, headers: Headers, body: Any) -> httpcore.Response:
        give_up_at = trio.current_time() + CONNECT_SECONDS
        is_again = False
        while True:
            try:
                return await self._pool.handle_async_request(self._request(method, target, headers, body))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if trio.current_time() >= give_up_at:
                    raise OriginGone(has_begun=False) from None
                await trio.sleep(CONNECT_PAUSE_SECONDS)
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
                if is_again or method not in _READS:
                    raise OriginGone(has_begun=False) from None
                is_again = True  # a connection that was kept had closed meanwhile

    def _request(self, method: str, target: bytes, headers: Headers, body: Any) -> httpcore.Request:
        parts = urlsplit(self._target_url())
        own_origin = f"{parts.scheme}://{parts.netloc}".encode()
        written: list[tuple[bytes, bytes]] = [(b"host", parts.netloc.encode())]
        for name, value in headers:
            if name in (b"origin", b"referer") and self._is_own(value):
                value = own_origin if name == b"origin" else own_origin + b"/"
            written.append((name, value))
        if isinstance(body, bytes):
            written.append((b"content-length", b"%d" % len(body)))
        elif body is not None:
            written.append((b"transfer-encoding", b"chunked"))
        url = httpcore.URL(
            scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=parts.path.encode() + target
        )
        return httpcore.Request(method, url, headers=written, content=body)

    def _is_own(self, url: bytes) -> bool:
        if self.public_url is None:
            return False
        own, asked = urlsplit(self.public_url), _split(url)
        return asked is not None and (asked.scheme, asked.netloc) == (own.scheme, own.netloc)


def _split(url: bytes) -> Any:
    try:
        return urlsplit(url.decode("ascii"))
    except ValueError:
        return None
