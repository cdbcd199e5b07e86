"""A WebSocket on the same wire, as ASGI has it: wsproto reads and writes its frames, in the tasks of whoever asks it to."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import h11
import trio
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, TextMessage
from wsproto.utilities import generate_accept_token

from agentgather.serving.framing import Framing
from agentgather.serving.inspection import Address, scope_of
from agentgather.serving.plain_head import Head
from agentgather.serving.refusing import BROKEN
from agentgather.serving.service import Service
from agentgather.serving.wire import ClientGone, Wire

log = logging.getLogger(__name__)

PARTING_SECONDS = 1.0  # what the app has to finish once the WebSocket is over
TURN_FRAMES = 64  # heard in a row, before others have their turn: about a millisecond
# Close codes (RFC 6455 section 7.4.1).
ENDED_CODE = 1000
VANISHED_CODE = 1006  # never sent: what the app hears of a client that left without a word
TOO_LONG_CODE = 1009
BUG_CODE = 1011


async def keep_websocket(wire: Wire, request: Head, *, service: Service, client: Address, server: Address) -> None:
    """Let the app have the WebSocket that `request` asks for, until either side ends it. Raises ClientGone.

    The app sees ASGI's `websocket` scope. A message is at most `body_bytes_max` long (else close code 1009). Pings are
    answered while the app listens, and never sent: heartbeats are the app's. No extension is spoken. A bug of the app is a
    500 or, once accepted, close code 1011.
    """
    wire.event_at_hand()  # the end of the request; what follows is not HTTP
    visit = _Visit(wire, request, service=service)
    scope = scope_of(request, client=client, server=server) | {"type": "websocket", "scheme": "ws"}
    scope["subprotocols"] = visit.subprotocols
    scope["extensions"]["websocket.http.response"] = {}
    with visit.scope:
        wire.on_gone = visit.part
        if wire.is_gone:
            visit.part()
        try:
            await service.call(scope, visit.receive, visit.send)
            await visit.end()
        except* ClientGone:
            pass
        except* (Exception, SystemExit, GeneratorExit):
            error_id = secrets.token_hex(4)
            log.exception("the app broke", extra={"event": "bug", "error_id": error_id})
            await visit.break_off(error_id)


class _Visit:
    """`receive` and `send` of one WebSocket; each may have a task of its own."""

    def __init__(self, wire: Wire, request: Head, *, service: Service) -> None:
        self._wire = wire
        self._service = service
        self._protocol = Connection(ConnectionType.SERVER, trailing_data=wire.unparsed())
        self._events: Iterator[Event] = self._protocol.events()
        self._pieces: list[Any] = []  # of a message that is not whole yet
        self._pieces_size = 0
        self._heard_count = 0
        self._turn = trio.Lock()
        self._has_connected = False
        self._accepted = trio.Event()
        self._declined: Framing | None = None
        self._is_over = False
        headers = dict(request.headers)
        self._key = headers[b"sec-websocket-key"]
        offered = headers.get(b"sec-websocket-protocol", b"").decode("ascii").split(",")
        self.subprotocols = [name.strip() for name in offered if name.strip()]
        self.scope = trio.CancelScope()

    def part(self) -> None:
        """The WebSocket is over: the app has little time left."""
        self.scope.deadline = min(self.scope.deadline, trio.current_time() + PARTING_SECONDS)

    async def receive(self) -> dict[str, Any]:
        """What the client says next, each message whole; once there is nothing more, `websocket.disconnect`."""
        if not self._has_connected:
            self._has_connected = True
            return {"type": "websocket.connect"}
        await self._accepted.wait()  # what came right behind the handshake is a message only once it is accepted
        while not self._is_over:
            self._heard_count += 1
            if self._heard_count % TURN_FRAMES == 0:
                await trio.lowlevel.checkpoint()
            event = next(self._events, None)
            if event is None:
                if not (piece := await self._wire.take()):
                    break
                self._protocol.receive_data(piece)
                self._events = self._protocol.events()
            elif isinstance(event, Message):
                if (message := await self._whole(event)) is not None:
                    return message
            elif isinstance(event, Ping):
                await self._write(self._protocol.send(event.response()))
            elif isinstance(event, CloseConnection):
                self._is_over = True  # they said goodbye; or else what they said breaks a rule, and this names it
                is_theirs = self._protocol.state is ConnectionState.REMOTE_CLOSING
                await self._write(self._protocol.send(event.response() if is_theirs else event))
        self._is_over = True
        self.part()
        return {"type": "websocket.disconnect", "code": VANISHED_CODE}

    async def _whole(self, event: Message[Any]) -> dict[str, Any] | None:
        """The message that `event` is the last piece of; None while there is more to come, or too much came."""
        self._pieces_size += len(event.data)
        if self._pieces_size > self._service.limits.body_bytes_max:
            await self._close(TOO_LONG_CODE)
            return None
        if event.data:
            self._pieces.append(event.data)
        if not event.message_finished:
            return None
        pieces, self._pieces, self._pieces_size = self._pieces, [], 0
        if isinstance(event, TextMessage):
            return {"type": "websocket.receive", "text": "".join(pieces), "bytes": None}
        return {"type": "websocket.receive", "text": None, "bytes": b"".join(pieces)}

    async def send(self, message: dict[str, Any]) -> None:
        """Take what the app says. Raises ClientGone once nobody hears it."""
        match message["type"]:
            case "websocket.send" if self._accepted.is_set():
                if self._is_over:
                    raise ClientGone
                content = message.get("bytes")
                said = TextMessage(message["text"]) if content is None else BytesMessage(content)
                await self._write(self._protocol.send(said))
            case "websocket.close" if self._accepted.is_set():
                await self._close(message.get("code", ENDED_CODE))
            case "websocket.accept" if self._declined is None:
                await self._accept(message.get("subprotocol"))
            case "websocket.close":
                await self._decline(403, [(b"content-length", b"0")])
            case "websocket.http.response.start":
                await self._decline(int(message["status"]), message["headers"])
            case "websocket.http.response.body" if self._declined is not None:
                await self._write(self._declined.piece(message.get("body", b"")))
                if not message.get("more_body", False):
                    await self._write(self._declined.end())
            case unknown:
                raise RuntimeError(f"the app sent {unknown} out of turn")

    async def end(self) -> None:
        """The app has nothing more to say. How it ended is its own to say: that it did not is a bug."""
        if self._accepted.is_set():
            await self._close(BUG_CODE)
        elif self._declined is None:
            raise RuntimeError("the app neither accepted nor declined")

    async def break_off(self, error_id: str) -> None:
        """The app broke: tell the client, where it can still be told. Raises ClientGone."""
        if self._accepted.is_set():
            await self._close(BUG_CODE)
        elif self._declined is None:
            await self._write(self._service.rejecting(BROKEN, error_id=error_id))
        else:
            self._wire.cut()

    async def _accept(self, subprotocol: str | None) -> None:
        headers = self._service.dated([(b"upgrade", b"websocket"), (b"connection", b"Upgrade")])
        headers.append((b"sec-websocket-accept", generate_accept_token(self._key)))
        if subprotocol is not None:
            headers.append((b"sec-websocket-protocol", subprotocol.encode("ascii")))
        await self._write(self._wire.encode(h11.InformationalResponse(status_code=101, headers=headers)))
        self._accepted.set()

    async def _decline(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        if self._accepted.is_set() or self._declined is not None:
            raise RuntimeError("the app answered twice")
        written = self._service.dated(headers)
        self._declined = Framing(status, written, is_head=False, is_http_1_0=False, is_last=True)
        await self._write(self._declined.head)

    async def _close(self, code: int) -> None:
        """Say, once, that the WebSocket ends."""
        if not self._is_over:
            self._is_over = True
            await self._write(self._protocol.send(CloseConnection(code)))

    async def _write(self, content: bytes) -> None:
        """Give the wire `content`, in the order of calls. Without a turn of the scheduler where nobody else writes."""
        try:
            self._turn.acquire_nowait()
        except trio.WouldBlock:
            await self._turn.acquire()
        try:
            await self._wire.write(content)
        finally:
            self._turn.release()
