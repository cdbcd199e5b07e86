"""What one server has in common for all of its connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from math import inf
from time import time
from typing import Any

import trio

from agentgather.serving.answer import Whole
from agentgather.serving.limits import ServingLimits
from agentgather.serving.refusing import Rejection

App = Callable[[Any, Any, Any], Awaitable[None]]

# The answer to the scope of a request without a body, where there is nothing to wait for; None: it has to be asked as ASGI.
AtOnce = Callable[[dict[str, Any]], Whole | None]

# method, path as the client wrote it without its query, status, milliseconds, bytes of the answer's body
OnAnswered = Callable[[str, str, int, float, int], None]


class DateLine:
    """The Date header (RFC 9110 section 6.6.1), written once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._line = (b"date", b"")

    def now(self) -> tuple[bytes, bytes]:
        second = int(time())
        if second != self._second:
            self._second, self._line = second, (b"date", formatdate(second, usegmt=True).encode())
        return self._line


@dataclass(frozen=True, slots=True)
class Service:
    """`refusal_headers` go with every answer that no app wrote. `websockets`: whether handshakes reach the app."""

    app: App
    limits: ServingLimits
    refusal_headers: Sequence[tuple[bytes, bytes]]
    on_answered: OnAnswered | None
    websockets: bool
    at_once: AtOnce | None = None
    _date: DateLine = field(default_factory=DateLine)

    async def call(self, scope: Any, receive: Any, send: Any) -> None:
        """Call the app. Raises what it raises; a Cancelled only when it is we who are cancelled.

        One that leaked out of a dead scope, as careless libraries let them, would silently end the nursery around us.
        """
        try:
            await self.app(scope, receive, send)
        except trio.Cancelled:
            if trio.current_effective_deadline() > -inf:
                raise RuntimeError("the app let a foreign cancellation out") from None
            raise

    def dated(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The app's `headers` with Date."""
        return [self._date.now(), *headers]

    def rejecting(self, rejection: Rejection, *, error_id: str | None = None, is_head: bool = False) -> bytes:
        """The whole answer that turns a request away, as it goes over the wire."""
        extra = [self._date.now(), *self.refusal_headers]
        return rejection.answer(extra=extra, error_id=error_id, is_head=is_head)
