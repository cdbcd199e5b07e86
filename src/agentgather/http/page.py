"""The browser room: the page, and the files it is made of. They hold no room data and need no token."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from werkzeug.exceptions import NotFound

from agentgather.http.asked import bytes_answer
from agentgather.http.assets import Asset, Assets
from agentgather.http.headers import IMMUTABLE, REVALIDATE
from agentgather.serving.answer import Answer
from agentgather.serving.request import Request

View = Callable[..., Answer]


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

    def _shell(self, request: Request) -> Answer:
        return _answer(request, self._assets.index, REVALIDATE)

    def _asset(self, request: Request, *, name: str) -> Answer:
        return _answer(request, self._assets.get(name), IMMUTABLE)

    def _named(self, name: str) -> View:
        def show(request: Request) -> Answer:
            return _answer(request, self._assets.named(name), REVALIDATE)

        return show


def _answer(request: Request, asset: Asset | None, caching: tuple[str, str]) -> Answer:
    """Raises NotFound without an asset."""
    if asset is None:
        raise NotFound()
    is_packed = asset.packed is not None and request.accept_encodings["gzip"] > 0
    shown = asset.packed if asset.packed is not None and is_packed else asset
    if shown.etag in request.headers.get("if-none-match", ""):
        answer = Answer(b"", 304)
    else:
        answer = bytes_answer(shown.body, content_type=shown.content_type)
        if is_packed:
            answer.headers.append(("content-encoding", "gzip"))
    answer.headers += [("etag", shown.etag), ("vary", "accept-encoding"), (caching[0].lower(), caching[1])]
    return answer
