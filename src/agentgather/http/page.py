"""The browser room: the page, and the files it is made of. They hold no room data and need no token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from quart import Request
from quart.wrappers import Response
from werkzeug.exceptions import NotFound

from agentgather.http.asked import bytes_answer
from agentgather.http.assets import Asset, Assets
from agentgather.http.headers import IMMUTABLE, REVALIDATE

View = Callable[..., Awaitable[Response]]


class Page:
    """Serves what `assets` loaded: the shell is asked for anew each time, its files are immutable by content hash."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    def views(self) -> Iterator[tuple[str, View]]:
        """Each path of the page with its view. `/room.css` and `/room.js` are the names that 0.1 knew."""
        yield "/", self._shell
        yield "/assets/<path:name>", self._asset
        for name in ("room.css", "room.js"):
            yield f"/{name}", self._named(name)

    async def _shell(self, _: Request) -> Response:
        return _cached(bytes_answer(self._assets.index, content_type="text/html; charset=utf-8"), REVALIDATE)

    async def _asset(self, request: Request, *, name: str) -> Response:
        return _answer(request, self._assets.get(name), IMMUTABLE)

    def _named(self, name: str) -> View:
        async def show(request: Request) -> Response:
            return _answer(request, self._assets.named(name), REVALIDATE)

        return show


def _answer(request: Request, asset: Asset | None, caching: tuple[str, str]) -> Response:
    if asset is None:
        raise NotFound()
    if asset.etag in request.headers.get("if-none-match", ""):
        response = bytes_answer(b"", 304, asset.content_type)
        del response.headers["Content-Length"]  # it would speak of the body that is not sent (RFC 9110, 8.6)
    else:
        response = bytes_answer(asset.body, content_type=asset.content_type)
    response.headers["ETag"] = asset.etag
    return _cached(response, caching)


def _cached(response: Response, caching: tuple[str, str]) -> Response:
    response.headers[caching[0]] = caching[1]
    return response
