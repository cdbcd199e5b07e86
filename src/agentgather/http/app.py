"""The room's HTTP app: puts routes, page and errors together. Nothing is decided here."""

from __future__ import annotations

from typing import Any

from agentgather.api import paths
from agentgather.http.address import Address
from agentgather.http.assets import Assets
from agentgather.http.beside import Beside, BesideApp
from agentgather.http.door import Door, room_of
from agentgather.http.errors import misdirected
from agentgather.http.health import health, openapi
from agentgather.http.mount import Mount
from agentgather.http.openapi import openapi_document
from agentgather.http.page import Page
from agentgather.http.routes import ROUTES
from agentgather.http.transcript_form import TranscriptForm
from agentgather.live.house import House
from agentgather.serving.answer import Answer
from agentgather.serving.quart_app import DirectQuart
from agentgather.serving.request import Request
from agentgather.settings.shape import ApiLimits


def make_app(
    house: House, *, address: Address, rules: ApiLimits, assets: Assets, mcp: BesideApp | None = None
) -> Mount:
    """The ASGI app of the rooms in `house`. `mcp` answers at /mcp of each."""
    door = Door(address=address, rules=rules)
    app = DirectQuart(__name__, before=door.check, on_misdirected=misdirected)
    app.config.update(MAX_CONTENT_LENGTH=rules.body_bytes_max, BODY_TIMEOUT=None, RESPONSE_TIMEOUT=None)
    document = openapi_document(rules)

    def show_health(_: Request) -> Answer:
        return health(house)

    def show_openapi(_: Request) -> Answer:
        return openapi(document)

    for route in ROUTES:
        _add(app, route.path, route.method, door.view(route))
    _add(app, paths.HEALTH, "GET", door.plain(show_health))
    _add(app, paths.OPENAPI, "GET", door.plain(show_openapi))
    _add(app, paths.TRANSCRIPT, "POST", door.waiting(TranscriptForm(door.seated, room_of).answer))
    for path, view in Page(assets).views():
        _add(app, path, "GET", door.plain(view))
    beside = Beside(mcp, address) if mcp is not None else None
    return Mount(app, house, is_mounted=address.is_mounted, mcp=beside)


def _add(app: DirectQuart, path: str, method: str, view: Any) -> None:
    app.add_url_rule(
        path,
        endpoint=f"{method} {path}".replace(".", "_"),
        view_func=view,
        methods=[method],
        provide_automatic_options=False,
    )
