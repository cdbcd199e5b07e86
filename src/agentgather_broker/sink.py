"""The visitor's side of an answer: what a host says becomes an HTTP answer, or is cut off where it makes none."""

from __future__ import annotations

from typing import Any

from agentgather.serving.wire import ClientGone
from agentgather_broker.host_requests import Headers
from agentgather_broker.passing import answer_headers

_BODILESS = frozenset({204, 304})


class AnswerCut(ClientGone):
    """What was sent is not whole, and cannot become so: the connection is cut, so that nobody takes it for whole."""


class VisitorSink:
    """An AnswerSink over ASGI's `send`. A body that is not as long as its head says is cut."""

    def __init__(
        self, send: Any, *, is_head: bool, is_own_origin: bool, is_from_sandbox: bool, public_url: str
    ) -> None:
        self._send = send
        self._is_head = is_head
        self._is_own_origin = is_own_origin
        self._is_from_sandbox = is_from_sandbox
        self._public_url = public_url
        self._left: int | None = None  # bytes that the head promised
        self._is_ended = False
        self.status = 0
        self.bytes_sent = 0

    @property
    def has_begun(self) -> bool:
        return self.status != 0

    async def begin(self, status: int, headers: Headers) -> None:
        self.status = status
        passed = answer_headers(
            headers,
            is_own_origin=self._is_own_origin,
            is_from_sandbox=self._is_from_sandbox,
            public_url=self._public_url,
        )
        lengths = [value for name, value in passed if name == b"content-length"]
        if lengths and not (len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < 16):
            raise AnswerCut
        if lengths and not self._is_head and status not in _BODILESS:
            self._left = int(lengths[0])
        await self._send({"type": "http.response.start", "status": status, "headers": passed})

    async def write(self, piece: bytes) -> None:
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                raise AnswerCut
        if self._is_head or self.status in _BODILESS:
            return
        self.bytes_sent += len(piece)
        self._is_ended = self._left == 0  # the last piece and the end leave in one write
        await self._send({"type": "http.response.body", "body": piece, "more_body": not self._is_ended})

    async def end(self) -> None:
        if self._left:
            raise AnswerCut
        if not self._is_ended:
            self._is_ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
