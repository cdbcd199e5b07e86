"""The room's HTTP app: puts routes, page and errors together. Nothing is decided here."""

from __future__ import annotations

from typing import Any

from quart import Request, request
from quart.wrappers import Response
from agentgather.serving.quart_app import DirectQuart
from werkzeug.exceptions import HTTPException

from agentgather.api import paths
from agentgather.http.address import Address
from agentgather.http.assets import Assets
from agentgather.http.door import Door
from agentgather.http.errors import broken, misdirected
from agentgather.http.health import health, openapi
from agentgather.http.mount import Mount
from agentgather.http.openapi import openapi_document
from agentgather.http.page import Page
from agentgather.http.routes import ROUTES
from agentgather.settings.shape import ApiLimits
from agentgather.live.house import House


def make_app(house: House, *, address: Address, rules: ApiLimits, assets: Assets) -> Mount:
    """The ASGI app of the rooms in `house`."""
    app = DirectQuart(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=rules.body_bytes_max,
        BODY_TIMEOUT=None,  # the serving layer has its own deadlines
        RESPONSE_TIMEOUT=None,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.merge_slashes = False
    door = Door(address=address, rules=rules)

    async def check() -> Response | None:
        current: Request = request._get_current_object()  # type: ignore[attr-defined]
        return door.check(current)

    async def on_http_error(error: HTTPException) -> Response:
        return misdirected(error)

    async def on_bug(error: Exception) -> Response:
        return broken(error)

    async def show_health() -> Response:
        return health(house)

    document = openapi_document()

    async def show_openapi() -> Response:
        return openapi(document)

    app.before_request(check)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_bug)
    for number, route in enumerate(ROUTES):
        _add(app, route.path, route.method, f"{number} {route.path}", door.view(route))
    _add(app, paths.HEALTH, "GET", "health", show_health)
    _add(app, paths.OPENAPI, "GET", "openapi", show_openapi)
    page = Page(assets)
    for path, view in page.views():
        _add(app, path, "GET", f"page {path}", view)
    return Mount(app, house, is_mounted=address.is_mounted)


def _add(app: DirectQuart, path: str, method: str, name: str, view: Any) -> None:
    app.add_url_rule(path, endpoint=name.replace(".", "_"), view_func=view, methods=[method])
