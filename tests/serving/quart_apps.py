"""The same small app twice: on stock quart-trio, and on our own Quart."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import trio
from quart.wrappers import Response
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from agentgather.serving.answer import Answer
from agentgather.serving.quart_app import DirectQuart
from agentgather.serving.request import Request
from tests.serving.apps import OK


def stock() -> QuartTrio:
    """Stock quart-trio, nurseries and all."""
    app = QuartTrio("stock")
    gate = trio.Event()

    @app.get("/")
    async def plain() -> tuple[bytes, dict[str, str]]:
        return OK, {"content-type": "application/json"}

    @app.get("/held")
    async def held() -> bytes:
        await gate.wait()
        return OK

    return app


def direct() -> DirectQuart:
    """The same by our own Quart, which hands a view its request."""
    gate = trio.Event()

    async def plain(_: Request) -> Answer:
        return Answer(OK)

    async def echo(request: Request) -> Answer:
        try:
            return Answer(request.content())
        except RequestEntityTooLarge:
            return Answer(b"too large", 413)

    async def named(_: Request, *, name: str) -> Answer:
        return Answer(name.encode(), content_type="text/plain", headers=[("x-name", "yes")])

    async def unchanged(_: Request) -> Answer:
        return Answer(b"", 304)

    async def streamed(_: Request) -> Response:
        async def pieces() -> AsyncGenerator[bytes, None]:
            yield b"one "
            yield b"two"

        return Response(pieces(), content_type="text/plain")

    async def held(_: Request) -> Answer:
        await gate.wait()
        return Answer(OK)

    async def broken(_: Request) -> Answer:
        raise RuntimeError("a bug")

    def before(request: Request) -> Answer | None:
        return Answer(b"refused", 403) if "x-refuse" in request.headers else None

    def misdirected(error: HTTPException) -> Answer:
        return Answer(b"misdirected", error.code or 500)

    app = DirectQuart("direct", before=before, on_misdirected=misdirected)
    app.config.update(MAX_CONTENT_LENGTH=64_000, BODY_TIMEOUT=None, RESPONSE_TIMEOUT=None)
    views: list[tuple[str, Any, str]] = [
        ("/", plain, "GET"),
        ("/echo", echo, "POST"),
        ("/named/<name>", named, "GET"),
        ("/unchanged", unchanged, "GET"),
        ("/streamed", streamed, "GET"),
        ("/held", held, "GET"),
        ("/broken", broken, "GET"),
    ]
    for path, view, method in views:
        app.add_url_rule(path, endpoint=path, view_func=view, methods=[method], provide_automatic_options=False)
    return app
