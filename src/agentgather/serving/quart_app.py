"""Quart on trio, without the ambient: a view is handed its request, and one task answers it in one write.

Quart builds contexts, sessions and signals round every request, and its trio connection opens a nursery with two tasks
for it, to notice a client that leaves; our serving layer cancels the handler itself. What stays is Quart's routing, and its
responses that stream; requests and whole answers are of our own make.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any, cast

from quart.utils import encode_headers
from quart.wrappers import Response
from quart_trio import QuartTrio
from quart_trio.asgi import TrioASGIHTTPConnection
from werkzeug.exceptions import HTTPException

from agentgather.serving.answer import Answer
from agentgather.serving.request import Request

View = Callable[..., Answer | Awaitable[Answer | Response]]


class DirectQuart(QuartTrio):
    """Views are called with the request first, then the path's parts by name; what answers without waiting is a plain function.

    `before` may answer in their place; `on_misdirected` answers what no view does. Neither they nor views may raise.
    """

    def __init__(
        self,
        name: str,
        *,
        before: Callable[[Request], Answer | None],
        on_misdirected: Callable[[HTTPException], Answer],
    ) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.merge_slashes = False
        self._before = before
        self._on_misdirected = on_misdirected
        self._router = self.url_map.bind("localhost")
        # Views of paths without parts, once they were asked for: as many as there are rules.
        self._known: dict[tuple[str, str], View] = {}
        self._plain: dict[tuple[str, str], Callable[[Request], Answer]] = {}  # those of them that are plain functions

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = self._request(scope)
        if not await request.read_body(receive):
            return
        answer = await self._answer(request)
        if isinstance(answer, Answer):
            await _send(send, answer.status, answer.asgi_headers(), answer.body)
        elif request.method == "HEAD":  # gets nothing of a body (RFC 9110 section 9.3.2), which might never end
            await _send(send, answer.status_code, encode_headers(answer.headers), b"")
        else:
            await TrioASGIHTTPConnection(self, scope)._send_response(send, answer)

    def _request(self, scope: dict[str, Any]) -> Request:
        return Request(scope, body_bytes_max=self.config["MAX_CONTENT_LENGTH"])

    def at_once(self, scope: dict[str, Any]) -> Answer | None:
        """The answer to a request without a body, if its view is known to be a plain function; else ask by ASGI."""
        view = self._plain.get((scope["method"], scope["path"]))
        if view is None:
            return None
        request = self._request(scope)
        return self._before(request) or view(request)

    async def _answer(self, request: Request) -> Answer | Response:
        refusal = self._before(request)
        if refusal is not None:
            return refusal
        named: Mapping[str, str] = {}
        view = self._known.get((request.method, request.path))
        if view is None:
            try:
                endpoint, named = self._router.match(request.path, method=request.method)
            except HTTPException as error:
                return self._on_misdirected(error)
            view = cast(View, self.view_functions[endpoint])
            if not named:
                self._known[request.method, request.path] = view
                if not iscoroutinefunction(view):
                    self._plain[request.method, request.path] = cast(Callable[[Request], Answer], view)
        answer = view(request, **named)
        return answer if isinstance(answer, Answer) else await answer


async def _send(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
