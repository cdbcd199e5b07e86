"""What one token has open over HTTP: a server, its sessions and its streams. They end together, at once, when the token does."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import trio
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from agentgather.api.record_json import record_json
from agentgather.client.answers import read_record
from agentgather.client.asking import new_http
from agentgather.client.room_client import RoomClient
from agentgather.http.beside import Caller
from agentgather.live.waited import Reason
from agentgather.mcp.exchange import SESSION_HEADER, Exchange, tell
from agentgather.mcp.news import News, changed_by
from agentgather.mcp.server import make_server

log = logging.getLogger(__name__)

SESSIONS_MAX = 8  # of earlier revisions; hardly any client ever ends one, so the one that was idle longest makes way
SESSION_IDLE_SECONDS = 600.0  # without a request and without a stream
REQUESTS_MAX = 32  # at once, streams among them
BODY_BYTES_MAX = 262_144
IDLE_SECONDS = 900.0  # after which a desk with nothing open is put away: longer than any of its sessions idles
LOOK_SECONDS = 60.0
RECORDS_MAX = 1_000


class SeatDesk:
    """The desk of `caller`'s token. `is_over` once it takes nothing new."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._room = caller.room.room
        self._news = News()
        self._http: httpx.AsyncClient | None = None
        self._nursery: trio.Nursery | None = None
        self._manager = StreamableHTTPSessionManager(
            make_server(self, self._news),
            session_idle_timeout=SESSION_IDLE_SECONDS,
            max_request_body_size=BODY_BYTES_MAX,
            max_sessions=SESSIONS_MAX + REQUESTS_MAX,  # those that are being opened count too
        )
        self._sessions: OrderedDict[bytes, None] = OrderedDict()  # the one used last is the last
        self._requests: set[trio.CancelScope] = set()
        self._used_at = trio.current_time()
        self.is_over = False

    def meet(self, client_name: str | None) -> None:
        """The token says who it is."""

    @asynccontextmanager
    async def reach(self) -> AsyncIterator[RoomClient]:
        assert self._http is not None
        yield RoomClient(self._http, base_url=self._caller.base_url, token=self._caller.token)

    async def keep(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Until the token is good no more, the room's house closes, or nobody has used it for long."""
        transport = httpx.ASGITransport(app=self._caller.room_app)
        async with new_http(self._caller.base_url, transport=transport) as self._http:
            try:
                async with trio.open_nursery() as self._nursery, self._manager.run():
                    task_status.started()
                    await self._until_over()
                    self.is_over = True
                    self._news.close()
                    for request in self._requests:
                        request.cancel()
            finally:
                self.is_over = True

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request. When the desk is closed meanwhile, its stream ends in order, and others are told why.

        It is answered in a task of the desk's: a client of an earlier revision hangs up as soon as it has read its answer, and
        a handshake that is cancelled then would take the session with it. Whoever leaves is a disconnect to the SDK, not a
        cancellation.
        """
        if self.is_over or self._nursery is None:
            await tell(send, "shutting_down", "the host restarts; try again in a moment")
            return
        if len(self._requests) >= REQUESTS_MAX:
            await tell(send, "wait_limit", f"you have {REQUESTS_MAX} requests open; end some of them")
            return
        exchange = Exchange(receive, send)
        self._nursery.start_soon(self._answer, scope, exchange)
        await exchange.over()
        if exchange.is_cut_short:
            await self._end(exchange, send)

    async def _answer(self, scope: Any, exchange: Exchange) -> None:
        """The one supervision point of a request: what goes wrong is raised where it was asked."""
        with trio.CancelScope() as request:
            self._requests.add(request)
            try:
                await self._manager.asgi_app(scope, exchange.receive, exchange.send)
                await self._remember(scope, exchange)
            except Exception as error:  # noqa: BLE001
                exchange.error = error
            finally:
                self._requests.discard(request)
                self._used_at = trio.current_time()
                exchange.end(is_cut_short=request.cancel_called)

    async def _end(self, exchange: Exchange, send: Any) -> None:
        if exchange.is_complete:
            return
        if exchange.status is not None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif self._room.is_admitted(self._caller.credential):
            await tell(send, "shutting_down", "the host restarts; try again in a moment")
        else:
            await tell(send, "unauthorized", "your token was replaced or taken away; ask the host")

    async def _until_over(self) -> None:
        """Watch the room for the one whose desk this is: it is seen nowhere for it, and has fetched nothing."""
        credential, since_id = self._caller.credential, self._room.timeline.last_id
        while True:
            waited = await self._room.next(
                credential, since_id=since_id, hold_seconds=LOOK_SECONDS, records_max=RECORDS_MAX
            )
            if waited.kept:
                since_id = self._room.timeline.cursor_after(waited.kept, since_id=since_id)
                if self._news.is_wanted:
                    records = [read_record(record_json(one.record)) for one in waited.kept]
                    await self._news.tell(changed_by(records, me=credential.alias))
            if waited.reason is Reason.CLOSED and not self._room.is_dismissed:
                with trio.move_on_after(LOOK_SECONDS):
                    await self._room.news()  # a closed room can still be read
            elif waited.reason not in (Reason.MESSAGE, Reason.HEARTBEAT):
                return
            is_used = self._requests or trio.current_time() - self._used_at < IDLE_SECONDS
            if not is_used:
                return

    async def _remember(self, scope: Any, said: Exchange) -> None:
        """Keep count of sessions, and end the one that was idle longest when there are too many."""
        named = next((value for name, value in scope["headers"] if name == SESSION_HEADER), None)
        is_ended = scope["method"] == "DELETE" or (named is not None and said.status == 404)
        for session in (named, said.session):
            if session is None:
                continue
            self._sessions.pop(session, None)
            if not is_ended:
                self._sessions[session] = None
        while len(self._sessions) > SESSIONS_MAX:
            oldest, _ = self._sessions.popitem(last=False)
            await self._delete(scope, oldest)

    async def _delete(self, scope: Any, session: bytes) -> None:
        """End a session as its client would."""
        asked = {**scope, "method": "DELETE", "headers": [(SESSION_HEADER, session)]}

        async def nothing() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def unheard(_: Any) -> None:
            """Nobody asked for it, so nobody is answered."""

        with suppress(trio.TooSlowError), trio.fail_after(5):
            await self._manager.asgi_app(asked, nothing, unheard)
