"""The room's own server, asked on a visitor's behalf: one fixed address on this machine, whatever a request says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

import h11
import trio

from agentgather.tunnel.local_http import Body, Broke, Headers, LocalConnection

KEPT_MAX = 128  # connections that wait for the next request
KEPT_SECONDS = 30.0  # less than the room's server keeps them
CONNECT_SECONDS = 5.0  # a room that restarts is back by then; what was never handed over can wait for it
CONNECT_PAUSE_SECONDS = 0.1
REPEATS_MAX = 2  # of a read that got no answer: a kept connection had just closed, or the room was just restarted
_READS = frozenset({"GET", "HEAD"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})  # an empty one is said to be empty (RFC 9110 section 8.6)
_OURS = frozenset(  # they are about the connection they came on, or about whoever asks in a way that the room is not told
    b"connection content-length cookie expect forwarded host keep-alive proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)


class OriginGone(Exception):
    """The room's server cannot be reached, or broke off. `has_begun`: in the middle of an answer."""

    def __init__(self, *, has_begun: bool) -> None:
        super().__init__("the room's server is gone")
        self.has_begun = has_begun


class AnswerSink(Protocol):
    """Who is given an answer. Cancel the asking to be given no more."""

    async def begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The head, with lower-case names. It need not go on before the first piece, which follows at once."""

    async def write(self, piece: bytes, *, is_last: bool) -> None:
        """A piece of the body, and whether it is whole with it; either may be of nothing. Returns once it is taken."""


class Exchange(Protocol):
    """One answer's body as it comes."""

    async def piece(self) -> bytes:
        """The next piece; empty at the end. Raises Broke."""
        ...

    def close(self) -> None:
        """Nobody takes the rest."""


@dataclass(slots=True)
class OriginAnswer:
    """`headers` have lower-case names."""

    status: int
    headers: list[tuple[bytes, bytes]]
    _connection: Exchange

    def pieces(self) -> OriginAnswer:
        """The body as it comes: iterate over it. Raises OriginGone.

        No generator: one that is left in the middle, because its visitor left, would have to be closed by somebody.
        """
        return self

    def __aiter__(self) -> OriginAnswer:
        return self

    async def aclose(self) -> None:
        """Let go of the rest of it; so does the end of `ask`."""
        self._connection.close()

    async def __anext__(self) -> bytes:
        try:
            piece = await self._connection.piece()
        except Broke:
            raise OriginGone(has_begun=True) from None
        if not piece:
            raise StopAsyncIteration
        return piece


class Origin:
    """The server at `target_url` (`http://127.0.0.1:8787`, or a room of several below it). Nothing else is ever dialled.

    A request that names a page of `public_url` names one of the room's own: the room knows it by its own origin.
    """

    def __init__(self, target_url: str | Callable[[], str]) -> None:
        self._target_url = target_url if callable(target_url) else lambda: target_url
        self._kept: list[tuple[str, float, LocalConnection]] = []  # where it leads, since when; the newest last
        self.public_url: str | None = None

    async def __aenter__(self) -> Origin:
        return self

    async def __aexit__(self, *exception: object) -> None:
        for _, _, connection in self._kept:
            connection.close()
        self._kept.clear()

    async def relay(self, method: str, target: bytes, headers: Headers, body: Body, sink: AnswerSink) -> None:
        """Ask the room, and let `sink` have the answer as it comes. As `ask`; raises OriginGone."""
        async with self.ask(method, target, headers, body) as answer:
            await sink.begin(answer.status, answer.headers)
            await sink.write(b"", is_last=False)  # the first piece of a held stream may be long in coming
            async for piece in answer.pieces():
                await sink.write(piece, is_last=False)
            await sink.write(b"", is_last=True)

    @asynccontextmanager
    async def ask(self, method: str, target: bytes, headers: Headers, body: Body = None) -> AsyncIterator[OriginAnswer]:
        """Ask the room. `target` begins with a slash and goes out byte by byte as it is. Raises OriginGone.

        A request that nobody took is tried for CONNECT_SECONDS, a read that nobody answered REPEATS_MAX times more.
        """
        connection, netloc, head = await self._asked(method, target, list(headers), body)
        try:
            yield OriginAnswer(head.status_code, list(head.headers), connection)
        finally:
            if connection.finish():  # False, and closed, unless the answer was read to its end
                self._keep(netloc, connection)

    async def _asked(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: Body
    ) -> tuple[LocalConnection, str, h11.Response]:
        give_up_at = trio.current_time() + CONNECT_SECONDS
        may_repeat = method in _READS and (body is None or isinstance(body, bytes))
        repeats_left = REPEATS_MAX if may_repeat else 0
        if not target.startswith(b"/"):
            raise OriginGone(has_begun=False)
        while True:
            where = urlsplit(self._target_url())
            connection = self._take_kept(where.netloc)
            if connection is None:
                connection = await self._connect(where)
            if connection is None:
                if trio.current_time() >= give_up_at:
                    raise OriginGone(has_begun=False)
                await trio.sleep(CONNECT_PAUSE_SECONDS)
                continue
            try:
                written = self._written(method, where, headers, body)
                head = await connection.ask(method, where.path.rstrip("/").encode() + target, written, body)
            except Broke:
                connection.close()
                if not repeats_left:
                    raise OriginGone(has_begun=False) from None
                repeats_left -= 1
            except BaseException:
                connection.close()
                raise
            else:
                return connection, where.netloc, head

    async def _connect(self, where: SplitResult) -> LocalConnection | None:
        """A new connection; None when nobody takes it."""
        try:
            with trio.move_on_after(CONNECT_SECONDS):
                return LocalConnection(await trio.open_tcp_stream(where.hostname or "", where.port or 80))
        except OSError:
            pass
        return None

    def _take_kept(self, netloc: str) -> LocalConnection | None:
        """A connection that should still be good. Those that are not are closed."""
        oldest = trio.current_time() - KEPT_SECONDS
        while self._kept:
            kept_netloc, since, connection = self._kept.pop()
            if kept_netloc == netloc and since >= oldest and connection.is_silent:
                return connection
            connection.close()
        return None

    def _keep(self, netloc: str, connection: LocalConnection) -> None:
        self._kept.append((netloc, trio.current_time(), connection))
        if len(self._kept) > KEPT_MAX:
            self._kept.pop(0)[2].close()

    def _written(self, method: str, where: SplitResult, headers: Headers, body: Body) -> list[tuple[bytes, bytes]]:
        own_origin = f"{where.scheme}://{where.netloc}".encode()
        written = [(b"host", where.netloc.encode())]
        for name, value in headers:
            if name in _OURS or name.startswith(b"x-forwarded-"):
                continue
            if name == b"origin" and self._is_own(value):
                written.append((name, own_origin))
            elif name == b"referer" and self._is_own(value):
                written.append((name, own_origin + b"/"))
            else:
                written.append((name, value))
        if isinstance(body, bytes) or (body is None and method in _WITH_BODY):
            written.append((b"content-length", b"%d" % len(body or b"")))
        elif body is not None:
            written.append((b"transfer-encoding", b"chunked"))
        return written

    def _is_own(self, url: bytes) -> bool:
        """Whether a page at `url` is one of the room's: of the public URL's origin, which rooms may share."""
        if self.public_url is None:
            return False
        own = urlsplit(self.public_url)
        try:
            asked = urlsplit(url.decode("ascii"))
        except ValueError:
            return False
        return (asked.scheme, asked.netloc.lower()) == (own.scheme, own.netloc.lower())
