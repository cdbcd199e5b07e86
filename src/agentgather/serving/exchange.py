"""One request and its answer, as an ASGI app sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h11
import trio

from agentgather.serving.framing import Framing
from agentgather.serving.plain_head import Head
from agentgather.serving.refusing import BODY_TOO_LARGE, TOO_SLOW, Rejected, Rejection, malformed
from agentgather.serving.service import Service
from agentgather.serving.wire import Wire

PIECE_BYTES = 65_536  # of a body, handed to the app at a time
TURN_CHUNKS = 64  # of a body, parsed before others have their turn: about a millisecond
CHUNKS_MAX = 4_096  # of a body; parsing one costs as much as a kilobyte, and the client pays a byte for it


class Exchange:
    """`receive` and `send` of one request. `status` is the answer's, None before the app named one.

    `on_body` is told True each time that we have to wait for the body, and False once it is here, or the app answers without it.
    """

    def __init__(self, wire: Wire, request: Head, *, service: Service, on_body: Callable[[bool], None]) -> None:
        self._wire = wire
        self._service = service
        self._on_body = on_body
        self._is_head = request.method == b"HEAD"
        self._is_http_1_0 = request.http_version == b"1.0"
        self._body = bytearray()  # what arrived and was not received yet
        self._body_bytes = 0
        self._chunk_count = 0
        self._is_body_over = False
        self._is_body_received = False
        self._deadline = trio.current_time() + service.limits.body_seconds
        self._framing: Framing | None = None
        self._over: trio.Event | None = None  # for who waits for the end
        self.is_complete = False
        self.has_begun = False  # whether a part of the answer is on the wire
        self.is_last = False  # whether nothing more is answered on this connection
        self.status: int | None = None
        self.bytes_sent = 0

    async def receive(self) -> dict[str, Any]:
        """The next piece of the body; after its end, `http.disconnect` once the answer is out.

        Raises Rejected for a body that is too slow, too large or not well-formed. A client that leaves cancels the app.
        """
        if self._is_body_received:
            if not self.is_complete:
                self._over = self._over or trio.Event()
                await self._over.wait()
            return {"type": "http.disconnect"}
        self._gather()
        while not self._body and not self._is_body_over:
            if self._wire.is_continue_expected and not self.has_begun:
                await self._wire.write(self._wire.encode(h11.InformationalResponse(status_code=100, headers=[])))
            self._on_body(True)
            with trio.move_on_at(self._deadline) as patience:
                await self._wire.arrival()
            if patience.cancelled_caught:
                raise Rejected(TOO_SLOW)
            self._gather()
        if self._is_body_over:
            self._on_body(False)
        if self._chunk_count:
            await trio.lowlevel.checkpoint()  # thousands of tiny chunks would keep everyone else waiting
        piece = bytes(self._body)
        self._body.clear()
        self._is_body_received = self._is_body_over
        return {"type": "http.request", "body": piece, "more_body": not self._is_body_over}

    async def send(self, message: dict[str, Any]) -> None:
        """Take the app's answer: its head is held back until the first piece of the body, and both go out together."""
        if message["type"] == "http.response.start" and self.status is None:
            self._gather()  # whether the client has finished decides whether it may ask again
            self._on_body(False)
            self._wire.ignore_upgrade()
            self.status = int(message["status"])
            begun = self._framing = Framing(
                self.status,
                self._service.dated(message["headers"]),
                is_head=self._is_head,
                is_http_1_0=self._is_http_1_0,
                is_last=self._wire.is_last or not self._wire.is_reusable,
            )
            self.is_last = begun.is_last
            return
        framing = self._framing
        if message["type"] != "http.response.body" or framing is None or self.is_complete:
            raise RuntimeError(f"the app sent {message['type']} out of turn")
        body, is_end = message.get("body", b""), not message.get("more_body", False)
        content = framing.piece(body)
        if is_end:
            content += framing.end()
        if not self.has_begun:
            content, self.has_begun = framing.head + content, True
        if framing.has_body:
            self.bytes_sent += len(body)
        await self._wire.write(content)
        if is_end:
            self._end()
        else:
            await trio.lowlevel.checkpoint()  # a long answer to a fast reader would keep everyone else waiting

    async def reject(self, rejection: Rejection, *, error_id: str | None = None) -> None:
        """Answer in the app's place, if no answer has begun."""
        if not self.has_begun:
            self.has_begun, self.status, self.is_last = True, rejection.status, True
            await self._wire.write(self._service.rejecting(rejection, error_id=error_id, is_head=self._is_head))
            self._end()

    def _end(self) -> None:
        self.is_complete = True
        if self._over is not None:
            self._over.set()

    def _gather(self) -> None:
        """Take what is here of the body, up to a piece."""
        turn_over = self._chunk_count + TURN_CHUNKS
        while not self._is_body_over and len(self._body) < PIECE_BYTES and self._chunk_count < turn_over:
            try:
                event = self._wire.event_at_hand()
            except h11.RemoteProtocolError:
                raise Rejected(malformed("the body is not well-formed")) from None
            if event is None:
                return
            if not isinstance(event, h11.Data):
                self._is_body_over = True
                return
            self._body += event.data
            self._body_bytes += len(event.data)
            self._chunk_count += event.chunk_end
            if self._body_bytes > self._service.limits.body_bytes_max:
                raise Rejected(BODY_TOO_LARGE)
            if self._chunk_count > CHUNKS_MAX:
                raise Rejected(malformed(f"the body comes in more than {CHUNKS_MAX} chunks"))
