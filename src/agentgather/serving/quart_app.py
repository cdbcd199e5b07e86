"""Quart on trio, without the ambient: a view is handed its request, and one task answers it in one write.

Quart builds contexts, sessions and signals round every request, and its trio connection opens a nursery with two tasks
for it, to notice a client that leaves; our serving layer cancels the handler itself. What stays is Quart's routing,
requests, and responses that stream; whole answers are of our own make.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from quart import Request
from quart.utils import encode_headers
from quart.wrappers import Response
from quart_trio import QuartTrio
from quart_trio.asgi import TrioASGIHTTPConnection
from werkzeug.exceptions import HTTPException

from agentgather.serving.answer import Answer

View = Callable[..., Awaitable[Answer | Response]]


class DirectConnection(TrioASGIHTTPConnection):
    async def __call__(self, receive: Any, send: Any) -> None:
        request = self._create_request_from_scope(send)
        if await _read_body(request, receive, bytes_max=self.app.config["MAX_CONTENT_LENGTH"]):
            answer: Any = await self.app.handle_request(request)
            if isinstance(answer, Answer):
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.asgi_headers()})
                await send({"type": "http.response.body", "body": answer.body, "more_body": False})
            elif request.method == "HEAD":  # gets nothing of a body (RFC 9110 section 9.3.2), which might never end
                await send(
                    {
                        "type": "http.response.start",
                        "status": answer.status_code,
                        "headers": encode_headers(answer.headers),
                    }
                )
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await self._send_response(send, answer)


class DirectQuart(QuartTrio):
    """Views are called with the request first, then the path's parts by name.

    `before` may answer in their place; `on_misdirected` answers what no view does. Neither they nor views may raise.
    """

    asgi_http_class = DirectConnection

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
        self._known: dict[tuple[str, str], Any] = {}  # views of paths without parts, as many as there are rules

    async def handle_request(self, request: Request) -> Any:
        refusal = self._before(request)
        if refusal is not None:
            return refusal
        named: Mapping[str, str] = {}
        view: Any = self._known.get((request.method, request.path))
        if view is None:
            try:
                endpoint, named = self._router.match(request.path, method=request.method)
            except HTTPException as error:
                return self._on_misdirected(error)
            view = self.view_functions[endpoint]
            if not named:
                self._known[request.method, request.path] = view
        return await view(request, **named)


async def _read_body(request: Request, receive: Any, *, bytes_max: int | None) -> bool:
    """Feed the request its body, up to what it accepts; beyond that it refuses by itself. False: the client left."""
    if bytes_max is not None and (request.content_length or 0) > bytes_max:
        return True  # refused without reading a byte of it
    bytes_read = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        piece = message.get("body", b"")
        bytes_read += len(piece)
        if piece:
            request.body.append(piece)
        if not message.get("more_body", False):
            request.body.set_complete()
            return True
        if bytes_max is not None and bytes_read > bytes_max:
            return True
