"""A WebSocket on the same wire: hypercorn speaks it; here it is bounded, and its exceptions stay with it."""

from __future__ import annotations

import logging
import secrets
from typing import Any, cast

import h11
import trio
from hypercorn.config import Config
from hypercorn.protocol.events import Body, Data, EndBody, Event, Request, Response, StreamClosed
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState

from agentgather.serving.inspection import Address
from agentgather.serving.refusing import BROKEN
from agentgather.serving.service import Service
from agentgather.serving.wire import ClientGone, Wire

log = logging.getLogger(__name__)

STREAM_ID = 1
QUEUED_MAX = 10  # messages the app has not received yet; beyond them the client waits
PARTING_SECONDS = 1.0  # what the app has to finish once the WebSocket is over


async def keep_websocket(
    wire: Wire, request: h11.Request, *, service: Service, client: Address, server: Address
) -> None:
    """Let the app have the WebSocket that `request` asks for, until either side ends it. Raises ClientGone.

    The app sees ASGI's `websocket` scope. A message is at most `body_bytes_max` long (else close code 1009). Pings are
    answered and never sent: heartbeats are the app's. A bug of the app is a 500 or, once accepted, close code 1011.
    """
    visit = _Visit(wire, service=service)
    asked = Request(
        stream_id=STREAM_ID,
        headers=list(request.headers),
        http_version="1.1",
        method="GET",
        raw_path=bytes(request.target),
        state=ConnectionState({}),
    )
    wire.event_at_hand()  # the end of the request; what follows is not HTTP
    with trio.CancelScope() as visiting:

        def part() -> None:
            visiting.deadline = min(visiting.deadline, trio.current_time() + PARTING_SECONDS)

        wire.on_gone = part
        async with TaskGroup() as group:
            app = cast(AppWrapper, visit.app)
            context = WorkerContext(None)
            stream = WSStream(app, visit.config, context, group, False, client, server, visit.send, STREAM_ID)
            piece = wire.parser.trailing_data[0]
            await stream.handle(asked)
            await visit.began.wait()  # what came right behind the handshake is a message only once it is accepted
            while not visit.is_over:
                if piece:
                    await stream.handle(Data(stream_id=STREAM_ID, data=piece))
                elif wire.is_gone:
                    break
                piece = b""
                with trio.CancelScope() as visit.listening:
                    if not visit.is_over:
                        piece = await wire.take()
            part()
            await stream.handle(StreamClosed(stream_id=STREAM_ID))


class _Visit:
    """What hypercorn's WebSocket stands on: an app that does not raise, and a way to the wire for one at a time."""

    def __init__(self, wire: Wire, *, service: Service) -> None:
        self._wire = wire
        self._service = service
        self._turn = trio.Lock()
        self._is_accepted = False
        self.began = trio.Event()
        self.is_over = False
        self.listening: trio.CancelScope | None = None
        self.config = Config()
        self.config.accesslog = self.config.errorlog = None
        self.config.max_app_queue_size = QUEUED_MAX
        self.config.websocket_max_message_size = service.limits.body_bytes_max
        self.config.websocket_ping_interval = None

    async def app(self, scope: Any, receive: Any, send: Any, *_: Any) -> None:
        try:
            await self._service.call(scope, receive, send)
        except* ClientGone:
            pass
        except* (Exception, SystemExit, GeneratorExit):
            error_id = secrets.token_hex(4)
            log.exception("the app broke", extra={"event": "bug", "error_id": error_id})
            if not self._is_accepted:
                body = BROKEN.body(error_id=error_id)
                headers = BROKEN.headers(body, extra=self._service.refusal_headers)
                await send({"type": "websocket.http.response.start", "status": BROKEN.status, "headers": headers})
                await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
            else:
                await send({"type": "websocket.close", "code": 1011})

    async def send(self, event: Event) -> None:
        """Put what hypercorn sends on the wire. Raises ClientGone."""
        async with self._turn:
            if isinstance(event, Response):
                self._is_accepted = event.status_code == 101
                kind = h11.InformationalResponse if self._is_accepted else h11.Response
                headers = self._service.complete(event.headers, is_last=not self._is_accepted)
                await self._wire.write(self._wire.encode(kind(status_code=event.status_code, headers=headers)))
                self.began.set()
            elif isinstance(event, Body):
                await self._wire.write(self._wire.encode(h11.Data(data=event.data)))
            elif isinstance(event, EndBody):
                await self._wire.write(self._wire.encode(h11.EndOfMessage()))
                self._end()
            elif isinstance(event, Data):
                await self._wire.write(event.data)
            elif isinstance(event, StreamClosed):
                self._end()

    def _end(self) -> None:
        self.is_over = True
        if self.listening is not None:
            self.listening.cancel()
