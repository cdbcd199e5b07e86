"""One request and its answer, as an ASGI app sees them."""

from __future__ import annotations

from typing import Any

import h11
import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.refusing import BODY_TOO_LARGE, TOO_SLOW, Refused
from agentgather.serving.wire import Wire

_BODILESS = frozenset({204, 304})


class Exchange:
    """`receive` and `send` of one request. `status` is the answer's, None before it began."""

    def __init__(self, wire: Wire, request: h11.Request, *, limits: ServingLimits) -> None:
        self._wire = wire
        self._limits = limits
        self._method = request.method
        self._body_bytes = 0
        self._is_body_here = False
        self._deadline = trio.current_time() + limits.body_seconds
        self._head: h11.Response | None = None
        self._has_begun = False
        self._is_over = trio.Event()
        self.status: int | None = None
        self.bytes_sent = 0

    @property
    def has_begun(self) -> bool:
        """Whether a part of the answer is on the wire."""
        return self._has_begun

    @property
    def is_complete(self) -> bool:
        return self._is_over.is_set()

    async def receive(self) -> dict[str, Any]:
        """The next piece of the body; after its end, `http.disconnect` once the answer is out.

        Raises Refused when the body is too slow or too large.
        """
        if self._is_body_here:
            await self._is_over.wait()
            return {"type": "http.disconnect"}
        if self._wire.parser.they_are_waiting_for_100_continue and not self._has_begun:
            await self._wire.send(h11.InformationalResponse(status_code=100, headers=[]))
        event = self._wire.event_at_hand()
        if event is None:
            with trio.move_on_at(self._deadline):
                event = await self._wire.next_event()
        if event is None:
            raise TOO_SLOW
        if isinstance(event, h11.Data):
            self._body_bytes += len(event.data)
            if self._body_bytes > self._limits.body_bytes_max:
                raise BODY_TOO_LARGE
            return {"type": "http.request", "body": bytes(event.data), "more_body": True}
        self._is_body_here = True
        if isinstance(event, h11.EndOfMessage):
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Take the app's answer: its head is held back until the first piece of the body, and both go out together."""
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self._head = h11.Response(status_code=self.status, headers=list(message["headers"]))
            return
        if message["type"] != "http.response.body" or self.is_complete:
            raise RuntimeError(f"the app sent {message['type']} out of turn")
        events: list[h11.Event] = []
        if self._head is not None:
            events.append(self._head)
            self._head, self._has_begun = None, True
        body = message.get("body", b"")
        if body and not (self._method == b"HEAD" or self.status in _BODILESS):
            events.append(h11.Data(data=body))
            self.bytes_sent += len(body)
        is_end = not message.get("more_body", False)
        if is_end:
            events.append(h11.EndOfMessage())
        await self._wire.send(*events)
        if is_end:
            self._is_over.set()

    async def refuse(self, refused: Refused, *, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer with a refusal of ours, if no answer has begun."""
        if self._has_begun:
            return
        head, body = refused.answer(headers)
        self._has_begun, self.status = True, refused.status
        data = [] if self._method == b"HEAD" else [h11.Data(data=body)]
        await self._wire.send(head, *data, h11.EndOfMessage())
        self._is_over.set()
