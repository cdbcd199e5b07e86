"""Quart on trio with one task a request: the body is read before the handler runs, the answer goes out in one write.

The stock connection opens a nursery with two tasks for every request, to notice a client that leaves; our serving
layer cancels the handler itself. It also sends the end of every answer as a write of its own.
"""

from __future__ import annotations

from typing import Any

from quart import Request
from quart.wrappers import Response
from quart.wrappers.response import DataBody
from quart_trio import QuartTrio
from quart_trio.asgi import TrioASGIHTTPConnection


class DirectConnection(TrioASGIHTTPConnection):
    async def __call__(self, receive: Any, send: Any) -> None:
        request = self._create_request_from_scope(send)
        if await _read_body(request, receive):
            response: Any = await self.app.handle_request(request)
            if isinstance(response, Response) and isinstance(response.response, DataBody):
                await _send_whole(response, send)
            else:
                await self._send_response(send, response)


class DirectQuart(QuartTrio):
    asgi_http_class = DirectConnection


async def _read_body(request: Request, receive: Any) -> bool:
    """Feed the request its body, up to what it accepts; beyond that it refuses by itself. False: the client left."""
    bytes_max = request.max_content_length
    if bytes_max is not None and (request.content_length or 0) > bytes_max:
        return True  # refused without reading a byte of it
    bytes_read = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        piece = message.get("body", b"")
        bytes_read += len(piece)
        request.body.append(piece)
        if not message.get("more_body", False):
            request.body.set_complete()
            return True
        if bytes_max is not None and bytes_read > bytes_max:
            return True


async def _send_whole(response: Response, send: Any) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    assert isinstance(response.response, DataBody)
    await send({"type": "http.response.body", "body": response.response.data, "more_body": False})
